"""Tables of what belongs to directories and has no entity's columns."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.tables import Column, Table

__all__ = ["DIRECTORY_TABLES"]

_TEXTS = ("FULL_NAME", "FORMAT_STRING", "DEC_POINT", "THOUSANDS_SEP", "DECIMALS", "THOUSANDS_VARIANT")

DIRECTORY_TABLES: Final = (
    Table(
        "currency_lang",
        {
            column.name: column
            for column in (
                Column("ID", "int"),
                Column("CURRENCY", "string"),
                Column("LID", "string"),
                *(Column(name, "string") for name in _TEXTS),
                Column("HIDE_ZERO", "char", default="Y"),
            )
        },
        indexes=("CURRENCY",),
    ),
    Table(
        "preset_field",
        {
            column.name: column
            for column in (
                Column("ID", "int"),
                Column("PRESET_ID", "int"),
                Column("NUMBER", "int"),
                Column("FIELD_NAME", "string"),
                Column("FIELD_TITLE", "string", default=""),
                Column("SORT", "int", default=500),
                Column("IN_SHORT_LIST", "char", default="N"),
            )
        },
        indexes=("PRESET_ID",),
    ),
)
"""How currencies are written in languages; the fields of templates of requisites."""
