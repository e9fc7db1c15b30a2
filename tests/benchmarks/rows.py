"""The ways from bytes to validated rows: ``python -m tests.benchmarks.rows``.

Each way takes the body of one batch (50 pages of 50 deals, six columns) and ends with typed,
validated values; the first one is what the package does. msgspec and orjson stand for what
further dependencies would bring; they are measured if they are installed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json

from b24orm.entity.rows import _validator, adopt, hydrate, typed, typed_columns
from b24orm.models import Deal
from b24orm.plan.calls import rows_of

ROUNDS: Final = 20
NAMES: Final = ("id", "title", "stage_id", "opportunity", "company_id", "date_create")
ROWS: Final = 2_500


class _Plain(BaseModel):
    """The six columns as an ordinary model, without rules for PHP's spellings of nothing."""

    ID: int
    TITLE: str
    STAGE_ID: str
    OPPORTUNITY: Decimal
    COMPANY_ID: int | None
    DATE_CREATE: datetime


def _row(number: int) -> dict[str, str]:
    return {
        "ID": str(number),
        "TITLE": f"Deal number {number}",
        "STAGE_ID": "WON",
        "OPPORTUNITY": f"{number * 13 % 100_000}.00",
        "COMPANY_ID": str(number % 500 + 1),
        "DATE_CREATE": "2024-08-30T14:29:00+03:00",
    }


def _body() -> bytes:
    rows = [_row(number) for number in range(1, ROWS + 1)]
    pages = {f"c{page}": rows[page * 50 : page * 50 + 50] for page in range(50)}
    return json.dumps({"result": {"result": pages, "result_error": []}}).encode()


def _together(answer: Any) -> list[dict[str, Any]]:
    return [row for page in _pages(answer) for row in page]


def _pages(answer: Any) -> list[list[dict[str, Any]]]:
    return [rows_of(page, ()) for page in answer["result"]["result"].values()]


class _Lazy:
    """A row that converts a value when it is read."""

    __slots__ = ("_row",)

    def __init__(self, row: dict[str, Any]) -> None:
        self._row = row

    @property
    def ID(self) -> int:
        return int(self._row["ID"])


def ways() -> dict[str, Callable[[bytes], object]]:
    """Every way by its name."""
    plain = TypeAdapter(list[_Plain])
    row = _validator(Deal)
    answer = TypeAdapter(dict[Literal["result"], dict[Literal["result"], dict[str, list[_Plain]]]])

    def whole(body: bytes) -> object:
        return answer.validate_json(body.replace(b', "result_error": []', b""))

    found: dict[str, Callable[[bytes], object]] = {
        "from_json, column by column, adopted by models (ours)": lambda body: hydrate(
            Deal, _together(from_json(body)), "raise"
        ),
        "from_json, column by column, dicts (values())": lambda body: typed(
            Deal, _together(from_json(body)), "raise"
        ),
        "from_json, column by column, tuples (values_list())": lambda body: list(
            zip(*typed_columns(Deal, NAMES, _together(from_json(body)), "raise"), strict=True)
        ),
        "from_json, a validator of whole rows, adopted by models": lambda body: [
            adopt(Deal, values) for values in row.validate_python(_together(from_json(body)))
        ],
        "from_json, a list of ordinary models": lambda body: [
            plain.validate_python(page) for page in _pages(from_json(body))
        ],
        "from_json, model by model": lambda body: [
            [_Plain.model_validate(row) for row in page] for page in _pages(from_json(body))
        ],
        "validate_json of the whole answer into ordinary models": whole,
        "json.loads, a list of ordinary models": lambda body: [
            plain.validate_python(page) for page in _pages(json.loads(body))
        ],
        "from_json, rows that convert when read; one value read": lambda body: [
            _Lazy(row).ID for row in _together(from_json(body))
        ],
        "from_json alone: nothing typed": lambda body: _pages(from_json(body)),
        "json.loads alone: nothing typed": lambda body: _pages(json.loads(body)),
    }
    if find_spec("orjson"):
        loads = import_module("orjson").loads
        found["orjson, column by column, adopted by models"] = lambda body: hydrate(
            Deal, _together(loads(body)), "raise"
        )
    if find_spec("msgspec"):
        decode = import_module("msgspec").json.decode
        found["msgspec untyped, column by column, adopted by models"] = lambda body: hydrate(
            Deal, _together(decode(body)), "raise"
        )
    return found


def main() -> None:
    """Prints microseconds of CPU a row, the best of some rounds."""
    body = _body()
    print("| way | us a row |\n|---|---:|")
    for name, way in ways().items():
        best = float("inf")
        for _ in range(ROUNDS):
            began = time.process_time()
            way(body)
            best = min(best, time.process_time() - began)
        print(f"| {name} | {best / ROWS * 1e6:.1f} |")


if __name__ == "__main__":
    main()
