"""``rpa.*``: robotic processes, their stages and items, and what happened to them; scope ``rpa``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.controller import int_argument
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_text, truthy

__all__ = ["methods"]

_NO_ITEM: Final = "Item not found"
_USUAL: Final = (("Launch", None), ("Done", "SUCCESS"), ("Failed", "FAIL"))


def methods(store: Store) -> Registry:
    """The methods of processes."""
    more: Mapping[str, Callable[[Store, Call], Answer]] = {
        "item.gettasks": _tasks,
        "timeline.updateisfixed": _fix,
    }
    return methods_of(store, _FAMILIES) | registered(store, "rpa", more, family="rpa.")


def _unbound(what: str) -> Callable[[Any], Refusal]:
    """An object that is made of an id, and of none if nothing has it."""
    return absent("100", f"Could not construct parameter {{{{{what}}}}}")


def _check_type(store: Store, call: Call, row: Row, before: Row | None) -> None:
    del store
    if before is None and not row.get("TITLE"):
        raise Refusal("BX_EMPTY_REQUIRED", 'Required field "TITLE" is not filled')
    if not call.admin:
        raise Refusal("0", "Access denied")


def _furnish(store: Store, call: Call, number: Any, row: Row | None) -> None:
    """A new process gets its stages; one that goes takes everything along."""
    del call
    if row is None:
        for table in ("rpa_stage", "rpa_item", "rpa_record"):
            store.execute(f"DELETE FROM {table} WHERE TYPE_ID = ?", (number,))
    elif not store.count("rpa_stage", "TYPE_ID = ?", (number,)):
        for place, (name, meaning) in enumerate(
            (("Launch", None), ("Done", "SUCCESS"), ("Failed", "FAIL")), 1
        ):
            store.insert(
                "rpa_stage", {"NAME": name, "TYPE_ID": number, "SORT": 1000 * place, "SEMANTIC": meaning}
            )


def _of_type(store: Store, call: Call) -> Where:
    """What belongs to the process that the call names, if it has to name one."""
    del store
    if "typeId" not in call.params:
        return Where()
    return Where("TYPE_ID = ?", (int_argument(call, "typeId"),))


def _type_needed(store: Store, call: Call) -> None:
    if not store.exists("rpa_type", int_argument(call, "typeId")):
        raise Refusal("100", "Could not construct parameter {type}")


def _type_listed(store: Store, call: Call) -> None:
    if call.method.endswith("listfortype"):
        _type_needed(store, call)


def _stages(store: Store, number: int) -> list[Row]:
    return store.rows("rpa_stage", where="TYPE_ID = ?", params=(number,), order="SORT, ID")


def _show_stage(store: Store, call: Call, row: Row) -> Row:
    """Where a stage stands in its process; a single one tells where its items may go."""
    stages = _stages(store, row["typeId"])
    place = {
        "isFirst": bool(stages) and stages[0]["ID"] == row["id"],
        "isSuccess": row["semantic"] == "SUCCESS",
        "isFail": row["semantic"] == "FAIL",
    }
    if call.method.endswith("listfortype"):
        return {**row, **place}
    ways = {"robotsCount": 0, "tasks": [], "possibleNextStages": [stage["ID"] for stage in stages]}
    return {**row, **place, **ways, "permissions": {"droppable": True, "canMoveFrom": True}}


def _check_stage(store: Store, call: Call, row: Row, before: Row | None) -> None:
    del call
    if before is None and not store.exists("rpa_type", row.get("TYPE_ID", 0)):
        raise Refusal("0", "Type not found")
    if before is None and not row.get("NAME"):
        raise Refusal("BX_EMPTY_REQUIRED", 'Required field "NAME" is not filled')


def _emptied(store: Store, call: Call, number: Any, row: Row | None) -> None:
    del call
    if row is None and store.count("rpa_item", "STAGE_ID = ?", (number,)):
        raise Refusal("0", "The stage has items")


def _check_item(store: Store, call: Call, row: Row, before: Row | None) -> None:
    kind = int_argument(call, "typeId")
    stages = [stage["ID"] for stage in _stages(store, kind)]
    if before is None:
        row["TYPE_ID"] = kind
        row["STAGE_ID"] = row.get("STAGE_ID") or (stages[0] if stages else 0)
        row |= {"MOVED_BY": call.user_id, "MOVED_TIME": store.now()}
    elif "STAGE_ID" in row and row["STAGE_ID"] != before["STAGE_ID"]:
        moved = {"PREVIOUS_STAGE_ID": before["STAGE_ID"], "MOVED_BY": call.user_id}
        row |= {**moved, "MOVED_TIME": store.now()}
    if row.get("STAGE_ID") and row["STAGE_ID"] not in stages:
        raise Refusal("0", "Stage not found")


def _show_item(store: Store, call: Call, row: Row) -> Row:
    del store, call
    faces: dict[str, list[int]] = {"completed": [], "running": [], "all": []}
    address = f"/rpa/item/{row['typeId']}/{row['id']}/"
    return {**row, "detailUrl": address, "tasksCounter": 0, "tasksFaces": faces, "users": {}}


def _tasks(store: Store, call: Call) -> Answer:
    """No process waits for people here."""
    where = "ID = ? AND TYPE_ID = ?"
    if not store.count("rpa_item", where, (int_argument(call, "id"), int_argument(call, "typeId"))):
        raise Refusal("0", _NO_ITEM)
    return Answer({"tasks": []}, cost=Cost("get"))


# ---- what happened


def _of_item(store: Store, call: Call) -> Where:
    if "itemId" not in call.params:
        return Where()
    kind, number = int_argument(call, "typeId"), int_argument(call, "itemId")
    if not store.count("rpa_item", "ID = ? AND TYPE_ID = ?", (number, kind)):
        raise Refusal("0", _NO_ITEM)
    return Where("TYPE_ID = ? AND ITEM_ID = ?", (kind, number))


def _check_record(store: Store, call: Call, row: Row, before: Row | None) -> None:
    if before is not None:
        return
    _of_item(store, call)
    place = {"TYPE_ID": int_argument(call, "typeId"), "ITEM_ID": int_argument(call, "itemId")}
    row |= {**place, "USER_ID": call.user_id, "DATA": {"scope": "rest"}}


def _show_record(store: Store, call: Call, row: Row) -> Row:
    del store, call
    return {**row, "isFixed": row["isFixed"] == "Y", "action": row["action"] or False, "users": {}}


def _fix(store: Store, call: Call) -> Answer:
    row = store.get("rpa_record", int_argument(call, "id"))
    if row is None:
        raise Refusal("100", "Could not construct parameter {timeline}")
    fixed = truthy(call.params.get("isFixed")) and to_text(call.params["isFixed"]).lower() not in {
        "n",
        "false",
    }
    store.update("rpa_record", row["ID"], {"IS_FIXED": "Y" if fixed else "N"})
    return Answer({"timeline": {"id": to_int(row["ID"]), "isFixed": fixed}}, cost=Cost("write", rows=1))


_FAMILIES: Final = (
    Family(
        "RpaType",
        "rpa_type",
        "rpa",
        absent=_unbound("type"),
        check=_check_type,
        after=_furnish,
        order='"ID" ASC',
    ),
    Family(
        "RpaStage",
        "rpa_stage",
        "rpa",
        paging="untold",
        absent=_unbound("stage"),
        own=_of_type,
        guard=_type_listed,
        check=_check_stage,
        show=_show_stage,
        after=_emptied,
        order='"SORT" ASC, "ID" ASC',
    ),
    Family(
        "RpaItem",
        "rpa_item",
        "rpa",
        absent=absent("0", _NO_ITEM),
        own=_of_type,
        guard=_type_needed,
        check=_check_item,
        show=_show_item,
        only=("get", "add", "update", "delete"),
    ),
    Family(
        "RpaTimelineRecord",
        "rpa_record",
        "rpa",
        paging="untold",
        absent=_unbound("timeline"),
        own=_of_item,
        check=_check_record,
        show=_show_record,
        order='"ID" DESC',
    ),
)
