"""What a user gives to a model: names of fields, relations and user fields; ids or related objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from b24orm.entity.filefields import is_file
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue
from b24orm.query.closed import allowed, among, is_closed, targets, value_of_title
from b24orm.query.names import parent_names, user_field
from b24orm.query.values import is_missing, plain
from b24orm.schema import EntitySchema, FieldSchema
from b24orm.values import Binding

if TYPE_CHECKING:
    from b24orm.entity.base import Entity

__all__ = ["Given", "given", "taken_by"]

_TAKEN: Final[Mapping[str, str]] = {
    "date": "it takes a date, or a text such as '2026-03-01'; of a datetime take its date()",
    "datetime": "it takes a datetime, or a text such as '2026-03-01T18:00:00+03:00'",
    "double": "it takes a number, or a text such as '1500.50'; its currency is a field of its own",
    "integer": "it takes an int",
    "boolean": "it takes True or False",
    "char": "it takes True or False",
    "crm_multifield": "it takes a text, a MultiField, or a list of them: "
    "[MultiField(value='...', value_type='HOME')]",
}
"""What fits a field of one value, by its type, in words."""


@dataclass(slots=True)
class Given:
    """Values sorted by where they belong.

    Attributes:
        fields: by the name of the field; validated by the model afterwards.
        user: user fields by the server's spelling.
        related: related objects by the name of their relation.
        beside: parameters that methods take beside the fields, by name.
    """

    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    user: dict[str, Any] = field(default_factory=dict[str, Any])
    related: dict[str, Any] = field(default_factory=dict[str, Any])
    beside: dict[str, Any] = field(default_factory=dict[str, Any])


def given(model: type[Entity], values: Mapping[str, Any]) -> Given:
    """Values sorted; unknown names stay among the fields, where the model refuses them.

    Raises:
        InvalidValue: an object of another entity or without an id, a value outside its closed set,
            or two names of one field.
    """
    schema, found = model.__schema__, Given()
    for name, value in values.items():
        _refuse(schema, name, value)
        target = _target(model, name)
        if target in found.fields:
            raise InvalidValue(f"{schema.name}.{target} is given twice: also as {name!r}")
        if target in model.__field_names__:
            _take(found, schema, target, plain(value))
        elif (user := user_field(schema, name)) is not None:
            if user.wire in found.user:
                raise InvalidValue(f"{schema.name}.{user.wire} is given twice: also as {name!r}")
            found.user[user.wire] = plain(value)
        elif name in parent_names(schema):
            found.beside[name] = getattr(value, "pk", value)
        else:
            found.fields[name] = plain(value)
    return found


def _refuse(schema: EntitySchema, name: str, value: Any) -> None:
    """Refuses what no field of a row can be."""
    if is_missing(plain(value)):
        raise InvalidValue(
            f"{schema.name}.{name} can't be {plain(value)!r}: a missing value is None; in pandas "
            "df.astype(object).where(df.notna(), None) has None instead"
        )
    if name in schema.links:
        raise InvalidValue(_linked(schema, name))


def _target(model: type[Entity], name: str) -> str:
    """The field's own name, for any of the names that it may be given by."""
    if name in model.__field_names__:
        return name
    spec = model.__schema__.relations.get(name) or model.__schema__.by_wire.get(name)
    return spec.name if spec is not None else name


def _take(found: Given, schema: EntitySchema, name: str, value: Any) -> None:
    """Takes in a field's value, and the related object where it is one."""
    known = schema.fields.get(name)
    found.fields[name] = value if known is None else _checked(schema, known, value)
    if known is not None and known.relation_name and _is_row(value):
        found.related[known.relation_name] = value


def taken_by(field: FieldSchema | None) -> str:
    """What fits a field, for a message that refuses something else; empty if the type says it best."""
    if field is None or (field.multiple and field.type != "crm_multifield"):
        return ""
    if field.relation is not None:
        return f"it takes a {field.relation}, or its {field.relation_key}"
    return _TAKEN.get(field.type, "")


def _linked(schema: EntitySchema, name: str) -> str:
    link = schema.links[name]
    if link.kind == "pointing":
        return f"{schema.name}.{name} can't be given: change {link.field} of the {link.entity} and save it"
    return f"{schema.name}.{name} can't be given: save the {schema.name}, then call its {name}.set(...)"


def _is_row(value: Any) -> bool:
    return hasattr(value, "__schema__")


def _checked(schema: EntitySchema, spec: FieldSchema, value: Any) -> Any:
    if spec.relation is not None and spec.multiple and isinstance(value, (list, tuple, set, frozenset)):
        return [_key(schema, spec, item) for item in value]
    if _is_row(value) and spec.type != "crm":
        return _key(schema, spec, value)
    if spec.type == "crm_multifield" and isinstance(value, (str, MultiField, Mapping, list, tuple)):
        value = list(value) if isinstance(value, (list, tuple)) else [value]
        return [MultiField(value=item) if isinstance(item, str) else item for item in value]
    if is_file(spec) and isinstance(value, (str, bytes, int)) and not isinstance(value, Enum):
        raise InvalidValue(f"{schema.name}.{spec.name} can't be {value!r}: it takes a NewFile, or None")
    if isinstance(value, (list, tuple, set, frozenset)) and spec.multiple:
        return [_closed(schema, spec, item) for item in value]
    return _closed(schema, spec, value)


def _closed(schema: EntitySchema, spec: FieldSchema, value: Any) -> Any:
    """A value of the field's closed set; a title becomes the value that it stands for."""
    if isinstance(value, Enum):
        value = value.value
    if spec.type == "crm" and spec.enum:
        return _bound(schema, spec, value)
    if not is_closed(spec) or value is None or value == "" or not isinstance(value, (str, int)):
        return value
    found = value_of_title(spec, value) if isinstance(value, str) else value
    if str(found) not in spec.enum:
        raise InvalidValue(f"{schema.name}.{spec.name} can't be {value!r}: it is {allowed(spec, value)}")
    return found


def _bound(schema: EntitySchema, spec: FieldSchema, value: Any) -> Any:
    """A binding to one of the things that the field may point to; what is none is refused later."""
    try:
        found = Binding.read(value)
    except InvalidValue:
        return value
    kept = among(spec, found)
    if kept is None:
        raise InvalidValue(f"{schema.name}.{spec.name} can't be {value!r}: it takes {targets(spec)}")
    return kept


def _key(schema: EntitySchema, spec: FieldSchema, value: Any) -> Any:
    """The value that identifies a related object."""
    if not _is_row(value):
        return value
    if value.__schema__.name != spec.relation:
        wanted = f"a {spec.relation} or its id" if spec.relation else f"a {spec.type}"
        raise InvalidValue(f"{schema.name}.{spec.name} can't be a {value.__schema__.name}: it takes {wanted}")
    key = vars(value).get(spec.relation_key)
    if key is None:
        raise InvalidValue(
            f"{schema.name}.{spec.relation_name or spec.name} can't be a {spec.relation} "
            f"without {spec.relation_key}: save it first"
        )
    return key
