"""What changed on a portal since a module was written."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

__all__ = ["changes"]


def changes(before: str, after: str) -> Sequence[str]:
    """One line for each thing that is new, gone or different; empty: nothing changed.

    The modules are parsed, never run.

    Args:
        before: the module as it was written.
        after: the module as it would be written now.

    Raises:
        SyntaxError: ``before`` is no Python.
    """
    old, new = _things(before), _things(after)
    lines = [f"new: {name}" for name in new if name not in old]
    lines += [f"gone: {name}" for name in old if name not in new]
    lines += [
        f"different: {name}: {old[name]} -> {new[name]}"
        for name in new
        if name in old and old[name] != new[name]
    ]
    return sorted(lines)


def _things(text: str) -> Mapping[str, str]:
    """Facts of a module by name: ``Deal.color`` and how it is read, values of its directories."""
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = "model"
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
            found |= _facts(node.value)
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Tuple):
            found |= {f"{ast.unparse(node.target)}: {name}": "" for name in ast.literal_eval(node.value)}
    return found


def _facts(made: ast.Call) -> Mapping[str, str]:
    given = {keyword.arg or "": keyword.value for keyword in made.keywords}
    if "name" not in given:
        return {}
    name = str(ast.literal_eval(given["name"]))
    found: dict[str, str] = {}
    for field in getattr(given.get("fields"), "elts", ()):
        known = {k.arg or "": ast.literal_eval(k.value) for k in field.keywords}
        rest = {key: value for key, value in known.items() if key not in ("name", "wire")}
        found[f"{name}.{known['name']} ({known.get('write', known['wire'])})"] = repr(rest)
    enums, titles = (ast.literal_eval(given[key]) if key in given else {} for key in ("enums", "titles"))
    for field, values in enums.items():
        called = titles.get(field) or ("",) * len(values)
        found |= {
            f"{name}.{field} = {code!r}": repr(title) for code, title in zip(values, called, strict=True)
        }
    return found
