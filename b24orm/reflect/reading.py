"""What was read of a portal: frozen values, still with the portal's own words in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as _field
from typing import Any, Protocol

from b24orm.schema import EntitySchema

__all__ = ["Reading", "Reflected", "Source", "UserField"]


class Source(Protocol):
    """What answers calls: a :class:`b24orm.Portal`."""

    def call(self, method: str, items: Any = None, /) -> Any:
        """The result of a method; of a list of parameters, the list of results."""
        ...

    def get_all(self, method: str, params: Any = None, /) -> list[Any]:
        """Every row of a list method."""
        ...


@dataclass(frozen=True, slots=True)
class UserField:
    """A user field.

    Attributes:
        wire: its name (``UF_CRM_CONTRACT``).
        type: its type (``string``, ``enumeration`` ...).
        label: what people call it; the name where there is no label.
        multiple: it holds several values.
        items: values and titles of a list field, or of the directory that the field takes values of.
        targets: letters of what a ``crm`` field can point to.
    """

    wire: str
    type: str
    label: str
    multiple: bool = False
    items: tuple[tuple[str, str], ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reflected:
    """What a portal adds to an entity.

    Attributes:
        base: the model it extends.
        title: what the portal calls it: the model's name, or the smart process's title.
        entity_type_id: the number of a smart process.
        fields: its user fields, by name.
        enums: the values of its stages, pipelines and other directories, by the field's Python name.
        titles: what people call these values, in the same order.
    """

    base: str
    title: str
    entity_type_id: int | None = None
    fields: tuple[UserField, ...] = ()
    enums: Mapping[str, tuple[str, ...]] = _field(default_factory=dict[str, "tuple[str, ...]"])
    titles: Mapping[str, tuple[str, ...]] = _field(default_factory=dict[str, "tuple[str, ...]"])


@dataclass(frozen=True, slots=True)
class Reading:
    """What a portal has of its own.

    Attributes:
        entities: its models.
        scopes: what the webhook or the application may use.
        undocumented: methods that the portal serves and the documentation doesn't know.
        v3: its entities of REST 3.0, where they differ from what the package knows.
    """

    entities: tuple[Reflected, ...] = ()
    scopes: tuple[str, ...] = ()
    undocumented: tuple[str, ...] = ()
    v3: tuple[EntitySchema, ...] = ()
