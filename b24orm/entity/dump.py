"""ONE row -> what an add or an update sends: only what was set or changed, in the server's terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from b24orm.entity.filefields import UNKNOWN, before_of, file_value, is_file, loose_value, plain
from b24orm.entity.multifields import adds_entries, merged, merged_fm
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue
from b24orm.query.names import parent_names
from b24orm.schema import EntitySchema, FieldSchema

if TYPE_CHECKING:
    from b24orm.entity.base import Entity

__all__ = ["added", "changed", "everything", "fields_of", "repeatable"]


def added(row: Entity) -> dict[str, Any]:
    """The fields of a new row, by the names that add reads.

    Raises:
        InvalidValue: a required field is missing, or a read-only one is set.
    """
    schema = row.__schema__
    _refuse(schema, row.changed, update=False)
    values = vars(row)
    lacking = [
        spec.name
        for spec in schema.fields.values()
        if spec.required
        and not spec.read_only
        and values.get(spec.name) in (None, "", ())
        and spec.write_name not in schema.fixed_params
    ]
    if lacking:
        raise InvalidValue(f"a new {schema.name} needs {', '.join(lacking)}")
    sent = {
        schema.fields[name].write_name: _wire(schema, schema.fields[name], values[name], ())
        for name in row.changed
        if name in schema.fields and values[name] not in (None, ()) and not _beside(schema, name)
    }
    return sent | _extra(row)


def fields_of(row: Entity) -> dict[str, Any]:
    """What is known of a row that a new one could be made of: read-only values are left out."""
    fields, values = row.__schema__.fields, vars(row)
    return {
        spec.write_name: _wire(row.__schema__, spec, values[name], ())
        for name, spec in fields.items()
        if not spec.read_only and not spec.immutable and values.get(name) not in (None, ())
    }


def changed(row: Entity, only: Sequence[str] | None = None) -> dict[str, Any]:
    """The changed fields of a row, by the names that update reads.

    Args:
        row: the row.
        only: names of the fields to send; all that changed when None.

    Raises:
        InvalidValue: a read-only or immutable field was changed, or a list of values was changed
            whose entries are not known.
    """
    schema = row.__schema__
    names = [
        name
        for name in (row.changed if only is None else only)
        if name != schema.id_name and not _beside(schema, name)
    ]
    _refuse(schema, names, update=True)
    values, sent = vars(row), dict[str, Any]()
    for name in names:
        spec = schema.fields.get(name)
        if spec is not None and name not in values:
            raise InvalidValue(
                f"this {schema.name} has no {name} to be sent: it was neither fetched nor given"
            )
        if spec is not None and not (_compared(spec) and name not in row.changed):
            sent[spec.write_name] = _wire(schema, spec, values[name], _before(row, spec))
    extra = _extra(row)
    return sent | (extra if only is None else {key: extra[key] for key in extra if key in only})


def everything(row: Entity, whole_key: str) -> dict[str, Any]:
    """All that a row holds and update can set, for a method that clears what it is not sent; files it keeps.

    Args:
        row: the row.
        whole_key: what it holds if it was fetched with everything.

    Raises:
        InvalidValue: it was not, so that saving it would clear what is not known.
    """
    schema, values = row.__schema__, vars(row)
    if whole_key not in row.extra:
        raise InvalidValue(
            f"the portal clears every field of a {schema.name} that an update does not send, and this one "
            "was not fetched with all of them: call refresh_from_db() first, or fetch it without only()"
        )
    known = {
        spec.write_name: _wire(schema, spec, values[name], ())
        for name, spec in schema.fields.items()
        if not spec.read_only and spec.type != "file" and values.get(name) not in (None, ())
    }
    return known | {name: value for name, value in row.extra.items() if schema.custom_wire(name)}


def repeatable(sent: Mapping[str, Any]) -> bool:
    """Whether an update may be sent twice: a new phone number would be added twice."""
    return not any(adds_entries(value) or _holds_file(value) for value in sent.values())


def _holds_file(value: Any) -> bool:
    if isinstance(value, dict):
        return "fileData" in value
    return isinstance(value, list) and any(_holds_file(item) for item in value)


def _refuse(schema: EntitySchema, names: Sequence[str], *, update: bool) -> None:
    for name in names:
        spec = schema.fields.get(name)
        if spec is None or _beside(schema, name):
            continue
        if spec.read_only:
            raise InvalidValue(f"{schema.name}.{name} is read-only: the portal sets it")
        if update and spec.immutable:
            raise InvalidValue(f"{schema.name}.{name} can't be changed once the {schema.name} exists")


def _beside(schema: EntitySchema, name: str) -> bool:
    """Whether a value travels beside the fields: the entityTypeId of an item."""
    return schema.fields[name].read_only and name in parent_names(schema) if name in schema.fields else False


def _compared(spec: FieldSchema) -> bool:
    """Whether a field is sent as what is to be different from before."""
    return spec.type == "crm_multifield" or is_file(spec)


def _before(row: Entity, spec: FieldSchema) -> Any:
    """The entries of a list of values, or the files of a field, as they were fetched."""
    if is_file(spec):
        return before_of(row.before(spec.name, UNKNOWN))
    if spec.type != "crm_multifield":
        return ()
    before: Sequence[MultiField] | None = row.before(spec.name)
    if before is None or any(entry.id is None for entry in before):
        raise InvalidValue(
            f"{row.__schema__.name}.{spec.name} can't be changed: its entries were not fetched, "
            "so nobody knows which to remove; call refresh_from_db() first"
        )
    return before


def _wire(schema: EntitySchema, spec: FieldSchema, value: Any, before: Any) -> Any:
    if schema.api == "v3":
        return _strict(schema, spec, value)
    if is_file(spec):
        return file_value(schema, spec, value, before or None)
    if spec.type == "crm_multifield":
        return merged_fm(before, value) if spec.name == "fm" else merged(before, value)
    return plain(value)


def _strict(schema: EntitySchema, spec: FieldSchema, value: Any) -> Any:
    """A value for REST 3.0: of the field's own type, a moment with its zone, null to clear it."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InvalidValue(
            f"{schema.name}.{spec.name} takes a datetime that knows its zone, not {value!r}: "
            "REST 3.0 reads no others; give it a tzinfo"
        )
    return list(value) if isinstance(value, tuple) else value


def _extra(row: Entity) -> dict[str, Any]:
    return {
        name: loose_value(row.__schema__, name, row.extra[name], row.before(name))
        for name in row.changed
        if name in row.extra
    }
