"""``crm.requisite.preset.field.*``: which fields a template of requisites has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.fields import entity_fields_answer
from b24orm.emulator.methods.params import fields_param, find, id_param, positive
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_flag, to_int, to_text
from b24orm.facts import load

__all__ = ["methods"]

_PRESET_FIELDS: Final = "preset_field"
_COUNTRIES: Final = (
    (1, "RU", "Russia"),
    (4, "BY", "Belarus"),
    (6, "KZ", "Kazakhstan"),
    (14, "UA", "Ukraine"),
    (34, "BR", "Brazil"),
    (46, "DE", "Germany"),
    (77, "CO", "Colombia"),
    (110, "PL", "Poland"),
    (122, "US", "United States"),
    (132, "FR", "France"),
)


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "countries": _countries,
        "field.list": _preset_fields,
        "field.get": _preset_field,
        "field.add": _add_preset_field,
        "field.update": _update_preset_field,
        "field.delete": _delete_preset_field,
        "field.fields": lambda *_: Answer(entity_fields_answer(load("RequisitePresetField"))),
        "field.availabletoadd": _available,
    }
    return registered(store, "crm", handlers, family="crm.requisite.preset.")


def _countries(store: Store, call: Call) -> Answer:
    del store, call
    return Answer([{"ID": number, "CODE": code, "TITLE": title} for number, code, title in _COUNTRIES])


def _preset(store: Store, call: Call) -> int:
    sent = find(call, "preset")
    if sent is not None and not is_array(sent):
        raise Refusal("", "Parameter 'PRESET' is not specified or incorrect.")
    number = positive((sent or {}).get("ID") if isinstance(sent or {}, Mapping) else None, "PRESET[ID]")
    if not store.exists("requisite_preset", number):
        raise Refusal("", f"The Preset with ID '{number}' is not found")
    return number


def _field_rows(store: Store, preset: int) -> list[dict[str, Any]]:
    """The fields of a template; their numbers count within it."""
    return store.rows(_PRESET_FIELDS, where="PRESET_ID = ?", params=(preset,), order="SORT, NUMBER")


def _field_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: row[name] for name in ("FIELD_NAME", "FIELD_TITLE", "IN_SHORT_LIST", "SORT")}
    return {"ID": row["NUMBER"], **named}


def _preset_fields(store: Store, call: Call) -> Answer:
    rows = [_field_shown(row) for row in _field_rows(store, _preset(store, call))]
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _found(store: Store, call: Call) -> dict[str, Any]:
    preset, number = _preset(store, call), id_param(call)
    row = next((row for row in _field_rows(store, preset) if row["NUMBER"] == number), None)
    if row is None:
        raise Refusal("", f"The PresetField with ID '{number}' is not found")
    return row


def _preset_field(store: Store, call: Call) -> Answer:
    row = _found(store, call)
    return Answer({**_field_shown(row), "FIELD_TITLE": row["FIELD_TITLE"] or row["FIELD_NAME"]})


def _free(store: Store, preset: int) -> list[str]:
    taken = {row["FIELD_NAME"] for row in _field_rows(store, preset)}
    columns = store.table("requisite").columns
    return [name for name in columns if name.startswith(("RQ_", "UF_")) and name not in taken]


def _available(store: Store, call: Call) -> Answer:
    """The names of fields that a template doesn't have yet."""
    return Answer(_free(store, _preset(store, call)), cost=Cost("get"))


def _field_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    if fields.get("FIELD_NAME") is None:
        raise Refusal("", "FIELD_NAME is not specified.")
    row: dict[str, Any] = {"FIELD_NAME": to_text(fields["FIELD_NAME"])}
    if "FIELD_TITLE" in fields:
        row["FIELD_TITLE"] = to_text(fields["FIELD_TITLE"])
    if "SORT" in fields:
        row["SORT"] = to_int(fields["SORT"])
    if "IN_SHORT_LIST" in fields:
        row["IN_SHORT_LIST"] = to_flag(fields["IN_SHORT_LIST"])
    return row


def _add_preset_field(store: Store, call: Call) -> Answer:
    """One more field; answers its number within the template."""
    preset, row = _preset(store, call), _field_row(fields_param(call))
    if row["FIELD_NAME"] not in _free(store, preset):
        raise Refusal("", f"The field '{row['FIELD_NAME']}' can not be added.")
    number = 1 + max((known["NUMBER"] for known in _field_rows(store, preset)), default=0)
    store.insert(_PRESET_FIELDS, {"PRESET_ID": preset, "NUMBER": number, **row})
    return Answer(number, cost=Cost("write", rows=1))


def _update_preset_field(store: Store, call: Call) -> Answer:
    """Changes a field; its name must be sent."""
    number = _found(store, call)["ID"]
    store.update(_PRESET_FIELDS, number, _field_row(fields_param(call)))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_preset_field(store: Store, call: Call) -> Answer:
    store.delete(_PRESET_FIELDS, _found(store, call)["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))
