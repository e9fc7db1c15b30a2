"""Python names for what people called things: readable, ASCII, never anything but a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from b24orm.rendering.names import field_names

__all__ = ["attribute_names", "class_title"]

_CYRILLIC: Final = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ"
_LATIN: Final = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i yi ye g"
_LETTERS: Final = {
    letter: latin.replace("_", "") for letter, latin in zip(_CYRILLIC, _LATIN.split(), strict=True)
}
_CODE: Final = re.compile(r"UF_(?:CRM_|USR_)?(?:\d+_)?")
_LONGEST: Final = 40


def _ascii(title: str) -> str:
    """The title in letters, digits and underscores.

    >>> _ascii("Номер договора №5"), _ascii('x"; import os'), _ascii("日本")
    ('nomer_dogovora_5', 'x_import_os', '')
    """
    spelled = "".join(_LETTERS.get(letter, letter) for letter in title.lower().replace("№", " "))
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].strip("_")


def _attribute(wire: str, label: str) -> str:
    named = _ascii(label) if label != wire else _ascii(_CODE.sub("", wire, count=1))
    if not named or not named[0].isalpha():
        named = wire.lower()
    return named


def attribute_names(labels: Mapping[str, str], taken: Collection[str]) -> Mapping[str, str]:
    """Attributes for user fields, by their REST names.

    What two fields would share goes to neither: both keep the REST name in lower case. That of another field
    goes to no one else.

    Args:
        labels: what people call the fields, by REST name.
        taken: attributes that the model has anyway.

    >>> dict(attribute_names({"UF_CRM_1": "Сумма", "UF_CRM_2": "Title"}, {"title"}))
    {'UF_CRM_1': 'summa', 'UF_CRM_2': 'uf_crm_2'}
    """
    wanted = {wire: _attribute(wire, label) for wire, label in labels.items()}
    shared = {name for name in wanted.values() if list(wanted.values()).count(name) > 1}
    theirs = {*shared, *taken, *(wire.lower() for wire in labels)}
    free = {wire: wire.lower() if name in theirs or "__" in name else name for wire, name in wanted.items()}
    return dict(zip(free, field_names(free.values()).values(), strict=True))


_MADE: Final = re.compile(r"(QuerySet|Lookups|Values?|Field|Order|Relation|Prefetch)\Z")
"""Endings of the names that a module makes of a class's name."""


def class_title(title: str, number: int, taken: Iterable[str]) -> str:
    """The class of a smart process.

    >>> class_title("Договоры поставки", 1038, ())
    'DogovoryPostavki'
    >>> class_title("#; import os", 1038, ["ImportOs"]), class_title("Deal Lookups", 1040, ())
    ('ImportOs1038', 'DealLookups1040')
    """
    name = "".join(part.capitalize() for part in _ascii(title).split("_"))
    if not name or not name[0].isalpha():
        name = f"Process{number}"
    return f"{name}{number}" if name in set(taken) or _MADE.search(name) else name
