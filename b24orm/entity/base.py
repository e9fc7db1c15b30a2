"""The base of every model: partial rows, user fields, relations, and what was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, SerializationInfo, ValidationError, model_serializer

from b24orm.entity.filefields import is_file, told_files
from b24orm.entity.given import given, taken_by
from b24orm.entity.habits import GIVEN_UP, no_attribute_of_class, no_attribute_of_row
from b24orm.errors import (
    DoesNotExist,
    FieldNotLoaded,
    InvalidValue,
    MultipleObjects,
    RelationNotLoaded,
    UnknownName,
    nearest,
)
from b24orm.query.names import parent_names
from b24orm.schema import EntitySchema, FieldSchema, LinkSchema

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _Kind
else:

    class _Kind(type(BaseModel)):
        """The class of the models' classes: says what to write instead of what there is not."""

        def __getattr__(cls, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                if (name.startswith("_") and name != "_meta") or not hasattr(cls, "__schema__"):
                    raise
            raise no_attribute_of_class(cls, name, cls.__field_names__, cls.__elsewhere__)

        @property
        def __signature__(cls) -> Signature:
            """What help() and notebooks show: the fields that can be given, with their plain types."""
            if not hasattr(cls, "__schema__"):
                raise AttributeError("__signature__")
            return _signature(cls)

        @__signature__.setter
        def __signature__(cls, value: object) -> None:
            """Pydantic's own would show the inside of our types."""


__all__ = ["Entity", "FileAttribute", "Links", "Relation"]

_SLOTS: Mapping[str, Callable[[], Any]] = {
    "__pydantic_fields_set__": set,
    "__pydantic_extra__": dict,
    "__pydantic_private__": lambda: None,
}
"""What pydantic keeps beside the values, and what it is for a row as it was fetched."""

_SHOWN = 4
"""Fields that a repr shows."""


class Relation:
    """The attribute of a related object (``deal.company``), which has to be fetched first."""

    def __init__(self, field: FieldSchema) -> None:
        self.field = field

    def __repr__(self) -> str:
        return f"<relation {self.field.relation_name} to {self.field.relation} by {self.field.name}>"

    def __get__(self, row: Entity | None, owner: type[Entity]) -> Any:
        if row is None:
            return self
        key = getattr(row, self.field.name)
        if key is None or key == ():
            return None
        raise self.missing(row)

    def missing(self, row: Entity) -> Exception:
        """What is raised for a row whose related object was not fetched."""
        if self.field.name not in row.__dict__:
            return FieldNotLoaded(_not_loaded(row, self.field.name))
        key = row.__dict__[self.field.name]
        return RelationNotLoaded(
            f"{type(row).__name__}.{self.field.relation_name} was not fetched; "
            f"add select_related({self.field.relation_name!r}), "
            f"or get it with {self.field.relation}.objects.get({self.field.relation_key}={key!r})"
        )


class Links:
    """The attribute of the rows that belong to a row (``deal.contacts``)."""

    def __init__(self, link: LinkSchema) -> None:
        self.link = link

    def __repr__(self) -> str:
        return f"<relation {self.link.name} to many {self.link.entity}>"

    def __get__(self, row: Entity | None, owner: type[Entity]) -> Any:
        return self if row is None else row.belonging(self.link)

    def __set__(self, row: Entity, value: object) -> None:
        given(type(row), {self.link.name: value})  # which refuses it

    def missing(self, row: Entity) -> Exception:
        """What is raised for a row whose belonging rows were not fetched."""
        name = type(row).__name__
        hint = f"fetch the {name} with prefetch_related({self.link.name!r})"
        return RelationNotLoaded(f"{name}.{self.link.name} was not fetched; {hint}")


class FileAttribute:
    """The attribute of a file, or of several: a value that knows whom to ask for what is in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, row: Entity | None, owner: type[Entity]) -> Any:
        if row is None:
            raise AttributeError(self.name)  # as of any other field
        if self.name not in vars(row):
            raise FieldNotLoaded(_not_loaded(row, self.name))
        return row.readable(vars(row)[self.name])

    def __set__(self, row: Entity, value: object) -> None:
        vars(row)[self.name] = value  # Entity.__setattr__ has checked it


class Entity(BaseModel, metaclass=_Kind):
    """A row of a Bitrix24 entity.

    A row that was fetched with only some of its fields knows it: reading another one raises
    :class:`~b24orm.errors.FieldNotLoaded`, it is never None by accident.
    """

    __slots__ = ("__before__", "__portal__")

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        validate_assignment=True,
        defer_build=True,
        protected_namespaces=(),
        arbitrary_types_allowed=True,
    )

    __schema__: ClassVar[EntitySchema]
    __field_names__: ClassVar[frozenset[str]] = frozenset()
    __elsewhere__: ClassVar[frozenset[str]] = frozenset()
    """What sets of rows have, for those who look for it on the class."""
    DoesNotExist: ClassVar[type[DoesNotExist]] = DoesNotExist
    MultipleObjects: ClassVar[type[MultipleObjects]] = MultipleObjects

    if TYPE_CHECKING:

        def __init_subclass__(cls, *, schema: EntitySchema | None = None, **constants: Any) -> None: ...

    else:

        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__()

        @classmethod
        def __pydantic_init_subclass__(cls, **options: Any) -> None:
            schema = options.pop("schema", None)
            if schema is None:
                schema = _with_constants(cls.__schema__, options) if hasattr(cls, "__schema__") else None
            if schema is None:
                return
            cls.__schema__ = schema
            cls.DoesNotExist = _own(cls, DoesNotExist)
            cls.MultipleObjects = _own(cls, MultipleObjects)
            cls.__field_names__ = frozenset(cls.model_fields)
            for name, field in schema.relations.items():
                if name not in cls.model_fields:
                    setattr(cls, name, Relation(field))
            for name, link in schema.links.items():
                setattr(cls, name, Links(link))
            for name, field in schema.fields.items():
                if is_file(field) and name in cls.model_fields:
                    setattr(cls, name, FileAttribute(name))

    if TYPE_CHECKING:

        def __init__(self, **values: Any) -> None: ...

    else:

        def __init__(self, *values_by_place: Any, **values: Any) -> None:
            if values_by_place:
                raise InvalidValue(_by_place(type(self), values_by_place))
            found = given(type(self), values)
            try:
                super().__init__(**found.fields)
            except ValidationError as error:
                raise _not_made(type(self), error) from None
            loaded = vars(self)
            for name in loaded.keys() - self.__pydantic_fields_set__:
                del loaded[name]
            loaded.update(found.related)
            loaded.update(found.beside)
            for name, value in found.user.items():
                self._set_user_field(name, value)

    @property
    def pk(self) -> Any:
        """The id, or None for a row that was never saved."""
        return self.__dict__.get(self.__schema__.id_name)

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields that the model doesn't declare, user fields above all, as the server spells them."""
        return MappingProxyType(self.__pydantic_extra__ or {})

    @property
    def changed(self) -> tuple[str, ...]:
        """The fields that were set or changed since the row was fetched or saved."""
        return tuple(sorted(self.__pydantic_fields_set__))

    def before(self, name: str, unknown: Any = None) -> Any:
        """What a changed field held when the row was fetched; ``unknown`` if that is not known."""
        return getattr(self, "__before__", {}).get(name, unknown)

    def unchanged(self, **values: Any) -> None:
        """Takes in what the server is known to hold now: nothing counts as changed any more."""
        vars(self).update(values)
        object.__setattr__(self, "__pydantic_fields_set__", set())
        object.__setattr__(self, "__before__", {})

    def take(self, **values: Any) -> None:
        """Takes in what the server holds in these fields; other changes stay."""
        vars(self).update(values)
        self.__pydantic_fields_set__.difference_update(values)

    def belonging(self, link: LinkSchema) -> Any:
        """The rows of a link, as they were fetched; models give more than that."""
        if link.name not in vars(self):
            raise Links(link).missing(self)
        return vars(self)[link.name]

    def readable(self, files: Any) -> Any:
        """The value of a file field; models give one whose contents can be read."""
        return files

    def take_extra(self, values: Mapping[str, Any]) -> None:
        """As :meth:`take`, for fields that the model doesn't declare."""
        object.__setattr__(self, "__pydantic_extra__", {**(self.__pydantic_extra__ or {}), **values})
        self.__pydantic_fields_set__.difference_update(values)

    def _user_field(self, name: str, wire: str) -> Any:
        extra, update = self.__pydantic_extra__ or {}, type(self).__schema__.method("update")
        for spelled in (wire, name):
            if spelled in extra:
                return self.readable(told_files(extra[spelled]))
        if update is not None and update.whole_key in extra:
            return None  # all that there is was fetched: a property without a value is left out
        raise FieldNotLoaded(
            f"{type(self).__name__}.{name} was not loaded: the portal has no such field, "
            f"or only() left it out{nearest(wire, extra)}"
        )

    def _set_user_field(self, name: str, value: Any) -> None:
        self._remember(name, self.extra)
        object.__setattr__(self, "__pydantic_extra__", {**(self.__pydantic_extra__ or {}), name: value})
        self.__pydantic_fields_set__.add(name)

    def _remember(self, name: str, held: Mapping[str, Any]) -> None:
        """Keeps what a field held at first."""
        if name in held and name not in self.__pydantic_fields_set__:
            before = getattr(self, "__before__", {})
            object.__setattr__(self, "__before__", {**before, name: held[name]})

    if not TYPE_CHECKING:

        @model_serializer(mode="wrap")
        def _with_user_fields(self, fields, info):
            """What model_dump() gives: user fields belong to it."""
            return {**fields(self), **_dumped(self.extra, info)}

        def __getattr__(self, name: str) -> Any:
            if name in _SLOTS:  # rows leave them empty, for most are never asked
                object.__setattr__(self, name, _SLOTS[name]())
                return object.__getattribute__(self, name)
            if name in type(self).__field_names__:
                raise FieldNotLoaded(_not_loaded(self, name))
            relation = getattr(type(self), name, None)
            if isinstance(relation, (Relation, Links)):  # its AttributeError brought us here
                raise relation.missing(self)
            wire = type(self).__schema__.custom_wire(name)
            if wire is not None:
                return self._user_field(name, wire)
            if name.startswith("__"):
                raise AttributeError(name)
            raise no_attribute_of_row(type(self), name, type(self).__field_names__)

    def __setattr__(self, name: str, value: Any) -> None:
        found = given(type(self), {name: value})
        for wire, item in found.user.items():
            self._set_user_field(wire, item)
        for field, item in found.fields.items():
            self._keep_identity(field, item)
            self._remember(field, vars(self))
            self._assign(field, item)
            spec = self.__schema__.fields.get(field)
            if spec is not None and spec.relation_name:
                vars(self).pop(spec.relation_name, None)  # it was another row's
        vars(self).update(found.related)
        vars(self).update(found.beside)

    def _keep_identity(self, name: str, value: Any) -> None:
        """Refuses to make a row another one: writes go by the id."""
        schema = self.__schema__
        if name != schema.id_name or not schema.id_field.read_only or self.pk in (None, value):
            return
        if value is None:
            hint = f"for a copy make a new {schema.name} of its values"
        else:
            hint = f"get the other one with {schema.name}.objects.get({name}={value!r})"
        raise InvalidValue(f"{schema.name}.{name} is read-only: this is the row {self.pk}; {hint}")

    def _assign(self, name: str, value: Any) -> None:
        extra = self.__pydantic_extra__
        object.__setattr__(self, "__pydantic_extra__", None)  # assignment would mix it with the fields
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            raise self._refused(name, value, error) from None
        finally:
            object.__setattr__(self, "__pydantic_extra__", extra)

    def _refused(self, name: str, value: Any, error: ValidationError) -> Exception:
        problem, model = error.errors()[0], type(self)
        if problem["type"] == "no_such_attribute":
            return _unknown(model, name)
        return InvalidValue(_not_that(model, name, value, problem["msg"]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entity):
            return NotImplemented
        if type(self) is not type(other):
            return False
        return self is other if self.pk is None else bool(self.pk == other.pk)

    def __hash__(self) -> int:
        return hash((type(self), self.pk)) if self.pk is not None else id(self)

    def __str__(self) -> str:
        return repr(self)

    def __dir__(self) -> list[str]:
        """What notebooks complete: user fields too, and nothing that pydantic has given up."""
        return sorted({*super().__dir__(), *self.extra} - GIVEN_UP)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        known = type(self).__field_names__
        loaded = [
            (name, value)
            for name, value in self.__dict__.items()
            if name in known and value not in (None, ())
        ]
        yield from loaded[:_SHOWN]
        if len(loaded) > _SHOWN:
            yield None, _Dots()


def _by_place(model: type[Entity], values: tuple[Any, ...]) -> str:
    name = model.__schema__.id_name or next(iter(model.model_fields))
    if isinstance(values[0], Mapping):
        return f"{model.__name__} takes its fields by name: unpack the dict, as in {model.__name__}(**fields)"
    return f"{model.__name__} takes its fields by name, as in {model.__name__}({name}={values[0]!r})"


def _signature(model: type[Entity]) -> Signature:
    fields = model.__schema__.fields
    given = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=info.annotation)
        for name, info in model.model_fields.items()
        if name == model.__schema__.id_name or name not in fields or not fields[name].read_only
    ]
    user = [Parameter("user_fields", Parameter.VAR_KEYWORD)] if model.__schema__.user_fields else []
    return Signature([*given, *user])


def _dumped(values: Mapping[str, Any], info: SerializationInfo) -> dict[str, Any]:
    """The values that a dump is to hold."""
    return {
        name: value
        for name, value in values.items()
        if (info.include is None or name in info.include)
        and (info.exclude is None or name not in info.exclude)
        and not (info.exclude_none and value is None)
    }


def _own(model: type[Entity], kind: type[Exception]) -> type[Exception]:
    """The model's own class of an exception, as ``Deal.DoesNotExist``."""
    place = {"__module__": model.__module__, "__qualname__": f"{model.__name__}.{kind.__name__}"}
    return type(kind.__name__, (kind,), place)


class _Dots:
    def __repr__(self) -> str:
        return "..."


def _not_loaded(row: Entity, name: str) -> str:
    if row.pk is None:
        return f"{type(row).__name__}.{name} is not known: it was not given, and the row is not saved"
    return f"{type(row).__name__}.{name} was not loaded: add it to only(), or call refresh_from_db()"


def _not_made(model: type[Entity], error: ValidationError) -> Exception:
    problem = error.errors()[0]
    name = str(problem["loc"][0]) if problem["loc"] else "?"
    if problem["type"] == "extra_forbidden":
        return _unknown(model, name)
    return InvalidValue(_not_that(model, name, problem["input"], problem["msg"]))


def _unknown(model: type[Entity], name: str) -> UnknownName:
    names = (*model.__schema__.relations, *model.__field_names__)
    return UnknownName(f"{model.__name__} has no field {name!r}{nearest(name, names)}")


def _not_that(model: type[Entity], name: str, value: Any, why: str) -> str:
    field = model.__schema__.fields.get(name)
    kind = f"{field.type}: " if field else ""
    reason = taken_by(field) or f"{why[:1].lower()}{why[1:]}"
    return f"{model.__name__}.{name} can't be {value!r}: {kind}{reason}"


def _with_constants(schema: EntitySchema, constants: Mapping[str, Any]) -> EntitySchema:
    """The schema of a subclass with parameters fixed (``class Contract(Item, entity_type_id=1038)``)."""
    if not constants:
        return schema
    names = parent_names(schema)
    for name in constants:
        if name not in names:
            raise InvalidValue(f"{schema.name} takes no {name!r}{nearest(name, names)}")
    fixed = {names[name]: value for name, value in constants.items()}
    return replace(schema, fixed_params={**schema.fixed_params, **fixed})
