"""Where the contents of a file are, by every way in which answers tell of files."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.plan.file_links import place_of
from b24orm.values import StoredFile

SHOW = (
    "/bitrix/components/bitrix/crm.{}.show/show_file.php?auth={}&ownerId=5&fieldName={}&dynamic={}&fileId=7"
)
AJAX = "https://p/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&SITE_ID=s1{}"
OWNER = "&entityTypeId=177&id=29&fieldName=UF_CRM_7_1&fileId=30"
SIGNED = "https://p/rest/1/code/crm.controller.item.getFile/?token=crm%7Cx%7Cy"


def disk(payload: str, scope: str = "disk") -> str:
    return f"https://p/rest/download.json?auth=t&token={scope}%7C{b64encode(payload.encode()).decode()}%7Cs"


def told(machine: str | None, url: str | None = None) -> tuple[str, str | None, Any]:
    """The label, whether the link is of use, and the call that tells one anew."""
    place = place_of(StoredFile(7, url, machine))
    fresh = place.fresh and (place.fresh.call.method, dict(place.fresh.call.params))
    return place.label, place.link, fresh


ITEM = {"entityTypeId": 2, "id": 5, "useOriginalUfNames": "Y"}


@pytest.mark.parametrize(
    ("machine", "url", "label", "link", "fresh"),
    [
        (SHOW.format("deal", "", "UF_X", "Y"), "/s", "show_file.php", "", ("crm.item.get", ITEM)),
        (
            link := SHOW.format("deal", "t", "UF_X", "Y"),
            None,
            "show_file.php",
            link,
            ("crm.item.get", ITEM),
        ),
        (link := SHOW.format("contact", "t", "PHOTO", "N"), None, "show_file.php", link, None),
        (
            SIGNED,
            AJAX.format(OWNER),
            "crm.controller.item.getFile",
            SIGNED,
            ("crm.item.get", {"entityTypeId": 177, "id": 29, "useOriginalUfNames": "Y"}),
        ),
        (SIGNED, None, "crm.controller.item.getFile", SIGNED, None),
        (
            None,
            AJAX.format(OWNER),
            "crm.controller.item.getFile",
            "",
            ("crm.item.get", {"entityTypeId": 177, "id": 29, "useOriginalUfNames": "Y"}),
        ),
        (link := disk("id=9&_=x"), None, "download", link, ("disk.file.get", {"id": 9})),
        (
            link := disk("id=9&service=version&_=x"),
            None,
            "download",
            link,
            ("disk.version.get", {"id": 9}),
        ),
        (link := disk("id=9&_=x", "im"), None, "download", link, None),
        ("https://p/rest/download.json?token=disk%7C***", None, "download", None, None),
        (
            "/bitrix/tools/disk/uf.php?attachedId=4&action=download",
            None,
            "uf.php",
            "",
            ("disk.attachedObject.get", {"id": 4}),
        ),
        (
            link := "https://p/bitrix/tools/disk/uf.php?attachedId=4&auth%5Bauth%5D=t",
            None,
            "uf.php",
            link,
            ("disk.attachedObject.get", {"id": 4}),
        ),
        (
            "https://p/disk/downloadFile/930/?&ncc=1&filename=1.gif",
            "https://p/disk/showFile/930/?&ncc=1",
            "download",
            "",
            ("disk.file.get", {"id": 930}),
        ),
        (
            "https://p/bitrix/services/main/ajax.php?action=disk.api.file.download&SITE_ID=s1&fileId=5255",
            None,
            "download",
            "",
            ("disk.file.get", {"id": 5255}),
        ),
        (None, "https://cdn.example/a.png", "file", "https://cdn.example/a.png", None),
    ],
)
def test_a_place_is_found(
    machine: str | None, url: str | None, label: str, link: str | None, fresh: Any
) -> None:
    found = told(machine, url)
    assert (found[0], found[2]) == (label, fresh)
    assert link is None or found[1] == link


def test_a_method_without_credentials_is_called() -> None:
    link = "/rest/catalog.product.download?fields%5BfieldName%5D=detailPicture&fields%5BfileId%5D=5"
    call = place_of(StoredFile(5, link, link)).call
    assert call is not None
    assert (call.method, call.params) == (
        "catalog.product.download",
        {"fields": {"fieldName": "detailPicture", "fileId": "5"}},
    )


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (StoredFile(7), "only the number of this file, 7"),
        (StoredFile(7, None, SHOW.format("contact", "", "PHOTO", "N")), "PHOTO of a contact is for browsers"),
        (StoredFile(7, None, SHOW.format("invoice", "", "UF_X", "Y")), "UF_X of a invoice is for browsers"),
    ],
)
def test_a_place_that_nobody_can_reach_is_refused(file: StoredFile, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        place_of(file)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"id": 7, "urlMachine": "/m"}, "/m"),
        ([{"id": 6, "urlMachine": "/n"}, {"id": "7", "urlMachine": "/m"}], "/m"),
        ([{"id": 6, "urlMachine": "/n"}], None),
        ([], None),
        (None, None),
    ],
)
def test_the_new_link_is_that_of_the_same_file(held: Any, expected: str | None) -> None:
    place = place_of(StoredFile(7, None, SHOW.format("deal", "", "UF_X", "Y")))
    assert place.fresh is not None
    assert place.fresh.pick({"item": {"UF_X": held}}) == expected
