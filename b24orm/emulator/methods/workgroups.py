"""``sonet_group.*``: workgroups and who is in them. All parameters stand at the top level, in upper case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.classic_filter import compile_filter, parse_key
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import Window, classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, words
from b24orm.emulator.values import is_array, read_date, read_datetime, to_int, to_list, to_text

__all__ = ["known_filter", "methods"]

_TABLE: Final = "workgroup"
_OPERATORS: Final = frozenset({"", "!", "<", "<=", ">", ">=", "><", "!><", "?", "=", "!=", "%", "!%"})
_HIDDEN: Final = words("INITIATE_PERMS IMAGE IMAGE_FILE_ID IS_EXTRANET")
_WRITTEN: Final = words(
    "NAME DESCRIPTION VISIBLE OPENED CLOSED KEYWORDS SUBJECT_ID PROJECT PROJECT_DATE_START "
    "PROJECT_DATE_FINISH SCRUM_MASTER_ID INITIATE_PERMS"
)
_OWNER, _MODERATOR, _MEMBER = "A", "E", "K"
_WHOLE: Final = Window(0, -1, 0, 0, "offset")


def methods(store: Store) -> Registry:
    """The methods of workgroups; scope ``sonet_group``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "get": _get,
        "create": _create,
        "update": _update,
        "delete": _delete,
        "user.get": _members,
        "user.groups": _own,
        "user.add": _add_members,
        "user.delete": _remove_members,
        "user.update": _change_roles,
    }
    return registered(store, "sonet_group", handlers, family="sonet_group.")


def _get(store: Store, call: Call) -> Answer:
    """A page of groups, the newest first unless told otherwise."""
    table = store.table(_TABLE)
    known = known_filter(store, table, as_map(call.params.get("FILTER")))
    if to_int(call.params.get("GROUP_ID")) > 0:
        known["ID"] = call.params["GROUP_ID"]
    where = compile_filter(known, table)
    sent = call.params.get("ORDER")
    order = order_sql(sent, table.columns) if isinstance(sent, Mapping) else '"ID" DESC'
    window = classic(call.start, count(store, table, where))
    rows = read(store, shape_of(table, hidden=_HIDDEN), where, order, window)
    return answered(rows, window, len(rows))


def known_filter(store: Store, table: Table, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the lists look at: operators they allow, on fields there are, with times read."""
    found: dict[str, Any] = {}
    for key, value in sent.items():
        parsed = parse_key(str(key))
        column = table.columns.get(parsed.name)
        if column is None or parsed.prefix not in _OPERATORS:
            continue
        found[str(key)] = (
            (read_datetime(value, store.clock()) or False) if column.kind == "datetime" else value
        )
    return found


def _create(store: Store, call: Call) -> Answer:
    """A new group; who makes it owns it, unless an administrator names another. Answers its number."""
    row = _row(store, call)
    if not row.get("NAME"):
        raise Refusal("", "Cannot create group")
    named = to_int(call.params.get("OWNER_ID"))
    owner = named if named > 0 and call.admin else call.user_id
    now = store.now()
    stamps = {"DATE_CREATE": now, "DATE_UPDATE": now, "DATE_ACTIVITY": now}
    with store.transaction():
        number = store.insert(_TABLE, {**row, **stamps, "OWNER_ID": owner, "NUMBER_OF_MEMBERS": 1})
        store.insert("workgroup_member", {"GROUP_ID": number, "USER_ID": owner, "ROLE": _OWNER})
    return Answer(number, cost=Cost("write", rows=1))


def _row(store: Store, call: Call) -> dict[str, Any]:
    columns = store.table(_TABLE).columns
    row: dict[str, Any] = {}
    for name in _WRITTEN:
        if name not in call.params:
            continue
        value = call.params[name]
        if columns[name].kind in {"date", "datetime"}:
            row[name] = read_date(value, store.clock()) if value else None
        else:
            row[name] = to_int(value) if columns[name].kind == "int" else to_text(value)
    return row


def _group(store: Store, call: Call, absent: str = "Socialnetwork group not found") -> int:
    return _found(store, call.params.get("GROUP_ID"), "Wrong group ID", absent)


def _found(store: Store, sent: Any, wrong: str, absent: str = "Socialnetwork group not found") -> int:
    number = to_int(sent)
    if number <= 0:
        raise Refusal("", wrong)
    if not store.exists(_TABLE, number):
        raise Refusal("", absent)
    return number


def _update(store: Store, call: Call) -> Answer:
    """Changes a group; answers its number."""
    number = _group(store, call, "User has no permissions to update group")
    store.update(_TABLE, number, {**_row(store, call), "DATE_UPDATE": store.now()})
    return Answer(number, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    number = _group(store, call)
    with store.transaction():
        store.delete(_TABLE, number)
        store.execute("DELETE FROM workgroup_member WHERE GROUP_ID = ?", (number,))
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- members


def _members(store: Store, call: Call) -> Answer:
    """Everybody in a group at once."""
    number = _found(store, call.params.get("ID"), "Wrong socialnetwork group ID")
    where = Where("GROUP_ID = ?", (number,))
    rows = read(store, shape_of(store.table("workgroup_member")), where, '"ID"', _WHOLE)
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _own(store: Store, call: Call) -> Answer:
    """The groups of the one who asks."""
    sql = (
        "SELECT CAST(m.GROUP_ID AS TEXT), g.NAME, m.ROLE FROM workgroup_member AS m "
        "JOIN workgroup AS g ON g.ID = m.GROUP_ID WHERE m.USER_ID = ? ORDER BY m.ID"
    )
    rows = [
        {"GROUP_ID": number, "GROUP_NAME": name, "ROLE": role, "GROUP_IMAGE_ID": None, "GROUP_IMAGE": ""}
        for number, name, role in store.fetch(sql, (call.user_id,))
    ]
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _users(call: Call) -> list[int]:
    sent = call.params.get("USER_ID")
    found = [to_int(user) for user in (to_list(sent) if is_array(sent) else [sent]) if to_int(user) > 0]
    if not found:
        raise Refusal("", "Wrong user IDs")
    return found


def _add_members(store: Store, call: Call) -> Answer:
    """Answers who is new in the group; those in it already, and unknown ones, are passed over."""
    number, users = _group(store, call), _users(call)
    present = {
        row["USER_ID"] for row in store.rows("workgroup_member", ["USER_ID"], where=f"GROUP_ID = {number}")
    }
    new = [user for user in dict.fromkeys(users) if user not in present and store.exists("user", user)]
    with store.transaction():
        for user in new:
            store.insert("workgroup_member", {"GROUP_ID": number, "USER_ID": user, "ROLE": _MEMBER})
        _recount(store, number)
    return Answer(new, cost=Cost("write", rows=len(new)))


def _remove_members(store: Store, call: Call) -> Answer:
    """Answers who left; the owner stays."""
    number, users = _group(store, call), _users(call)
    gone: list[int] = []
    with store.transaction():
        for user in users:
            sql = "DELETE FROM workgroup_member WHERE GROUP_ID = ? AND USER_ID = ? AND ROLE <> ?"
            if store.execute(sql, (number, user, _OWNER)):
                gone.append(user)
        _recount(store, number)
    return Answer(gone, cost=Cost("write", rows=len(gone)))


def _change_roles(store: Store, call: Call) -> Answer:
    """Answers whose role is another one now; the owner stays what he is."""
    if to_int(call.params.get("GROUP_ID")) <= 0:
        raise Refusal("", "Wrong group ID")
    if not call.admin:
        raise Refusal("", "No permissions to update users role")
    role = call.params.get("ROLE")
    if role not in {_MODERATOR, _MEMBER}:
        raise Refusal("", "Incorrect role code")
    users = _users(call)
    number = _found(store, call.params["GROUP_ID"], "Wrong group ID")
    changed: list[str] = []
    for user in users:
        sql = "UPDATE workgroup_member SET ROLE = ? WHERE GROUP_ID = ? AND USER_ID = ? AND ROLE NOT IN (?, ?)"
        if store.execute(sql, (role, number, user, role, _OWNER)):
            changed.append(str(user))
    return Answer(changed, cost=Cost("write", rows=len(changed)))


def _recount(store: Store, number: int) -> None:
    members = store.count("workgroup_member", "GROUP_ID = ?", (number,))
    store.update(_TABLE, number, {"NUMBER_OF_MEMBERS": members})
