"""Keys that a new row carries, by which it can be found again when the answer to its add was lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from b24orm.errors import Unsupported
from b24orm.plan.calls import Call, Outcome, Row, rows_in
from b24orm.plan.listing import Listing
from b24orm.plan.steps.order import strangers
from b24orm.plan.steps.sizes import PAGE
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["ORIGINATOR", "Origin", "origin_of"]

ORIGINATOR: Final = "b24orm"


@dataclass(frozen=True, slots=True)
class Origin:
    """The fields of an entity that hold such a key.

    Attributes:
        schema: the entity.
        key: the field of the key (``origin_id``, ``xml_id``).
        originator: the field that says whose key it is, if there is one.
        params: what the list method needs beside its filter.
    """

    schema: EntitySchema
    key: FieldSchema
    originator: FieldSchema | None
    params: Mapping[str, Any]

    def marked(self, add: Call, key: str) -> tuple[Call, tuple[str, str]]:
        """The add with a key in its fields, and what it is found by; a key of the user's own is kept."""
        param = self.schema.methods["add"].fields_param or ""
        fields, whose = dict(add.params[param]), ""
        fields[self.key.write_name] = found = str(fields.get(self.key.write_name) or key)
        if self.originator is not None:
            whose = str(fields.get(self.originator.write_name) or ORIGINATOR)
            fields[self.originator.write_name] = whose
        return replace(add, params={**add.params, param: fields}), (whose, found)

    def lookups(self, origins: Iterable[tuple[str, str]]) -> list[Call]:
        """The calls that find the rows with these keys: 50 keys a call."""
        groups: dict[str, list[str]] = {}
        for whose, key in origins:
            groups.setdefault(whose, []).append(key)
        return [
            self._lookup(whose, keys[start : start + PAGE])
            for whose, keys in groups.items()
            for start in range(0, len(keys), PAGE)
        ]

    def _lookup(self, whose: str, keys: Sequence[str]) -> Call:
        fields = [self.schema.id_field, self.key, *([self.originator] if self.originator else [])]
        listing = Listing(self.schema, self.params, select=tuple(field.select_name for field in fields))
        conditions: dict[str, Any] = {f"@{self.key.query_name}": list(keys)}
        if self.originator is not None:
            conditions[f"={self.originator.query_name}"] = whose
        return listing.call(conditions, order=listing.by_id(), start=listing.uncounted)

    def found(self, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> dict[tuple[str, str], Any]:
        """The ids of the rows that the lookups found, by their keys; the oldest row of each."""
        ids: dict[tuple[str, str], Any] = {}
        for call, outcome in zip(calls, outcomes, strict=True):
            self._note(call, rows_in(call, outcome), ids)
        return ids

    def _note(self, call: Call, rows: Sequence[Row], ids: dict[tuple[str, str], Any]) -> None:
        """Notes the rows of one call.

        Raises:
            Incomplete: it brought other rows than those with its keys, or not all of them; a key that is
                missing then would be taken for a row that was never made.
        """
        spec = Listing(self.schema).spec
        asked = {_loose(key) for key in call.params[spec.filter or ""][f"@{self.key.query_name}"]}
        try:
            found = [
                (self._whose(row), str(row[self.key.wire]), row[self.schema.id_field.wire]) for row in rows
            ]
        except (AttributeError, KeyError, TypeError):
            raise strangers(call.method) from None
        keys = {_loose(key) for _, key, _ in found}
        if not keys <= asked or (len(rows) >= PAGE and keys < asked):
            raise strangers(call.method)
        for whose, key, row_id in found:
            ids.setdefault((whose, key), row_id)

    def _whose(self, row: Row) -> str:
        return str(row.get(self.originator.wire)) if self.originator is not None else ""


def _loose(key: str) -> str:
    """A key as databases compare it."""
    return key.strip().casefold()


def origin_of(schema: EntitySchema, params: Mapping[str, Any]) -> Origin:
    """How rows of an entity carry a key.

    Raises:
        Unsupported: the entity has no field for one that its list can filter by.
    """
    spec, fields = schema.list, schema.fields
    if spec is not None and "@" in spec.operators:
        for key, whose in (("origin_id", "originator_id"), ("xml_id", None)):
            if key not in fields or fields[key].read_only or not fields[key].filterable:
                continue
            if whose is None or whose in fields:
                return Origin(schema, fields[key], fields[whose] if whose else None, params)
    raise Unsupported(
        f"{schema.name} has no ORIGIN_ID or XML_ID to find a row by, so idempotency='origin' is not possible"
    )
