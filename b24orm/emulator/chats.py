"""Chats: their rows, who is in them, and how a dialog is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from b24orm.emulator.answers import Refusal
from b24orm.emulator.chat_tables import CHATS
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["dialog_chat", "members", "new_chat", "post"]


def members(chat: dict[str, Any]) -> list[int]:
    """Who is in a chat."""
    return [to_int(user) for user in to_list(chat["USERS"] or [])]


def dialog_chat(store: Store, user: int, dialog: Any) -> dict[str, Any]:
    """The chat of a dialog, ``chat5`` or the number of the other person.

    Raises:
        Refusal: it is no dialog, or none of the user's.
    """
    text = to_text(dialog)
    number = to_int(text.removeprefix("chat"))
    if number <= 0:
        raise Refusal("DIALOG_ID_EMPTY", "Dialog ID can't be empty")
    chat = store.get(CHATS, number) if text.startswith("chat") else _between(store, user, number)
    if chat is None or (chat["TYPE"] != "O" and user not in members(chat)):
        raise Refusal("ACCESS_ERROR", "You do not have access to the specified dialog", status=403)
    return chat


def _between(store: Store, user: int, other: int) -> dict[str, Any] | None:
    pair = sorted({user, other})
    for row in store.rows(CHATS, where="TYPE = 'P'", order="ID"):
        if sorted(members(row)) == pair:
            return row
    if not store.exists("user", other):
        return None
    return store.get(CHATS, new_chat(store, user, pair, {"TYPE": "P"}))


def new_chat(store: Store, owner: int, users: Sequence[int], row: dict[str, Any]) -> int:
    """A chat with somebody who owns it; answers its number."""
    people = list(dict.fromkeys([owner, *users]))
    known = [user for user in people if store.exists("user", user)]
    return store.insert(CHATS, {"OWNER": owner, "USERS": known, "DATE_CREATE": store.now(), **row})


def post(store: Store, chat: int, author: int, text: str) -> int:
    """A message; answers its number."""
    row = {"CHAT_ID": chat, "AUTHOR_ID": author, "TEXT": text, "DATE": store.now(), "UNREAD": "N"}
    return store.insert("im_message", row)
