"""An application's links to files end with its token, and are told anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from b24orm import NewFile, Portal, StoredFile
from b24orm.errors import ExpiredToken
from b24orm.models import Contact
from tests.auth.conftest import Scene


@pytest.fixture
def client(scene: Scene) -> Portal:
    """The connection of an application; deal 1 and contact 1 have files."""
    made = scene.join(scene.app().installed(scene.local.install_event()))
    field = {"FIELD_NAME": "ONE", "USER_TYPE_ID": "file", "EDIT_FORM_LABEL": "One"}
    made.call("crm.deal.userfield.add", {"fields": field})
    sent = NewFile("a.txt", b"paper").wire()
    made.call("crm.deal.update", {"id": 1, "fields": {"UF_CRM_ONE": sent}})
    Contact(id=1, photo=NewFile("ann.png", b"photo")).save(using=made)
    return made


def files(client: Portal) -> dict[str, Any]:
    """What answers tell of files, by how they are told."""
    item = client.call("crm.item.get", {"entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y"})
    return {
        "classic": client.call("crm.deal.get", {"id": 1})["UF_CRM_ONE"],
        "item": item["UF_CRM_ONE"],
        "disk": client.call("disk.file.get", {"id": 101}),
        "version": client.call("disk.file.getVersions", {"id": 101})[0],
    }


KINDS = ("classic", "item", "disk", "version")


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_is_followed_while_its_token_is_good(client: Portal, kind: str) -> None:
    told = files(client)[kind]
    before = client.requests
    assert len(client.files.of(told).read()) == int(told.get("SIZE", 5))
    assert client.requests == before + (kind != "classic")  # a page is no request of REST


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_that_has_ended_is_told_anew(scene: Scene, client: Portal, kind: str) -> None:
    told, before = files(client)[kind], scene.exchanges
    scene.clock.pass_an_hour()
    assert len(client.files.of(told).read()) == int(told.get("SIZE", 5))
    assert scene.exchanges == before + 1


def test_a_picture_of_a_classic_field_is_read(client: Portal) -> None:
    photo = Contact.objects.using(client).get(id=1).photo
    assert isinstance(photo, StoredFile)
    assert photo.read() == b"photo"


def test_what_nobody_tells_anew_is_refused(scene: Scene, client: Portal, tmp_path: Path) -> None:
    photo = Contact.objects.using(client).get(id=1).photo
    scene.clock.pass_an_hour()
    assert isinstance(photo, StoredFile)
    with pytest.raises(Exception, match="the link has ended"):
        photo.save_to(tmp_path / "photo")
    assert [*tmp_path.iterdir()] == []


def test_an_upload_s_link_is_asked_for_with_the_token_of_the_moment(scene: Scene, client: Portal) -> None:
    scene.clock.pass_an_hour()
    assert client.files.upload(b"new", folder=14, name="new.txt").read() == b"new"


def test_an_application_that_may_no_more_is_told_so(scene: Scene, client: Portal) -> None:
    told = {**files(client)["disk"]}
    scene.clock.pass_an_hour()
    link = told["DOWNLOAD_URL"].replace("disk", "none")
    with pytest.raises(ExpiredToken):
        client.files.of(link).read()
