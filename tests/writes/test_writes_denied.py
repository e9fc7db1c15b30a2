"""What a portal answers instead of an error: 0, ``false``, or nothing that makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import ApiError, Disconnected, OutcomeUnknown
from b24orm.executor.outcomes import gone, judged
from b24orm.facts import load
from b24orm.models import TaskTemplate
from b24orm.plan.calls import Call, Reply
from b24orm.plan.writes import Kind, Write, new_id

DEAL, CURRENCY = load("Deal"), load("Currency")
ADD = Call("crm.deal.add", {"fields": {}}, write=True)


@pytest.fixture
def client() -> Iterator[Portal]:
    with LocalPortal(users=3) as desk, Portal(desk.url, plan="unlimited", progress=False) as made:
        yield made


# -- the id of a new row ---------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [5, "5"])
def test_a_number_is_the_id_of_a_new_row(answer: Any) -> None:
    assert new_id(DEAL, ADD, Reply(answer)) == (5, {})


@pytest.mark.parametrize("answer", [0, False])
def test_a_new_row_without_a_number_was_not_added(answer: Any) -> None:
    with pytest.raises(ApiError, match="nothing was added"):
        new_id(DEAL, ADD, Reply(answer))


@pytest.mark.parametrize("answer", [None, True, "", "abc", -5, 5.5, [], [5], {}, {"a": 1}], ids=repr)
def test_of_an_answer_that_makes_no_sense_nobody_knows_what_was_done(answer: Any) -> None:
    with pytest.raises(OutcomeUnknown, match=r"crm\.deal\.add: the answer holds no id"):
        new_id(DEAL, ADD, Reply(answer))


@pytest.mark.parametrize("answer", [None, True, [], [5], {"item": None}, {"item": {}}], ids=repr)
def test_so_it_is_where_the_row_is_answered(answer: Any) -> None:
    call = Call("crm.item.add", {"fields": {}}, write=True, envelope=("item",))

    with pytest.raises(OutcomeUnknown):
        new_id(load("SmartInvoice"), call, Reply(answer))


def test_an_id_may_be_a_text() -> None:
    assert new_id(CURRENCY, Call("crm.currency.add"), Reply("XTS"))[0] == "XTS"


# -- updates and deletes --------------------------------------------------------------------------


def write(kind: Kind, **options: Any) -> Write:
    return Write(kind, Call(f"tasks.template.{kind}", {"templateId": 5}, write=True), **options)


def test_an_update_that_is_answered_by_false_is_an_error(client: Portal) -> None:
    template = TaskTemplate(id=99, title="old")
    template.title = "new"

    with pytest.raises(ApiError, match="NOT_DONE: the portal answers false"):
        template.save(using=client)


@pytest.mark.parametrize("answer", [True, None, [], 0, "false"], ids=repr)
def test_any_other_answer_says_that_it_was_done(answer: Any) -> None:
    assert judged(write("update"), Reply(answer)) == Reply(answer)


def test_false_is_as_good_where_there_may_be_nothing_to_do() -> None:
    assert judged(write("update", idle=True), Reply(result=False)) == Reply(result=False)


def test_an_error_stays_what_it_is() -> None:
    lost = Disconnected("gone")

    assert judged(write("update"), lost) is lost


def test_a_delete_that_is_answered_by_false_when_it_is_repeated_may_have_been_done_before() -> None:
    deleting = write("delete")

    assert isinstance(gone(deleting, judged(deleting, Reply(result=False))), OutcomeUnknown)
