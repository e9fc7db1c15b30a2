"""Renders :mod:`b24orm.methods`: the documented methods as typed namespaces."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from b24orm.rendering.layout import Group, literal, text
from codegen.header import header
from codegen.method_source import Method

__all__ = ["all_v3", "render_methods", "render_methods_again", "render_methods_index"]

_TAKEN: Final = frozenset({"call"})
"""First words that a portal means something else by."""

_DOCUMENTATION: Final = "https://apidocs.bitrix24.com"

_ALIASES: Final[Mapping[str, str]] = {
    "int": "Int",
    "number": "Number",
    "str": "Text",
    "bool": "Flag",
    "date": "Date",
    "map": "Map",
    "list": "List",
    "array": "Array",
    "any": "Anything",
}


@dataclass
class _Node:
    """A word of the names: what follows it, and the method that ends with it."""

    method: Method | None = None
    children: dict[str, _Node] = field(default_factory=dict)


def _tree(methods: Iterable[Method]) -> _Node:
    root = _Node()
    for method in methods:
        node = root
        for word in method.name.split("."):
            node = node.children.setdefault(word, _Node())
        node.method = method
    return root


def _attribute(word: str) -> str:
    return f"{word}_" if keyword.iskeyword(word) else word


def _class(path: str) -> str:
    return "".join(word[:1].upper() + word[1:] for part in path.split(".") for word in part.split("_"))


def _type(kinds: str) -> str:
    return " | ".join(f"a.{_ALIASES[kind]}" for kind in kinds.split("|"))


def _page(method: Method) -> str:
    """Where the documentation of a method is read."""
    return f"{_DOCUMENTATION}/{method.doc.removesuffix('.md')}.html" if method.doc else "not documented"


def _signature(name: str, method: Method) -> list[str]:
    required = [(p, k) for p, k in method.params.items() if k.endswith("!")]
    optional = [(p, k) for p, k in method.params.items() if not k.endswith("!")]
    words = [f"{_attribute(p)}: {_type(k.removesuffix('!'))}" for p, k in required]
    words += [f"{_attribute(p)}: {_type(k)} | None = ..." for p, k in optional]
    star = ["*"] if words else []
    items = tuple(("", word) for word in ("self", *star, *words))
    head = text(Group(f"def {name}(", items, ") -> R_co:"), indent=8)
    old = ['        @deprecated("the documentation advises against it")'] if method.deprecated else []
    return [*old, f"        {head}", f'            """{method.name}: {_page(method)}"""', "            ..."]


def _classes(path: str, node: _Node) -> list[str]:
    """The class of a word, after the classes of the words below it."""
    lines: list[str] = []
    body = [f"    class {_class(path)}(Namespace[R_co]):", f'        """{path}.*"""']
    if node.method is not None:
        body += ["", *_signature("__call__", node.method)]
    # a namespace called `property` hides the decorator from what follows
    for word, child in sorted(node.children.items(), key=lambda item: item[0] == "property"):
        below = f"{path}.{word}"
        if child.children:
            lines += _classes(below, child)
            head = f"def {_attribute(word)}(self) -> {_class(below)}[R_co]: ..."
            body += ["", "        @property", f"        {head}"]
        elif child.method is not None:
            body += ["", *_signature(_attribute(word), child.method)]
    return [*lines, *body, ""]


def render_methods(first: str, methods: Iterable[Method]) -> str:
    """The module of the methods that begin with one word."""
    methods = tuple(methods)
    table = {m.name: " ".join(f"{name}:{kind}" for name, kind in m.params.items()) for m in methods}
    choices = {m.name: m.one_of for m in methods if m.one_of}
    node = _tree(methods).children[first]
    typed = _classes(first, node)
    body = "\n".join(typed)
    arguments = ["    from b24orm import arguments as a"] if " a." in body else []
    extras = ["    from typing_extensions import deprecated", ""] if "@deprecated" in body else []
    before = "METHODS: Final[Mapping[str, str]] = "
    choices_before = "ONE_OF: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = "
    return "\n".join(
        [
            header().replace("codegen/metadata", f"codegen/methods/{first}.json"),
            f'"""The methods {first}.*: names, parameters, types."""',
            "",
            "from __future__ import annotations",
            "",
            "from collections.abc import Mapping",
            "from typing import TYPE_CHECKING, Final",
            "",
            '__all__ = ["METHODS", "ONE_OF"]',
            "",
            f"{before}{text(literal(table), before=len(before))}",
            "",
            f"{choices_before}{text(literal(choices), before=len(choices_before))}",
            "",
            "if TYPE_CHECKING:",
            *extras,
            *arguments,
            "    from b24orm.namespace import Namespace, R_co",
            "",
            *typed,
        ]
    )


def all_v3(methods: Iterable[Method]) -> bool:
    """Whether each of the methods is one of REST 3.0 and of nothing else."""
    return all(method.only_v3 for method in methods)


def render_methods_again(first: str) -> str:
    """The module of the methods that begin with one word, where each is one of REST 3.0."""
    return "\n".join(
        [
            header().replace("codegen/metadata", f"codegen/methods/{first}.json"),
            f'"""The methods {first}.*: each is one of REST 3.0, whoever calls it."""',
            "",
            "from __future__ import annotations",
            "",
            f"from b24orm.methods.v3.{first} import METHODS, ONE_OF",
            "",
            '__all__ = ["METHODS", "ONE_OF"]',
            "",
        ]
    )


def render_methods_index(methods: Mapping[str, tuple[Method, ...]], part: str = "") -> str:
    """The index of the methods: what portals inherit to have them as attributes.

    Args:
        methods: the methods by their first word.
        part: the package below ``b24orm.methods``; empty for those of portals themselves.
    """
    package = f"b24orm.methods.{part}".rstrip(".")
    name = f"NamedMethods{part.upper()}"
    shown = f"portal.{part}.tasks.task.get(id=5)" if part else "portal.crm.deal.get(id=5)"
    which = " of REST 3.0" if part else ""
    exported = f'["FIRST", "{name}"]' if part else f'["FIRST", "ONLY_V3", "{name}"]'
    return "\n".join(
        [
            header().replace("codegen/metadata", "codegen/methods"),
            f'"""Every documented method{which} by name: ``{shown}``. Loaded on first use."""',
            "",
            "from __future__ import annotations",
            "",
            "from typing import TYPE_CHECKING, Any, Final, Generic",
            "",
            "from b24orm.namespace import R_co, namespace",
            "",
            "if TYPE_CHECKING:",
            *_imports(methods, package),
            "",
            f"__all__ = {exported}",
            "",
            _frozen("FIRST", methods),
            *([] if part else ["", *_only_v3(methods)]),
            "",
            "",
            f"class {name}(Generic[R_co]):",
            f'    """The first words of the documented methods{which}."""',
            *_named(methods, f', "{package}"' if part else ""),
            "",
        ]
    )


def _imports(methods: Mapping[str, tuple[Method, ...]], package: str) -> list[str]:
    """The classes of the first words, each from where its methods are described."""
    elsewhere = {word: "b24orm.methods.v3" for word, found in methods.items() if all_v3(found)}
    places = sorted((f"{elsewhere.get(word, package)}.{word}", _class(word)) for word in methods)
    return [f"    from {place} import {name}" for place, name in places]


def _named(methods: Iterable[str], package_argument: str) -> list[str]:
    """What gives the first words: properties to a type checker, one look at run time."""
    return [
        "",
        "    if TYPE_CHECKING:",
        *(line for word in methods for line in _property(word)),
        "",
        "    else:",
        "",
        "        def __getattr__(self, name: str) -> Any:",
        f"            return namespace(self, name, FIRST{package_argument})",
        "",
        "        def __dir__(self) -> list[str]:",
        "            return sorted({*super().__dir__(), *FIRST})",
    ]


def _only_v3(methods: Mapping[str, tuple[Method, ...]]) -> list[str]:
    """The names that mean a method of REST 3.0 to whoever does not say which REST."""
    names = [method.name for found in methods.values() for method in found if method.only_v3]
    return [_frozen("ONLY_V3", names)]


def _frozen(name: str, words: Iterable[str]) -> str:
    """A constant that holds a set of words."""
    inside = Group("{", tuple(("", literal(word)) for word in sorted(words)), "}")
    before = f"{name}: Final = "
    return f"{before}{text(Group('frozenset(', (('', inside),), ')'), before=len(before))}"


def _property(word: str) -> list[str]:
    name = f"{word}_" if word in _TAKEN else word
    return ["", "        @property", f"        def {name}(self) -> {_class(word)}[R_co]: ..."]
