"""What applications leave in a portal: options, placements, types of user fields, bots, connectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm.emulator import LocalPortal
from tests.emulator.event_calls import App, post

URL = "https://example.com/tab"


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal(users=4) as portal:
        yield portal


@pytest.fixture
def app(portal: LocalPortal) -> App:
    return App(portal)


@pytest.fixture
def employee(portal: LocalPortal) -> App:
    return App(portal, admin=False, user_id=2)


# -- options


def test_options_of_an_application_are_everybody_s(app: App, employee: App) -> None:
    app("app.option.set", options={"sync": "Y", "since": 5})
    assert (employee("app.option.get"), employee("app.option.get", option="since")) == (
        {"sync": "Y", "since": 5},
        5,
    )


def test_options_of_a_user_are_the_user_s_own(app: App, employee: App) -> None:
    app("user.option.set", options={"theme": "dark"})
    assert (app("user.option.get", option="theme"), employee("user.option.get")) == ("dark", [])


def test_another_application_has_others(portal: LocalPortal, app: App) -> None:
    app("app.option.set", sync="Y")
    assert (app("app.option.get"), App(portal, "app.two")("app.option.get")) == ({"sync": "Y"}, [])


def test_an_option_that_was_never_set_is_null(app: App) -> None:
    assert app("app.option.get", option="nothing") is None


@pytest.mark.parametrize(
    ("who", "method", "params", "refused"),
    [
        (
            "employee",
            "app.option.set",
            {"a": 1},
            (403, "Access denied! Administrator authorization required"),
        ),
        ("app", "app.option.set", {}, (400, "Argument 'options' is null or empty")),
        ("app", "user.option.set", {"options": {}}, (400, "Argument 'options' is null or empty")),
    ],
)
def test_what_options_refuse(
    request: pytest.FixtureRequest, who: str, method: str, params: dict[str, Any], refused: tuple[int, str]
) -> None:
    status, _, text = request.getfixturevalue(who).error(method, **params)
    assert (status, text) == refused


@pytest.mark.parametrize("method", ["app.option.get", "app.option.set", "user.option.get", "user.option.set"])
def test_a_webhook_has_no_options(portal: LocalPortal, method: str) -> None:
    status, body = post(f"{portal.url}{method}", {"a": 1})
    assert (status, body["error_description"]) == (403, "Access denied! Application context required")


# -- who calls


def test_an_administrator_has_access_to_everything(app: App, employee: App) -> None:
    assert (app("user.admin"), employee("user.admin"), app("user.access", ACCESS=["U99"])) == (
        True,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(["U2"], True), (["AU"], True), (["U1"], False), (["U1", "G2"], True), ("U2", True), ([], False)],
)
def test_an_employee_has_access_by_codes(employee: App, asked: Any, granted: bool) -> None:
    assert employee("user.access", ACCESS=asked) is granted


def test_codes_have_names(app: App) -> None:
    named = app("access.name", ACCESS=["AU", "U2", "U999"])
    assert (set(named), named["AU"]["name"]) == ({"AU", "U2"}, "All authorized users")


def test_without_codes_there_is_no_name(app: App) -> None:
    assert app("access.name") is False


def test_a_feature_has_a_code(app: App) -> None:
    assert app.error("feature.get") == (400, "CODE_EMPTY", "CODE can't be empty")


# -- placements


def test_a_placement_is_bound_and_listed(app: App) -> None:
    app("placement.bind", PLACEMENT="crm_deal_detail_tab", HANDLER=URL, TITLE="Mine")
    (found,) = app("placement.get")
    assert (found["placement"], found["handler"], found["title"], found["userId"]) == (
        "CRM_DEAL_DETAIL_TAB",
        URL,
        "Mine",
        0,
    )


def test_the_places_are_those_of_the_scopes(portal: LocalPortal, app: App) -> None:
    token = portal.issue_token(scope=["placement", "task"], client_id="app.one")
    (_, body) = post(f"{portal.token_url}placement.list", {"auth": token})
    assert ("TASK_VIEW_TAB" in body["result"], "CRM_DEAL_DETAIL_TAB" in body["result"]) == (True, False)


def test_what_goes_is_counted_twice(app: App) -> None:
    app("placement.bind", PLACEMENT="TASK_VIEW_TAB", HANDLER=URL)
    app("placement.bind", PLACEMENT="TASK_VIEW_TAB", HANDLER=f"{URL}2")
    gone = [app("placement.unbind", PLACEMENT="TASK_VIEW_TAB", HANDLER=URL) for _ in range(2)]
    assert (gone, len(app("placement.get"))) == ([{"count": 2}, {"count": 0}], 1)


def test_a_removed_application_is_nowhere(portal: LocalPortal, app: App) -> None:
    app("placement.bind", PLACEMENT="TASK_VIEW_TAB", HANDLER=URL)
    portal.uninstall_app("app.one")
    assert App(portal)("placement.get") == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"PLACEMENT": "CRM_DEAL_TAB", "HANDLER": URL}, "ERROR_PLACEMENT_NOT_FOUND"),
        ({"PLACEMENT": "DEFAULT", "HANDLER": URL}, "ERROR_ARGUMENT"),
        ({"PLACEMENT": "", "HANDLER": URL}, "ERROR_ARGUMENT"),
        ({"HANDLER": URL}, "ERROR_ARGUMENT"),
        ({"PLACEMENT": "TASK_VIEW_TAB"}, "ERROR_ARGUMENT"),
        ({"PLACEMENT": "TASK_VIEW_TAB", "HANDLER": "https://localhost/"}, "ERROR_WRONG_HANDLER_URL"),
        ({"PLACEMENT": "TASK_VIEW_TAB", "HANDLER": "ftp://a.com/"}, "ERROR_UNSUPPORTED_PROTOCOL"),
        ({"PLACEMENT": "TASK_VIEW_TAB", "HANDLER": URL, "USER_ID": 2}, "ERROR_PLACEMENT_USER_MODE"),
        ({"PLACEMENT": "CRM_LEAD_DETAIL_TAB", "HANDLER": URL}, "ERROR_CORE"),
        ({"PLACEMENT": "REST_APP_URI", "HANDLER": f"{URL}2"}, "ERROR_PLACEMENT_MAX_COUNT"),
    ],
)
def test_what_bind_refuses(app: App, params: dict[str, Any], code: str) -> None:
    app("placement.bind", PLACEMENT="CRM_LEAD_DETAIL_TAB", HANDLER=URL)
    app("placement.bind", PLACEMENT="REST_APP_URI", HANDLER=URL)
    assert app.error("placement.bind", **params)[1] == code


@pytest.mark.parametrize("method", ["placement.bind", "placement.get", "placement.list", "userfieldtype.add"])
def test_placements_are_for_applications(portal: LocalPortal, method: str) -> None:
    assert post(f"{portal.url}{method}", {})[1]["error"] == "WRONG_AUTH_TYPE"


@pytest.mark.parametrize("method", ["placement.bind", "placement.get", "userfieldtype.list"])
def test_placements_are_for_administrators(employee: App, method: str) -> None:
    assert employee.error(method)[:2] == (403, "ACCESS_DENIED")


# -- types of user fields


def test_a_type_of_user_fields_lives_and_goes(app: App) -> None:
    app("userfieldtype.add", USER_TYPE_ID="Colour", HANDLER=URL, TITLE="Colour")
    app("userfieldtype.update", USER_TYPE_ID="colour", TITLE="Color")
    status, body = app.answer("userfieldtype.list")
    app("userfieldtype.delete", USER_TYPE_ID="colour")
    row = {"USER_TYPE_ID": "colour", "HANDLER": URL, "TITLE": "Color", "DESCRIPTION": ""}
    assert (status, body["result"], body["total"], app("userfieldtype.list")) == (200, [row], 1, [])


def test_a_type_is_no_placement(app: App) -> None:
    app("userfieldtype.add", USER_TYPE_ID="colour", HANDLER=URL)
    assert app("placement.get") == []


def test_a_type_is_there_once_in_the_portal(portal: LocalPortal, app: App) -> None:
    app("userfieldtype.add", USER_TYPE_ID="colour", HANDLER=URL)
    other = App(portal, "app.two")
    assert other.error("userfieldtype.add", USER_TYPE_ID="colour", HANDLER=f"{URL}2")[1] == "ERROR_CORE"


@pytest.mark.parametrize("method", ["userfieldtype.update", "userfieldtype.delete"])
def test_a_type_that_is_not_there(app: App, method: str) -> None:
    assert app.error(method, USER_TYPE_ID="none", TITLE="x")[1:] == (
        "ERROR_NOT_FOUND",
        "User Field Type not found",
    )


# -- bots

BOT: dict[str, Any] = {
    "CODE": "helper",
    "EVENT_MESSAGE_ADD": URL,
    "EVENT_WELCOME_MESSAGE": URL,
    "EVENT_BOT_DELETE": URL,
    "PROPERTIES": {"NAME": "Helper"},
}


def test_a_bot_is_registered_with_its_handlers(app: App) -> None:
    number = app("imbot.register", **BOT)
    bound = {row["event"] for row in app("event.get")}
    assert (app("imbot.bot.list")[str(number)]["CODE"], bound) == (
        "helper",
        {"ONIMBOTMESSAGEADD", "ONIMBOTJOINCHAT", "ONIMBOTDELETE"},
    )


def test_a_code_that_is_taken_gives_the_bot_that_has_it(portal: LocalPortal, app: App) -> None:
    other = App(portal, "app.two")
    assert app("imbot.register", **BOT) == other("imbot.register", **BOT)


def test_a_bot_can_be_removed_by_its_application_only(portal: LocalPortal, app: App) -> None:
    number, other = app("imbot.register", **BOT), App(portal, "app.two")
    assert other.error("imbot.unregister", BOT_ID=number)[1] == "APP_ID_ERROR"
    assert (app("imbot.unregister", BOT_ID=number), app.error("imbot.unregister", BOT_ID=number)[1]) == (
        True,
        "BOT_ID_ERROR",
    )


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ("EVENT_MESSAGE_ADD", "EVENT_MESSAGE_ADD_ERROR"),
        ("EVENT_WELCOME_MESSAGE", "EVENT_WELCOME_MESSAGE_ERROR"),
        ("EVENT_BOT_DELETE", "EVENT_BOT_DELETE_ERROR"),
        ("CODE", "CODE_ERROR"),
        ("PROPERTIES", "NAME_ERROR"),
    ],
)
def test_what_a_bot_needs(app: App, lacks: str, code: str) -> None:
    params = {name: value for name, value in BOT.items() if name != lacks}
    assert app.error("imbot.register", **params)[:2] == (400, code)


def test_a_webhook_names_the_application_of_its_bot(portal: LocalPortal) -> None:
    nameless = post(f"{portal.url}imbot.register", BOT)
    named = post(f"{portal.url}imbot.register", {**BOT, "CLIENT_ID": "mine"})
    assert (nameless[0], nameless[1]["error"], named[0]) == (403, "ACCESS_DENIED", 200)


# -- connectors

CONNECTOR: dict[str, Any] = {
    "ID": "Pager",
    "NAME": "Pager",
    "ICON": {"DATA_IMAGE": "data:image/svg+xml,..."},
    "PLACEMENT_HANDLER": URL,
}


def test_a_connector_is_registered_and_activated(app: App) -> None:
    registered = app("imconnector.register", **CONNECTOR)
    app("imconnector.activate", CONNECTOR="pager", LINE=1, ACTIVE=1)
    app("imconnector.connector.data.set", CONNECTOR="pager", LINE=1, DATA={"id": "p1", "name": "Pager 1"})
    status = app("imconnector.status", CONNECTOR="pager", LINE=1)
    assert (registered, status["STATUS"], app("imconnector.list")["pager"]) == (
        {"result": True},
        True,
        "Pager",
    )


def test_a_line_can_be_switched_off(app: App) -> None:
    app("imconnector.activate", CONNECTOR="pager", LINE=1, ACTIVE=1)
    app("imconnector.activate", CONNECTOR="pager", LINE=1, ACTIVE=0)
    assert app("imconnector.status", CONNECTOR="pager", LINE=1)["STATUS"] is False


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ID": ""}, "CONNECTOR_ID_REQUIRED"),
        ({"ID": "my.pager"}, "APPLICATION_REGISTRATION_ERROR_POINT"),
        ({"ID": "livechat"}, "APPLICATION_REGISTRATION_ERROR"),
        ({"NAME": None}, "NAME_REQUIRED"),
        ({"ICON": {}}, "ICON_REQUIRED"),
        ({"PLACEMENT_HANDLER": ""}, "NO_PLACEMENT_HANDLER"),
    ],
)
def test_a_registration_that_fails_answers_200_and_says_so_inside(
    app: App, changes: dict[str, Any], code: str
) -> None:
    status, body = app.answer("imconnector.register", **{**CONNECTOR, **changes})
    assert (status, body["result"], body["error"]) == (200, False, code)


def test_a_connector_of_another_application_stays(portal: LocalPortal, app: App) -> None:
    app("imconnector.register", **CONNECTOR)
    (_, body) = App(portal, "app.two").answer("imconnector.unregister", ID="pager")
    assert (body["error"], app("imconnector.unregister", ID="pager")) == (
        "APPLICATION_UNREGISTRATION_ERROR",
        {"result": True},
    )


# -- versions, plans, and ends


def test_another_version_of_an_application_is_told(portal: LocalPortal, app: App) -> None:
    portal.update_app("app.one", scope=["crm"])
    state = app("app.info")
    assert (state["CODE"], state["VERSION"], state["INSTALLED"]) == ("app.one", 2, True)


@pytest.mark.parametrize("happens", ["update_app", "uninstall_app"])
def test_robots_go_with_a_version(portal: LocalPortal, app: App, happens: str) -> None:
    app("bizproc.robot.add", CODE="greet", HANDLER=URL, NAME="Greet")
    getattr(portal, happens)("app.one")
    assert App(portal)("bizproc.robot.list") == []


def test_tokens_keep_the_scopes_that_they_were_issued_with(portal: LocalPortal) -> None:
    old = portal.install_app("app.one", scope=["crm"])
    portal.update_app("app.one", scope=["crm", "task"])
    fresh = portal.oauth.tokens("app.one")
    told = [
        post(f"{portal.token_url}scope", {"auth": pair["access_token"]})[1]["result"] for pair in (old, fresh)
    ]
    assert told == [["crm"], ["crm", "task"]]


def test_a_deleted_portal_says_so_before_anything_else(portal: LocalPortal, app: App) -> None:
    portal.delete()
    answers = [app.error("profile"), app.error("no.such.method")]
    answers += [
        (status, body["error"], body["error_description"])
        for status, body in [post(f"{portal.url}profile", {})]
    ]
    assert answers == [(403, "PORTAL_DELETED", "Portal was deleted")] * 3


def test_a_plan_without_rest_refuses_everybody(portal: LocalPortal, app: App) -> None:
    portal.end_plan()
    (status, body) = post(f"{portal.url}profile", {})
    assert (app.error("profile"), (status, body["error"], body["error_description"])) == (
        (401, "ACCESS_DENIED", "REST is available only on commercial plans."),
        (401, "ACCESS_DENIED", "REST is available only by subscription."),
    )


def test_nobody_acts_for_a_dismissed_user(portal: LocalPortal, employee: App) -> None:
    hook = portal.add_webhook(user_id=2)
    portal.dismiss(2)
    assert (employee.error("profile")[:2], post(f"{hook}profile", {})[1]["error"]) == (
        (401, "authorization_error"),
        "authorization_error",
    )


def test_a_lacking_scope_comes_before_a_dismissed_user(portal: LocalPortal) -> None:
    hook = portal.add_webhook(user_id=2, scope=["task"])
    token = portal.issue_token(2, ["task"])
    portal.dismiss(2)
    answers = [
        post(f"{hook}crm.deal.list", {})[1],
        post(f"{portal.token_url}crm.deal.list", {"auth": token})[1],
    ]
    assert [answer["error"] for answer in answers] == ["insufficient_scope", "insufficient_scope"]


def test_a_webhook_lacks_a_scope_before_it_lacks_a_plan(portal: LocalPortal) -> None:
    hook = portal.add_webhook(scope=["task"])
    token = portal.issue_token(1, ["task"])
    portal.end_plan()
    answers = [
        post(f"{hook}crm.deal.list", {})[1],
        post(f"{portal.token_url}crm.deal.list", {"auth": token})[1],
    ]
    assert [answer["error"] for answer in answers] == ["insufficient_scope", "ACCESS_DENIED"]
