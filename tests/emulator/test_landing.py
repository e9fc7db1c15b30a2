"""Sites with their folders, pages and blocks, and what applications bring for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

APP = "local.1"


@pytest.fixture
def portal() -> Calls:
    return small_portal()


def _site(portal: Calls, **fields: Any) -> int:
    return int(portal("landing.site.add", fields={"TITLE": "Shop", "CODE": "shop", **fields}))


def _page(portal: Calls, site: int, **fields: Any) -> int:
    return int(portal("landing.landing.add", fields={"TITLE": "Front Page", "SITE_ID": site, **fields}))


def test_id_and_type_come_along(portal: Calls) -> None:
    number = _site(portal)
    asked: dict[str, Any] = {"params": {"select": ["TITLE"], "filter": {"=TYPE": "PAGE"}}}

    assert portal("landing.site.getlist", **asked) == [{"ID": str(number), "TITLE": "Shop", "TYPE": "PAGE"}]


def test_times_are_the_portal_s_own(portal: Calls) -> None:
    _site(portal)
    (row,) = portal("landing.site.getlist")

    assert row["DATE_CREATE"] == "15.11.2023 01:13:20"


def test_a_list_comes_from_an_offset_on(portal: Calls) -> None:
    site = _site(portal)
    for title in "abcd":
        _page(portal, site, TITLE=title)
    params = {"select": ["TITLE"], "order": {"ID": "ASC"}, "offset": 1, "limit": 2}

    assert [row["TITLE"] for row in portal("landing.landing.getlist", params=params)] == ["b", "c"]


def test_a_page_s_address_is_made_of_its_title(portal: Calls) -> None:
    number = _page(portal, _site(portal))

    assert portal("landing.landing.getpublicurl", lid=number) == "https://portal.example/shop/front-page/"


def test_a_site_with_pages_stays(portal: Calls) -> None:
    site = _site(portal)
    page = _page(portal, site)
    refused = refusal(portal, "landing.site.delete", id=site)[0]
    portal("landing.landing.delete", lid=page)

    assert (refused, portal("landing.site.delete", id=site)) == ("SITE_IS_NOT_EMPTY", True)


def test_a_site_is_published_and_thrown_away(portal: Calls) -> None:
    site = _site(portal)
    portal("landing.site.publication", id=site)
    portal("landing.site.markdelete", id=site)
    portal("landing.site.markdelete", id=site, mark=False)
    row = portal.store.get("landing_site", site) or {}

    assert (row["ACTIVE"], row["DELETED"]) == ("Y", "N")


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("landing.site.add", {}, "MISSING_PARAMS"),
        ("landing.site.add", {"fields": {"TITLE": "x", "CODE": "a/b"}}, "SLASH_IS_NOT_ALLOWED"),
        ("landing.site.add", {"fields": {"TITLE": "x", "CODE": "ä!"}}, "DOMAIN_IS_INCORRECT"),
        ("landing.site.add", {"fields": {"TITLE": "x", "TYPE": "CAR"}}, "ACCESS_DENIED"),
        ("landing.site.update", {"id": 9, "fields": {}}, "ACCESS_DENIED"),
        ("landing.landing.add", {"fields": {"TITLE": "x", "SITE_ID": 9}}, "SITE_NOT_FOUND"),
        (
            "landing.landing.add",
            {"fields": {"TITLE": "x", "SITE_ID": 1, "CODE": "a_1_2"}},
            "WRONG_CODE_FORMAT",
        ),
        ("landing.landing.add", {"fields": {"TITLE": "x", "SITE_ID": 1, "FOLDER_ID": 9}}, "FOLDER_NOT_FOUND"),
        ("landing.block.getbyid", {"block": 9}, "BLOCK_NOT_FOUND"),
        ("landing.block.getlist", {}, "MISSING_PARAMS"),
        ("landing.repo.register", {"code": "x", "fields": {}}, "REQUIRED_FIELD_NO_EXISTS"),
    ],
)
def test_what_sites_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    _site(portal)

    assert refusal(portal, method, **params)[0] == code


def test_folders_belong_to_a_site(portal: Calls) -> None:
    site = _site(portal)
    folder = portal("landing.site.addfolder", siteId=site, fields={"TITLE": "News"})
    portal("landing.site.updatefolder", siteId=site, folderId=folder, fields={"TITLE": "Blog"})

    assert [
        (row["ID"], row["TITLE"], row["CODE"]) for row in portal("landing.site.getfolders", siteId=site)
    ] == [(str(folder), "Blog", "news")]


def test_blocks_stand_in_their_order(portal: Calls) -> None:
    page = _page(portal, _site(portal))
    numbers = [portal("landing.landing.addblock", lid=page, fields={"CODE": code}) for code in ("a", "b")]
    listed = portal("landing.block.getlist", lid=page)
    portal("landing.landing.deleteblock", lid=page, block=numbers[0])

    assert (
        [row["code"] for row in listed],
        [row["id"] for row in portal("landing.block.getlist", lid=[page])],
    ) == (
        ["a", "b"],
        numbers[1:],
    )


def test_a_block_of_an_application_is_changed_by_its_code(portal: Calls) -> None:
    fields = {"NAME": "Block", "PREVIEW": "p.png", "SECTIONS": "text", "CONTENT": "<p>x</p>"}
    numbers = {
        portal.answer("landing.repo.register", app=APP, code="own", fields=fields).result for _ in range(2)
    }
    own, other = (portal.answer("landing.repo.getlist", app=app).result for app in (APP, "local.2"))
    gone = [portal.answer("landing.repo.unregister", app=APP, code="own").result for _ in range(2)]

    assert (len(numbers), [row["XML_ID"] for row in own], other, gone) == (1, ["own"], [], [True, False])


def test_a_template_is_offered_for_its_type(portal: Calls) -> None:
    data = {
        "code": "cafe",
        "name": "Café",
        "type": "PAGE",
        "items": {"front": {"code": "front", "name": "Front"}},
    }
    numbers = portal.answer("landing.demos.register", app=APP, data=data).result
    offered = [
        [row["TITLE"] for row in portal(f"landing.demos.get{what}list", type=kind)]
        for what, kind in (("site", "page"), ("page", "page"), ("site", "store"))
    ]

    assert (len(numbers), offered) == (2, [["Café"], ["Front"], []])


def test_views_and_roles_are_there(portal: Calls) -> None:
    views = portal("landing.template.getlist", params={"filter": {"AREA_COUNT": 0}})

    assert ([row["XML_ID"] for row in views], len(portal("landing.role.getlist"))) == (["empty"], 2)


def test_a_site_shows_itself_in_a_group(portal: Calls) -> None:
    site, group = _site(portal), portal.store.insert("workgroup", {"NAME": "Team"})
    bound = [portal("landing.site.bindingtogroup", id=site, groupId=group) for _ in range(2)]
    (row,) = portal("landing.site.getgroupbindings", groupId=group)

    assert (bound, row["BINDING_ID"], portal("landing.site.getmenubindings")) == (
        [True, False],
        str(group),
        [],
    )


def test_a_page_has_a_purpose(portal: Calls) -> None:
    site = _site(portal)
    page = _page(portal, site)
    portal("landing.syspage.set", id=site, type="cart", lid=page)

    assert (
        portal("landing.syspage.get", id=site)["cart"]["TITLE"],
        portal("landing.syspage.get", id=site, active=True),
    ) == (
        "Front Page",
        {},
    )
