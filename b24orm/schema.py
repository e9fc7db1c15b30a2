"""Frozen facts about Bitrix24 entities and their REST methods.

An :class:`EntitySchema` says everything the rest of the package has to know about one
entity: how its fields are spelled on the wire, what type each one has, which methods exist
and what each method is able to do. The values live in :mod:`b24orm.facts`, one generated
module an entity; nothing here does any I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as _field
from functools import cached_property
from typing import Final, Literal

from b24orm.errors import Unsupported

__all__ = [
    "Api",
    "Dialect",
    "EntitySchema",
    "FieldSchema",
    "LinkSchema",
    "ListSchema",
    "MethodSchema",
    "Paging",
    "extended",
]

Dialect = Literal["classic", "orm", "tasks", "user", "iblock", "plain", "equality", "flat", "v3", "none"]
"""How a list method reads its filter.

``classic``
    crm.deal.list and its kin: operator prefixes, no OR, unknown names are dropped.
``orm``
    crm.item.list and its kin: operator prefixes, nested ``logic`` groups, unknown names
    are an error.
``tasks``
    tasks.task.list: upper-case keys, ``::SUBFILTER`` groups.
``user``
    user.get: one- or two-character prefixes, unknown names are dropped.
``iblock``
    catalog.product.list and its kin: the prefixes of information blocks, which know no patterns and find
    rows without a value under ``!``.
``plain``
    every other method with operators: only what its documentation lists, and nothing that
    would depend on how it reads NULL.
``equality``
    crm.status.list: equality only, one scalar a field.
``flat``
    department.get: conditions are top-level parameters, equality only.
``v3``
    REST 3.0: a list of conditions and groups, AND and OR; values of the field's own type, never null.
``none``
    the method takes no filter.
"""

Paging = Literal["classic", "orm", "controller", "page", "offset", "pagination", "cursor", "none"]
"""How the paging parameter is read: ``start`` by the server families A, B and C of the paging
rules, the number of a page from 1, rows to skip, REST 3.0's ``{limit, offset}``, the least id of the page
before, or not at all."""

Api = Literal["v2", "v3"]
"""The classic REST, or REST 3.0 with its own addresses and envelopes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSchema:
    """One field of an entity.

    Attributes:
        name: the Python attribute, snake_case (``stage_id``).
        wire: the spelling in answers (``STAGE_ID``, ``stageId``).
        type: Bitrix24's own type name (``crm_status``, ``double`` ...).
        write: the spelling that add and update read.
        query: the spelling that filter and order read.
        select: the spelling that select reads, where it differs from the one of filter.
        relation: the entity that the value identifies (``Company``), if any.
        relation_name: the attribute of the related object (``company``), if any.
        relation_key: the field of the related entity that the value equals, by Python name.
        status_type: the status directory of a ``crm_status`` field.
        enum: the closed set of wire values, empty if open.
        titles: what people call the values of ``enum``, in its order; each can stand for its value.
        inner: of a field that holds another object: the fields of that object, as far as they are known.
    """

    name: str
    wire: str
    type: str
    write: str = ""
    query: str = ""
    select: str = ""
    required: bool = False
    read_only: bool = False
    immutable: bool = False
    multiple: bool = False
    nullable: bool = True
    filterable: bool = True
    selectable: bool = True
    sortable: bool = True
    joins: bool = False
    """A filter on this field joins a one-to-many table: the server may repeat rows."""
    relation: str | None = None
    relation_name: str | None = None
    relation_key: str = "id"
    status_type: str | None = None
    enum: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    deprecated: bool = False

    @property
    def write_name(self) -> str:
        """The spelling for add and update."""
        return self.write or self.wire

    @property
    def query_name(self) -> str:
        """The spelling for filter and order."""
        return self.query or self.wire

    @property
    def select_name(self) -> str:
        """The spelling for select."""
        return self.select or self.query_name

    @property
    def by_title(self) -> Mapping[str, str]:
        """Values by their titles; a title that several values share stands for none."""
        found = dict(zip(self.titles, self.enum, strict=False))
        return {title: value for title, value in found.items() if title and self.titles.count(title) == 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSchema:
    """Rows of another entity that belong to one row (``company.deals``, ``deal.contacts``).

    Attributes:
        name: the attribute.
        entity: the other entity.
        field: for a reverse relation: the other entity's field that holds our id.
        constants: for a reverse relation: further conditions, by the other entity's names.
        each: for a reverse relation: the list takes one id a call, not a list of them.
        method: else the method that answers the bindings of one id.
        id_param: the parameter of ``method`` that takes our id.
        key: where each binding holds the id of the other row.
    """

    name: str
    entity: str
    field: str | None = None
    constants: Mapping[str, str] = _field(default_factory=dict)
    each: bool = False
    method: str | None = None
    id_param: str = "id"
    key: str | None = None

    @property
    def kind(self) -> Literal["bound", "owned", "pointing"]:
        """Whether the rows are bound one by one, live and go with the row, or point to it."""
        if self.method is not None and self.key is not None:
            return "bound"
        return "owned" if self.entity == "ProductRow" else "pointing"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSchema:
    """One REST method that reads or writes a single row.

    Attributes:
        name: the method (``crm.deal.get``).
        envelope: the path below ``result`` to the payload; an int is a list index.
        id_param: the parameter that takes the id, if the method takes one.
        fields_param: the parameter that takes the fields; None if they stand at top level.
        returns: what add and update answer: ``id``, ``item``, ``true`` or ``other``.
        extra_params: further parameters the method understands; a field that is written by such a
            name stands beside the other fields.
        whole_key: an update that clears what it is not sent: what a row holds if it was fetched with
            everything.
        parents: of a get: those of the entity's ``parent_params`` that it takes; None: all of them.
        id_form: how ``id_param`` spells an id, where it is not the id itself (``chat{}``).
        absent: of a get: codes, or texts where the code says nothing, by which it says that there is no
            such row, besides those that every method says it by.
    """

    name: str
    envelope: tuple[str | int, ...] = ()
    id_param: str | None = None
    fields_param: str | None = None
    returns: str = "other"
    extra_params: tuple[str, ...] = ()
    whole_key: str | None = None
    parents: tuple[str, ...] | None = None
    id_form: str = "{}"
    absent: tuple[str, ...] = ()

    def spelled(self, row_id: object) -> object:
        """An id as ``id_param`` takes it.

        >>> MethodSchema(name="im.dialog.get", id_form="chat{}").spelled(5)
        'chat5'
        """
        return row_id if self.id_form == "{}" else self.id_form.format(row_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSchema:
    """The list method of an entity and what it is able to do.

    Attributes:
        select, filter, order: parameter names, None where the method has none.
        order_style: ``map`` ({"ID": "ASC"}), ``sort_order`` (two parameters) or None.
        order_params: the two parameter names of ``sort_order``.
        start: the paging parameter, None for a method that answers everything at once. A dot
            leads inside: ``PARAMS.NAV_PARAMS.iNumPage``; so it does in the other names.
        limit: the parameter that asks for ``page_size`` rows, where the method wants to be told.
        positional: all parameters in their order, for methods that read no names.
        page_size: rows a page, None when everything comes at once.
        casts_lists: in a filter a list in place of a number is read as 1, and a list of ids loses
            what is no positive number; an empty date is no condition.
        bare: the answer is a list of ids, not of rows.
        hides_rows: the total counts rows that no page holds, so that pages may be short.
        repeats_rows: a row may come again on a later page though nothing changed.
        count_free: ``start=-1`` really spares the server the COUNT.
        keyset: rows can be filtered by ``>id`` and ordered by id.
        operators: the prefixes the method honours.
        own_parents: those of the entity's ``parent_params`` that no other method takes.
        constants: parameters that every list call needs (``{"filter.TYPE": "file"}``).
        select_always: what ``select`` must name whatever else it does.
        select_all: what ``select`` must say to get every field.
        id_first: rows are sorted by id before anything else that is asked: other orders are lost.
        tail: the method of REST 3.0 that reads on from a cursor, where there is one.
        aggregate: the method of REST 3.0 that counts and sums, where there is one.
    """

    name: str
    dialect: Dialect = "classic"
    paging: Paging = "classic"
    envelope: tuple[str | int, ...] = ()
    select: str | None = None
    filter: str | None = None
    order: str | None = None
    order_style: Literal["map", "sort_order"] | None = None
    order_params: tuple[str, ...] = ()
    start: str | None = None
    limit: str | None = None
    positional: tuple[str, ...] = ()
    page_size: int | None = None
    total: bool = False
    casts_lists: bool = False
    bare: bool = False
    hides_rows: bool = False
    repeats_rows: bool = False
    count_free: bool = False
    keyset: bool = False
    operators: tuple[str, ...] = ()
    select_all: tuple[str, ...] = ()
    select_always: tuple[str, ...] = ()
    own_parents: tuple[str, ...] = ()
    constants: Mapping[str, object] = _field(default_factory=dict)
    extra_params: tuple[str, ...] = ()
    id_first: bool = False
    tail: str | None = None
    aggregate: str | None = None


_MODIFIED: Final = (
    "date_modify",
    "updated_time",
    "changed_date",
    "last_updated",
    "timestamp_x",
    "date_update",
    "changed_",
)
"""What entities call the moment of their last change."""


@dataclass(frozen=True, kw_only=True)
class EntitySchema:
    """Everything known about one entity.

    Attributes:
        name: PascalCase singular (``Deal``).
        scope: the REST permission scope (``crm``).
        module: the package below :mod:`b24orm.models` the model lives in.
        api: which REST its methods belong to.
        id_name: Python name of the identifying field (``id``; ``currency`` for Currency); empty
            where rows have none.
        fixed_params: constant parameters every method of the entity needs.
        parent_params: parameters the caller must supply to list, e.g. ``entityTypeId`` or
            ``filter.iblockId`` (a key that must stand inside ``filter``).
        parent_names: Python names of those whose own name means something else in rows.
        parent_types: what those take that no field stands for: ``int``, ``str``, lists of them (``ints``,
            ``strs``), or one or the other (``int|ints``).
        user_fields: UF_* fields can appear in rows.
        links: rows of other entities that belong to a row, by attribute.
        user_field_prefix: how fields that only a portal knows are spelled on the wire: ``UF_``, ``uf``,
            or ``PROPERTY_`` and ``property`` with a number.
    """

    name: str
    scope: str
    module: str
    api: Api = "v2"
    fields: Mapping[str, FieldSchema]
    list: ListSchema | None = None
    methods: Mapping[str, MethodSchema] = _field(default_factory=dict)
    actions: Mapping[str, tuple[str, ...]] = _field(default_factory=dict)
    id_name: str = "id"
    fixed_params: Mapping[str, object] = _field(default_factory=dict)
    parent_params: tuple[str, ...] = ()
    parent_names: Mapping[str, str] = _field(default_factory=dict)
    parent_types: Mapping[str, str] = _field(default_factory=dict)
    user_fields: bool = False
    user_field_prefix: str = "UF_"
    links: Mapping[str, LinkSchema] = _field(default_factory=dict)

    def custom_wire(self, name: str) -> str | None:
        """The server's spelling of a field that only a portal knows; None if it can't be one.

        >>> from b24orm.facts import load
        >>> load("Deal").custom_wire("uf_crm_color"), load("ListElement").custom_wire("property_7")
        ('UF_CRM_COLOR', 'PROPERTY_7')
        """
        upper = name.upper()
        if not self.user_fields:
            return None
        if upper.startswith("UF_"):
            return upper
        number = upper.removeprefix("PROPERTY").removeprefix("_")
        if self.user_field_prefix == "property" and upper.startswith("PROPERTY") and number.isdigit():
            return f"property{number}"
        return upper if self.user_field_prefix == "PROPERTY_" and upper.startswith("PROPERTY_") else None

    @property
    def id_field(self) -> FieldSchema:
        """The field that identifies a row.

        Raises:
            Unsupported: rows of the entity have no id.
        """
        if not self.id_name:
            raise Unsupported(f"rows of {self.name} have no id: they can be listed, not told apart")
        return self.fields[self.id_name]

    @property
    def key(self) -> FieldSchema | None:
        """The field that identifies a row, None where rows have none."""
        return self.fields[self.id_name] if self.id_name else None

    @property
    def modified(self) -> FieldSchema | None:
        """The field that says when a row was changed last, None where none does."""
        return next((self.fields[name] for name in _MODIFIED if name in self.fields), None)

    @cached_property
    def by_wire(self) -> Mapping[str, FieldSchema]:
        """Fields by every spelling the REST side uses."""
        found: dict[str, FieldSchema] = {}
        for spec in self.fields.values():
            for spelling in (spec.query_name, spec.write_name, spec.wire):
                found.setdefault(spelling, spec)
        for spec in self.fields.values():  # what answers say wins over other spellings
            found[spec.wire] = spec
        return found

    @cached_property
    def relations(self) -> Mapping[str, FieldSchema]:
        """Fields by the name of the relation they carry."""
        return {f.relation_name: f for f in self.fields.values() if f.relation_name}

    def method(self, kind: str) -> MethodSchema | None:
        """The method of a kind (``get``, ``add``, ``update``, ``delete``, ``fields``)."""
        return self.methods.get(kind)


def extended(
    schema: EntitySchema,
    *,
    name: str | None = None,
    fields: Iterable[FieldSchema] = (),
    enums: Mapping[str, tuple[str, ...]] | None = None,
    titles: Mapping[str, tuple[str, ...]] | None = None,
    fixed_params: Mapping[str, object] | None = None,
) -> EntitySchema:
    """The facts about an entity as one portal has it.

    Args:
        schema: the facts that every portal has.
        name: what the entity is called there.
        fields: its user fields.
        enums: closed sets of values by field (``{"stage_id": ("NEW", "WON")}``).
        titles: what people call these values, by field.
        fixed_params: parameters that every call needs (``{"entityTypeId": 1038}``).
    """
    closed, named = enums or {}, titles or {}
    own = {
        key: replace(field, enum=closed.get(key, field.enum), titles=named.get(key, field.titles))
        for key, field in schema.fields.items()
    }
    return replace(
        schema,
        name=name or schema.name,
        fields={**own, **{field.name: field for field in fields}},
        fixed_params={**schema.fixed_params, **(fixed_params or {})},
    )
