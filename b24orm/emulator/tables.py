"""What a table of the portal is, and the SQL that makes it.

A table has one real column for every field that the server stores in the entity's own row.
What the server keeps elsewhere (phone numbers, bindings to contacts) has tables of its own,
see :mod:`b24orm.emulator.multifields` and :data:`SYSTEM_DDL`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal

from b24orm.schema import EntitySchema

__all__ = [
    "DYNAMIC_PREFIX",
    "SYSTEM_DDL",
    "Column",
    "Kind",
    "Table",
    "add_column_sql",
    "create_sql",
    "index_sql",
    "upper_snake",
    "user_column",
    "words",
]

Kind = Literal["int", "double", "string", "char", "date", "datetime", "json"]
"""How a column is stored and compared. Dates are text (``2024-08-30``), times too
(``2024-08-30T14:29:00``, server zone); ``json`` holds lists and maps."""

DYNAMIC_PREFIX: Final = "dynamic_"
"""Tables of smart processes are named ``dynamic_<entityTypeId>``."""

_SQL_TYPES: Final[Mapping[Kind, str]] = {
    "int": "INTEGER",
    "double": "REAL",
    "string": "TEXT COLLATE NOCASE",
    "char": "TEXT COLLATE NOCASE",
    "date": "TEXT",
    "datetime": "TEXT",
    "json": "TEXT",
}

_USER_KINDS: Final[Mapping[str, Kind]] = {
    "integer": "int",
    "double": "double",
    "boolean": "int",
    "enumeration": "int",
    "file": "int",
    "employee": "int",
    "date": "date",
    "datetime": "datetime",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: upper-case spelling, the same as the classic REST name.
        kind: how it is stored.
        type: Bitrix24's name of the field's type.
        default: what the server puts into a new row when nothing is written.
        hidden: the classic REST knows no such field.
        user: a user field (``UF_...``).
        multiple: a user field that holds a list.
    """

    name: str
    kind: Kind
    type: str = "string"
    default: Any = None
    hidden: bool = False
    user: bool = False
    multiple: bool = False


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: ``deal``.
        columns: by name, in the order of the schema; user fields last.
        schema: the entity the table belongs to, None for tables without one.
        key: the identifying column.
        owner_type_id: Bitrix24's number of the entity (2 is a deal), 0 if it has none.
        uf_entity: the name user fields are attached to (``CRM_DEAL``), None if it takes none.
        multifields: rows have phones and e-mail addresses.
        indexes: columns worth an index.
        exception: a condition that few rows meet, if any; found without looking at the others.
    """

    name: str
    columns: Mapping[str, Column]
    schema: EntitySchema | None = None
    key: str = "ID"
    owner_type_id: int = 0
    uf_entity: str | None = None
    multifields: bool = False
    indexes: tuple[str, ...] = ()
    exception: str = ""

    @cached_property
    def user_columns(self) -> tuple[Column, ...]:
        """The user fields, in the order they were added."""
        return tuple(column for column in self.columns.values() if column.user)

    @cached_property
    def classic_names(self) -> tuple[str, ...]:
        """Columns that ``*`` of a classic list means: no user fields, nothing hidden."""
        return tuple(name for name, c in self.columns.items() if not (c.user or c.hidden or c.kind == "json"))

    def with_user_column(self, column: Column) -> Table:
        """The table with one more user field."""
        return replace(self, columns={**self.columns, column.name: column})


SYSTEM_DDL: Final = (
    """CREATE TABLE IF NOT EXISTS field_multi (
        ID INTEGER PRIMARY KEY AUTOINCREMENT, ENTITY TEXT NOT NULL, ELEMENT_ID INTEGER NOT NULL,
        TYPE_ID TEXT NOT NULL, VALUE_TYPE TEXT NOT NULL, VALUE TEXT NOT NULL COLLATE NOCASE)""",
    "CREATE INDEX IF NOT EXISTS field_multi_owner ON field_multi (ENTITY, ELEMENT_ID, TYPE_ID)",
    """CREATE TABLE IF NOT EXISTS binding (
        OWNER TEXT NOT NULL, OWNER_ID INTEGER NOT NULL, TARGET TEXT NOT NULL, TARGET_ID INTEGER NOT NULL,
        SORT INTEGER NOT NULL DEFAULT 10, ROLE_ID INTEGER NOT NULL DEFAULT 0,
        IS_PRIMARY TEXT NOT NULL DEFAULT 'N',
        PRIMARY KEY (OWNER, OWNER_ID, TARGET, TARGET_ID)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS binding_target ON binding (TARGET, TARGET_ID, OWNER)",
    """CREATE TABLE IF NOT EXISTS user_field (
        ID INTEGER PRIMARY KEY AUTOINCREMENT, ENTITY_ID TEXT NOT NULL, FIELD_NAME TEXT NOT NULL,
        USER_TYPE_ID TEXT NOT NULL, MULTIPLE TEXT NOT NULL, DETAIL TEXT NOT NULL,
        UNIQUE (ENTITY_ID, FIELD_NAME))""",
    """CREATE TABLE IF NOT EXISTS stored_file (
        ID INTEGER PRIMARY KEY AUTOINCREMENT, NAME TEXT NOT NULL, CONTENT BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS relation_type (
        PARENT INTEGER NOT NULL, CHILD INTEGER NOT NULL, PRIMARY KEY (PARENT, CHILD))""",
    """CREATE TABLE IF NOT EXISTS relation (
        SRC_TYPE INTEGER NOT NULL, SRC_ID INTEGER NOT NULL,
        DST_TYPE INTEGER NOT NULL, DST_ID INTEGER NOT NULL,
        PRIMARY KEY (DST_TYPE, DST_ID, SRC_TYPE, SRC_ID)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS smart_type (
        ID INTEGER PRIMARY KEY AUTOINCREMENT, ENTITY_TYPE_ID INTEGER NOT NULL UNIQUE, TITLE TEXT NOT NULL,
        CODE TEXT NOT NULL DEFAULT '', CREATED_BY INTEGER, UPDATED_BY INTEGER, CREATED_TIME TEXT,
        UPDATED_TIME TEXT, SWITCHES TEXT NOT NULL DEFAULT '{}')""",
    "CREATE TABLE IF NOT EXISTS registration (ID INTEGER PRIMARY KEY, DETAIL TEXT NOT NULL)",
)
"""Tables that belong to no entity: multi-fields, bindings, user fields, files, parents, smart types, what
applications have registered."""


def words(text: str) -> list[str]:
    """Names written in one line.

    >>> words("ID TITLE")
    ['ID', 'TITLE']
    """
    return text.split()


def upper_snake(name: str) -> str:
    """The column of a REST name.

    >>> upper_snake("assignedById"), upper_snake("STAGE_ID"), upper_snake("parentId128")
    ('ASSIGNED_BY_ID', 'STAGE_ID', 'PARENT_ID_128')
    """
    if name == name.upper():
        return name
    return re.sub(r"(?<=[a-z])(\d)", r"_\1", re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name)).upper()


def user_column(name: str, type: str, *, multiple: bool = False) -> Column:
    """A user field's column.

    Args:
        name: ``UF_CRM_COLOUR``.
        type: Bitrix24's user type (``string``, ``integer``, ``double``, ``boolean``, ``date``,
            ``datetime``, ``enumeration``, ``money``, ``url``, ``crm`` ...).
        multiple: the field holds a list.
    """
    kind: Kind = "json" if multiple else _USER_KINDS.get(type, "string")
    return Column(name, kind, type, user=True, multiple=multiple)


def create_sql(table: Table) -> str:
    """The statement that creates a table unless it exists."""
    columns = ", ".join(_column_sql(column, key=table.key) for column in table.columns.values())
    return f'CREATE TABLE IF NOT EXISTS "{table.name}" ({columns})'


def index_sql(table: Table) -> tuple[str, ...]:
    """The statements that create a table's indexes.

    The first one is the order rows come in when nobody asks for one: deterministic, and not by id.
    """
    plain = tuple(
        f'CREATE INDEX IF NOT EXISTS "{table.name}_{name}" ON "{table.name}" ("{name}")'
        for name in table.indexes
    )
    if table.exception:
        few = (
            f'CREATE INDEX IF NOT EXISTS "{table.name}_few" ON "{table.name}" ("ID") WHERE {table.exception}'
        )
        plain = (*plain, few)
    if table.key != "ID":
        return plain
    return (f'CREATE INDEX IF NOT EXISTS "{table.name}_unordered" ON "{table.name}" ("ID" % 7)', *plain)


def add_column_sql(table: Table, column: Column) -> str:
    """The statement that adds a user field."""
    return f'ALTER TABLE "{table.name}" ADD COLUMN {_column_sql(column, key="")}'


def _column_sql(column: Column, *, key: str) -> str:
    if column.name == key:
        return (
            f'"{key}" INTEGER PRIMARY KEY AUTOINCREMENT'
            if column.kind == "int"
            else f'"{key}" TEXT PRIMARY KEY'
        )
    tail = "" if column.default is None else f" DEFAULT {_literal(column.default)}"
    return f'"{column.name}" {_SQL_TYPES[column.kind]}{tail}'


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else repr(value)
