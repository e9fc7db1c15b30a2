"""The same task done by several clients, as README.md shows it, comes to the same."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from tests.docs.blocks import ROOT, Block, blocks

if TYPE_CHECKING:
    from b24pysdk import Client
    from fast_bitrix24 import Bitrix

    from b24orm.emulator import LocalPortal

pytestmark = pytest.mark.filterwarnings("ignore")  # the warnings of others are their own affair

TASK = [block for block in blocks(ROOT / "README.md") if block.beside]


def printed(block: Block, portal: LocalPortal) -> list[str]:
    """What a block prints, in the order of the alphabet: the rows of one of the clients come in any order."""
    address = portal.url.rpartition("/rest/")[0]
    text = block.padded.replace("https://your-portal.bitrix24.com", address)
    text = text.replace("your-portal.bitrix24.com", re.sub(r"^https?://", "", address))
    text = text.replace("1/your-secret", "/".join(portal.url.rstrip("/").split("/")[-2:]))
    names: dict[str, Any] = {}
    with redirect_stdout(StringIO()) as said:
        exec(compile(text, str(block.page), "exec"), names)
    return sorted(said.getvalue().splitlines())


def test_there_are_three_clients() -> None:
    found = [re.findall(r"import b24orm|fast_bitrix24|b24pysdk", block.text)[0] for block in TASK]
    assert found == ["import b24orm", "fast_bitrix24", "b24pysdk"]


def before_and_after(page: str) -> tuple[Block, Block]:
    """The first example of another client on a page, and ours below it."""
    theirs, ours = (block for block in list(blocks(ROOT / "docs" / page))[:2])
    assert (theirs.beside, ours.beside) == (True, False)
    return theirs, ours


def test_fast_bitrix24_prints_the_same(portal: LocalPortal, fast: Bitrix) -> None:
    mine = printed(TASK[0], portal)
    assert (len(mine) > 3, printed(TASK[1], portal)) == (True, mine)


def test_b24pysdk_prints_the_same(portal: LocalPortal, tls_portal: LocalPortal, sdk: Client) -> None:
    assert printed(TASK[2], tls_portal) == printed(TASK[0], portal)


def test_a_script_for_fast_bitrix24_prints_the_same_as_before(portal: LocalPortal, fast: Bitrix) -> None:
    before, after = before_and_after("migrating-from-fast-bitrix24.md")
    assert printed(before, portal) == printed(after, portal)


def test_a_script_for_b24pysdk_prints_the_same_as_before(
    portal: LocalPortal, tls_portal: LocalPortal, sdk: Client
) -> None:
    before, after = before_and_after("migrating-from-b24pysdk.md")
    assert printed(before, tls_portal) == printed(after, portal)
