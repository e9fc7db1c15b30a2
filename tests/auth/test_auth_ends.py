"""What an application sees when its installation changes, or comes to an end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from b24orm.errors import (
    AuthError,
    B24Error,
    InsufficientScope,
    NotInstalled,
    PaymentRequired,
    PortalDeleted,
)
from tests.auth.conftest import Scene

ENDS: dict[str, tuple[Callable[[Scene], None], type[B24Error]]] = {
    "removed": (lambda scene: scene.local.uninstall_app(), NotInstalled),
    "without a plan": (lambda scene: scene.local.end_plan(), PaymentRequired),
    "deleted": (lambda scene: scene.local.delete(), PortalDeleted),
    "user dismissed": (lambda scene: scene.local.dismiss(1), AuthError),
}


@pytest.mark.parametrize("end", ENDS)
def test_each_end_has_its_class(scene: Scene, end: str) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    happens, kind = ENDS[end]
    happens(scene)
    with pytest.raises(AuthError) as caught:
        client.call("profile")
    assert type(caught.value) is kind


@pytest.mark.parametrize("end", ENDS)
def test_none_of_them_spends_a_refresh_token(scene: Scene, end: str) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    before = scene.exchanges
    ENDS[end][0](scene)
    with pytest.raises(AuthError):
        client.call("profile")
    assert scene.exchanges == before


def test_a_plan_that_ended_tells_a_webhook_too(scene: Scene) -> None:
    client = scene.join(scene.local.url)
    scene.local.end_plan()
    with pytest.raises(PaymentRequired, match="only by subscription"):
        client.call("profile")


def test_an_application_that_was_removed_while_its_token_had_ended(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.uninstall_app()
    with pytest.raises(NotInstalled):
        client.call("profile")


def test_one_that_is_installed_again_works_again(scene: Scene) -> None:
    app = scene.app()
    client = scene.join(app.installed(scene.local.install_event()))
    scene.local.uninstall_app()
    with pytest.raises(NotInstalled):
        client.call("profile")
    scene.local.install_app()
    app.installed(scene.local.install_event())
    fresh = scene.join(app.credentials(scene.local.oauth.member_id))
    assert fresh.call("profile")["ID"] == "1"


def test_a_new_scope_comes_with_the_next_renewal(scene: Scene) -> None:
    scene.local.install_app(scope=["crm"])
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.local.update_app(scope=["crm", "task"])
    with pytest.raises(InsufficientScope):
        client.call("tasks.task.list")
    scene.clock.pass_an_hour()
    assert "tasks" in client.call("tasks.task.list", raw=True)["result"]


def test_the_event_of_another_version_brings_new_tokens_at_once(scene: Scene) -> None:
    app = scene.app()
    scene.local.install_app(scope=["crm"])
    app.installed(scene.local.install_event())
    scene.local.update_app(scope=["crm", "task"])
    app.installed(scene.local.install_event())
    client = scene.join(app.credentials(scene.local.oauth.member_id))
    assert "tasks" in client.call("tasks.task.list", raw=True)["result"]


def test_a_registration_that_failed_inside_a_good_answer_is_an_error(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    with pytest.raises(B24Error, match="ICON_REQUIRED"):
        client.call("imconnector.register", {"ID": "pager", "NAME": "Pager"})


def test_in_a_batch_too(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    with pytest.raises(B24Error, match="ICON_REQUIRED"):
        client.call("imconnector.register", [{"ID": "pager", "NAME": "Pager"}, {"ID": "beeper", "NAME": "B"}])
