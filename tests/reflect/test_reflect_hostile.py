"""Titles are text of strangers: whatever they say, the module's code is ours."""

from __future__ import annotations

import ast
import keyword
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from b24orm.errors import NotFound
from b24orm.reflect import Reading, Reflected, UserField, changes, read_portal, render
from b24orm.rendering.layout import quoted

EVIL = (
    '"; import os; os.system("x") #',
    '"""\nimport os\n"""',
    "'''\nraise SystemExit",
    "\\",
    '\\"',
    "\\N{BULLET}",
    "{}{0}%s\u202e\u2028\x00",
    "a\rb",
    "class",
    "None",
    "Deal",
    "Deal Query Set",
    "Literal",
    "self",
    "model_config",
    "objects",
    "",
    "日本",
    "👩‍💻",
    "\u202eevil\u202c",
    "\ufeff",
    "x" * 5000,
    "__class__",
    "1st",
)

ROOTS = {"b24orm", "collections", "datetime", "decimal", "typing", "typing_extensions", "__future__"}
CALLED = {"extended", "facts.load", "FieldSchema"}

TITLES = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="\"'\\\n\r\t{}#;()[]% aZ\u2028\u202e\x00", max_size=30),
    st.sampled_from([*EVIL, *keyword.kwlist, "UF_CRM_1", "DEAL", "deal"]),
)


def hostile(*titles: str) -> Reading:
    """A portal that calls everything by these titles."""
    items = tuple((str(number), title) for number, title in enumerate(titles, start=1))
    fields = (
        *(UserField(f"UF_CRM_{n}", "enumeration", title, items=items) for n, title in items),
        *(UserField(f"UF_CRM_9{n}", title, f"{title} other") for n, title in items),
        UserField("UF_CRM_80", "employee", f"{titles[0]} boss"),
        UserField(
            "UF_CRM_81", "crm_status", f"{titles[0]} code", items=tuple((title, title) for title in titles)
        ),
        UserField("UF_CRM_82", "crm", f"{titles[0]} tie", targets=("D", "L")),
    )
    codes = tuple(dict.fromkeys(titles))
    closed = {"stage_id": codes}
    return Reading(
        (
            Reflected("Deal", "Deal", None, fields, closed, {"stage_id": codes[::-1]}),
            *(Reflected("DynamicItem", title, 1037 + n, fields, closed) for n, title in enumerate(titles)),
        ),
        titles,
        titles,
    )


def dotted(node: ast.expr) -> str:
    return ast.unparse(node)


def foreign(text: str) -> list[str]:
    """What a module does that no reflected module has to."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] not in ROOTS:
            found.append(f"from {node.module}")
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name not in ROOTS]
        if isinstance(node, ast.Call) and dotted(node.func) not in CALLED:
            found.append(dotted(node.func))
        if isinstance(node, (ast.Raise, ast.For, ast.While, ast.Lambda, ast.Try, ast.With, ast.JoinedStr)):
            found.append(type(node).__name__)
    return found


def defined(text: str) -> list[str]:
    """Names that the module gives at its top, and each class in its body, as often as it does."""
    tree = ast.parse(text)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return [
        f"{owner}.{name}"
        for owner, body in [("", tree.body), *((node.name, node.body) for node in classes)]
        for node in body
        for name in _given(node)
    ]


def _given(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.If):
        return [name for inner in node.body for name in _given(inner) if name != "objects"]
    return [ast.unparse(target) for target in node.targets] if isinstance(node, ast.Assign) else []


@settings(max_examples=40)
@given(st.lists(TITLES, min_size=1, max_size=3))
@example(["a_1", "a1"])
@example(["Deal Lookups", "deal-lookups", "DEAL"])
@example(["facts", "Facts", "FACTS"])
@example(["Z", "Z;Z"])
@example(["日本", "UF:CRM:0", "UF:CRM:1"])
def test_a_title_is_only_ever_a_string(titles: list[str]) -> None:
    text = render(hostile(*titles))

    assert foreign(text) == []
    assert all(line.isprintable() for line in text.split("\n"))
    names = defined(text)
    assert sorted(names) == sorted(set(names))


def test_fields_of_like_names_have_values_of_their_own() -> None:
    text = render(hostile("a_1", "a1"))

    assert all(f"    Deal{name}Value = Literal[" in text for name in ("A_1", "A1"))


@settings(max_examples=5)
@given(st.lists(TITLES, min_size=1, max_size=3))
@example(list(EVIL[:6]))
@example(list(EVIL[8:16]))
@example(list(EVIL[16:]))
def test_a_hostile_module_can_be_imported(titles: list[str]) -> None:
    place: dict[str, Any] = {"__name__": "hostile_module"}
    exec(compile(render(hostile(*titles)), "hostile.py", "exec"), place)

    closed = place["Deal"].__schema__.fields["stage_id"]
    assert closed.enum == tuple(dict.fromkeys(titles))


@given(st.text())
@example('"""')
@example("\\")
def test_quoted_means_the_text_it_was_given(title: str) -> None:
    assert ast.literal_eval(quoted(title)) == title


@settings(max_examples=15)
@given(st.lists(TITLES, min_size=1, max_size=3))
def test_nothing_changed_between_two_readings_of_one_portal(titles: list[str]) -> None:
    one, two = render(hostile(*titles)), render(hostile(*titles))

    assert (one, list(changes(one, two))) == (two, [])


@pytest.mark.parametrize("title", EVIL)
def test_a_renamed_process_is_told_as_gone_and_new(title: str) -> None:
    before = render(Reading((Reflected("DynamicItem", "Contracts", 1038),)))
    after = render(Reading((Reflected("DynamicItem", title, 1038),)))

    assert [line.partition(":")[0] for line in changes(before, after)] == ["gone", "new"]


def test_names_that_are_no_user_fields_are_left_out() -> None:
    class Lying:
        def call(self, method: str, items: Any = None, /) -> Any:
            if method != "crm.deal.fields":
                raise NotFound("no such method")
            return {"UF_X = 1\nimport os": {}, "UF_OK": {}, "UF_" + "A" * 99: {}}

        def get_all(self, method: str, params: Any = None, /) -> list[Any]:
            raise NotFound("no such method")

    (deal,) = read_portal(Lying()).entities

    assert [field.wire for field in deal.fields] == ["UF_OK"]
