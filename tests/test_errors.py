"""Every exception is imported from one place, whatever module holds it."""

from __future__ import annotations

import inspect
import pickle

import pytest

from b24orm import errors

KINDS = [value for value in map(errors.__dict__.get, errors.__all__) if inspect.isclass(value)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_exception_is_named_by_where_it_is_imported_from(kind: type[errors.B24Error]) -> None:
    assert kind.__module__ == "b24orm.errors"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_exception_comes_out_of_a_pickle_as_it_was(kind: type[errors.B24Error]) -> None:
    again = pickle.loads(pickle.dumps(kind("no such row")))

    assert (type(again), str(again)) == (kind, str(kind("no such row")))


def test_every_exception_is_drawn_in_the_tree() -> None:
    drawn = {line.split("──")[-1].split()[0] for line in (errors.__doc__ or "").splitlines() if "──" in line}

    assert drawn == {kind.__name__ for kind in KINDS} - {"B24Error"}
