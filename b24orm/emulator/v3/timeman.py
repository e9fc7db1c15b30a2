"""``timeman.record.*`` of REST 3.0: when somebody worked. A list is always about one person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from b24orm.emulator.answers import Cost
from b24orm.emulator.store import Store
from b24orm.emulator.v3.dto import table_dto
from b24orm.emulator.v3.filtering import Filter, read_filter, where
from b24orm.emulator.v3.orm import Resource, field_methods
from b24orm.emulator.v3.refusals import field_required, invalid
from b24orm.emulator.v3.registry import V3Answer, V3Call, V3Method, V3Registry
from b24orm.emulator.v3.structures import Select, read_order, read_page

__all__ = ["time_record_methods"]

_TABLE: Final = "time_record"


def time_record_methods(store: Store) -> V3Registry:
    """The methods of time records; scope ``timeman``."""
    dto = table_dto(_TABLE, "RecordDto")
    records = _Records(Resource(store, _TABLE, dto))
    takes = ("select", "filter", "order", "pagination")
    listed = V3Method(records.page, "timeman", dto=dto, returns="items", takes=takes)
    return {"timeman.record.list": listed, **field_methods("timeman.record", "timeman", dto)}


class _Records:
    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    def page(self, call: V3Call) -> V3Answer:
        """Records of one person, by id unless told otherwise.

        Raises:
            V3Refusal: the filter names nobody, or more than one.
        """
        dto = self._resource.dto
        select = Select.read(call.params.get("select"), dto)
        found = read_filter(call.params.get("filter") or [], dto)
        _check_person(found)
        order = read_order(call.params.get("order"), dto) or [(dto.fields["id"], "ASC")]
        page = read_page(call.params.get("pagination"))
        columns = [(spec.column or "", way) for spec, way in order]
        rows = self._resource.rows(self._resource.names(select), where(found), columns, page)
        return V3Answer({"items": rows}, Cost("page", 0, page.offset, len(rows)))


def _check_person(found: Filter) -> None:
    people = {str(value) for value in _people(found)}
    if not people:
        raise field_required("filter.userId")
    if len(people) > 1:
        raise invalid("filter", sorted(people))


def _people(found: Filter) -> Iterator[Any]:
    """Everybody whom the filter names by equality."""
    for part in found.parts:
        if isinstance(part, Filter):
            yield from _people(part)
        elif part.field.name == "userId" and part.operator == "=":
            yield part.value
