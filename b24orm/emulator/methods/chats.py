"""``im.chat.*``, ``im.message.*``, ``im.dialog.get`` ...: chats, who is in them, and what is said there.

Parameters count in any case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.chat_tables import CHATS
from b24orm.emulator.chats import dialog_chat, members, new_chat, post
from b24orm.emulator.methods.app_context import upper_params
from b24orm.emulator.methods.people import person
from b24orm.emulator.paging import Window, offset
from b24orm.emulator.store import Store
from b24orm.emulator.text_search import contains
from b24orm.emulator.values import ZONE_OFFSET, is_array, to_int, to_list, to_text

__all__ = ["methods"]

_MOST: Final = 50
_CANT: Final = "Time has expired for modification or you don't have access"
_KINDS: Final[Mapping[str, str]] = {"C": "chat", "O": "open", "P": "private"}


def methods(store: Store) -> Registry:
    """The methods of chats and messages; scope ``im``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "chat.add": _add,
        "chat.get": _find,
        "chat.updatetitle": _rename,
        "chat.user.list": _user_numbers,
        "chat.user.add": _invite,
        "chat.user.delete": _remove,
        "dialog.get": _dialog,
        "dialog.users.list": _users,
        "search.chat.list": _search,
        "message.add": _post,
        "message.update": _change,
        "message.delete": _delete,
    }
    return registered(store, "im", handlers, family="im.")


# ---- chats


def _add(store: Store, call: Call) -> Answer:
    """A new chat of whoever asks and of those he names; answers its number."""
    params = upper_params(call)
    users = _numbers(params.get("USERS"))
    row = {"TYPE": "O" if params.get("TYPE") == "OPEN" else "C"}
    texts = {"TITLE": "NAME", "DESCRIPTION": "DESCRIPTION", "COLOR": "COLOR", "AVATAR": "AVATAR"}
    texts |= {"ENTITY_TYPE": "ENTITY_TYPE", "ENTITY_ID": "ENTITY_ID"}
    row |= {column: to_text(params[name]) for name, column in texts.items() if params.get(name) is not None}
    number = new_chat(store, call.user_id, users, row)
    chat = store.get(CHATS, number) or {}
    if not chat["NAME"]:
        names = [person(store, user)["first_name"] for user in members(chat)]
        store.update(CHATS, number, {"NAME": ", ".join(names)})
    if to_text(params.get("MESSAGE")).strip():
        post(store, number, call.user_id, to_text(params["MESSAGE"]).strip())
    return Answer(number, cost=Cost("write", rows=1))


def _numbers(value: Any) -> list[int]:
    """People as a list, or as one in a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = []
    found = to_list(value) if is_array(value) else []
    if any(is_array(item) for item in found):
        raise Refusal("INVALID_FORMAT", "Parameter USERS has wrong type")
    return [to_int(item) for item in found if to_int(item) > 0]


def _find(store: Store, call: Call) -> Answer:
    """The chat of a thing; null if there is none."""
    params = upper_params(call)
    where = "ENTITY_TYPE = ? AND ENTITY_ID = ? AND ENTITY_TYPE <> ''"
    found = store.ids(CHATS, where, (to_text(params.get("ENTITY_TYPE")), to_text(params.get("ENTITY_ID"))))
    return Answer({"ID": str(found[0])} if found else None, cost=Cost("get", rows=len(found)))


def _chat(store: Store, call: Call) -> dict[str, Any]:
    number = to_int(upper_params(call).get("CHAT_ID"))
    if number <= 0:
        raise Refusal("CHAT_ID_EMPTY", "Chat ID can't be empty")
    return dialog_chat(store, call.user_id, f"chat{number}")


def _rename(store: Store, call: Call) -> Answer:
    chat, title = _chat(store, call), to_text(upper_params(call).get("TITLE")).strip()
    if not title:
        raise Refusal("TITLE_EMPTY", "Title can't be empty")
    store.update(CHATS, chat["ID"], {"NAME": title})
    return Answer(result=True, cost=Cost("write", rows=1))


def _user_numbers(store: Store, call: Call) -> Answer:
    return Answer(members(_chat(store, call)), cost=Cost("get"))


def _invite(store: Store, call: Call) -> Answer:
    chat, users = _chat(store, call), _numbers(upper_params(call).get("USERS"))
    known = [user for user in users if store.exists("user", user)]
    if not known:
        raise Refusal("WRONG_REQUEST", "You don't have access or user already member in chat")
    store.update(CHATS, chat["ID"], {"USERS": list(dict.fromkeys([*members(chat), *known]))})
    return Answer(result=True, cost=Cost("write", rows=1))


def _remove(store: Store, call: Call) -> Answer:
    chat, user = _chat(store, call), to_int(upper_params(call).get("USER_ID"))
    if user <= 0:
        raise Refusal("USER_ID_EMPTY", "User ID can't be empty")
    if user not in members(chat):
        raise Refusal("WRONG_REQUEST", "You don't have access or user isn't member in chat")
    store.update(CHATS, chat["ID"], {"USERS": [member for member in members(chat) if member != user]})
    return Answer(result=True, cost=Cost("write", rows=1))


def _dialog(store: Store, call: Call) -> Answer:
    dialog = upper_params(call).get("DIALOG_ID")
    chat = dialog_chat(store, call.user_id, dialog)
    return Answer(
        {**_shown(store, chat, call.user_id), "dialog_id": to_text(dialog)}, cost=Cost("get", rows=1)
    )


def _shown(store: Store, chat: Mapping[str, Any], user: int) -> dict[str, Any]:
    """A chat as a person sees it."""
    people = members(dict(chat))
    sent = store.fetch("SELECT COUNT(*), IFNULL(MAX(ID), 0) FROM im_message WHERE CHAT_ID = ?", (chat["ID"],))
    owner = chat["OWNER"]
    return {
        "id": chat["ID"],
        "parent_chat_id": 0,
        "parent_message_id": 0,
        "name": chat["NAME"],
        "description": chat["DESCRIPTION"],
        "owner": owner,
        "extranet": False,
        "avatar": chat["AVATAR"],
        "color": chat["COLOR"],
        "type": _KINDS[chat["TYPE"]],
        "counter": 0,
        "user_counter": len(people),
        "message_count": sent[0][0],
        "unread_id": 0,
        "restrictions": dict.fromkeys(("avatar", "rename", "extend", "call", "mute", "leave", "send"), True),
        "last_message_id": sent[0][1],
        "last_id": sent[0][1],
        "marked_id": 0,
        "disk_folder_id": 0,
        "entity_type": chat["ENTITY_TYPE"],
        "entity_id": chat["ENTITY_ID"],
        "entity_data_1": "",
        "entity_data_2": "",
        "entity_data_3": "",
        "mute_list": [],
        "date_create": f"{chat['DATE_CREATE']}{ZONE_OFFSET}",
        "message_type": chat["TYPE"],
        "public": "",
        "role": "owner" if user == owner else "member" if user in people else "guest",
        "entity_link": {"type": chat["ENTITY_TYPE"], "url": "", "id": chat["ENTITY_ID"]},
        "text_field_enabled": True,
        "background_id": None,
        "permissions": {"manage_users_add": "member", "can_post": "member"},
        "is_new": False,
        "readed_list": [],
        "manager_list": [owner] if owner else [],
        "last_message_views": {"message_id": sent[0][1], "first_viewers": [], "count_of_viewers": 0},
    }


def _limit(params: Mapping[str, Any], usual: int) -> int:
    asked = to_int(params.get("LIMIT"))
    return min(asked, _MOST) if asked > 0 else usual


def _users(store: Store, call: Call) -> Answer:
    """People of a dialog from an offset on; after LAST_ID they come by number, and uncounted."""
    params = upper_params(call)
    people = sorted(members(dialog_chat(store, call.user_id, params.get("DIALOG_ID"))))
    limit = _limit(params, _MOST)
    if params.get("LAST_ID") is not None and to_int(params["LAST_ID"]) >= 0:
        rest = [user for user in people if user > to_int(params["LAST_ID"])][:limit]
        return Answer([person(store, user) for user in rest], cost=Cost("page", rows=len(rest)))
    begin = max(call.start or 0, 0) or max(to_int(params.get("OFFSET")), 0)
    window = Window(begin, limit, len(people), len(people), "offset")
    rows = people[begin : begin + limit]
    cost = Cost("page", len(people), begin, len(rows))
    return Answer([person(store, user) for user in rows], window.total, window.next_start(len(rows)), cost)


def _search(store: Store, call: Call) -> Answer:
    """Chats whose name holds a text of three letters or more, the newest first, ten unless told otherwise."""
    params = upper_params(call)
    text = to_text(params.get("FIND", params.get("FIND_LINES")))
    if len(text) < 3:
        raise Refusal("FIND_SHORT", "Too short a search phrase.")
    where = contains('"NAME"', text)
    known = store.rows(CHATS, where=f"TYPE <> 'P' AND {where.sql}", params=where.params, order="ID DESC")
    seen = [chat for chat in known if chat["TYPE"] == "O" or call.user_id in members(chat)]
    begin = max(call.start or 0, 0) or max(to_int(params.get("OFFSET")), 0)
    window = offset(begin, lambda: len(seen))
    page = seen[begin : begin + _limit(params, 10)]
    rows = [_shown(store, chat, call.user_id) for chat in page]
    return Answer(rows, len(seen), window.next_start(len(rows)), Cost("page", len(seen), begin, len(rows)))


# ---- messages


def _text(params: Mapping[str, Any]) -> str:
    text = params.get("MESSAGE")
    if text is not None and not isinstance(text, str):
        raise Refusal("MESSAGE_EMPTY", "Wrong message type")
    if not (text or "").strip() and not params.get("ATTACH"):
        raise Refusal("MESSAGE_EMPTY", "Message can't be empty")
    return (text or "").strip()


def _post(store: Store, call: Call) -> Answer:
    """A message to a chat or to a person; answers its number."""
    params = upper_params(call)
    text = _text(params)
    dialog = params.get("DIALOG_ID")
    if dialog is None and params.get("CHAT_ID") is not None:
        dialog = f"chat{to_int(params['CHAT_ID'])}"
        if to_int(params["CHAT_ID"]) <= 0:
            raise Refusal("CHAT_ID_EMPTY", "Chat ID can't be empty")
    if dialog is None and params.get("USER_ID") is not None:
        dialog = to_int(params["USER_ID"])
    if dialog is None:
        raise Refusal("PARAMS_ERROR", "Incorrect params")
    if not to_text(dialog).startswith("chat"):
        _check_person(store, to_int(dialog))
    chat = dialog_chat(store, call.user_id, dialog)
    if call.user_id not in members(chat):
        raise Refusal("ACCESS_ERROR", "It is forbidden to send messages to this chat", status=403)
    return Answer(post(store, chat["ID"], call.user_id, text), cost=Cost("write", rows=1))


def _check_person(store: Store, number: int) -> None:
    if number <= 0:
        raise Refusal("USER_ID_EMPTY", "User ID can't be empty")
    if not store.exists("user", number):
        raise Refusal("USER_NOT_FOUND", "User not found")


def _message(store: Store, call: Call) -> int:
    """The number of a message of the user's own."""
    params = upper_params(call)
    number = to_int(params.get("MESSAGE_ID", params.get("ID")))
    if number <= 0:
        raise Refusal("MESSAGE_ID_ERROR", "Message ID can't be empty")
    row = store.get("im_message", number)
    if row is None or row["AUTHOR_ID"] != call.user_id:
        raise Refusal("CANT_EDIT_MESSAGE", _CANT, status=403)
    return number


def _change(store: Store, call: Call) -> Answer:
    """Other words for a message; without any it goes."""
    number, text = _message(store, call), upper_params(call).get("MESSAGE")
    if text is not None:
        words = to_text(text).strip()
        if words:
            store.update("im_message", number, {"TEXT": words})
        else:
            store.delete("im_message", number)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    store.delete("im_message", _message(store, call))
    return Answer(result=True, cost=Cost("write", rows=1))
