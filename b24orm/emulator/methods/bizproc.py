"""``bizproc.workflow.*`` and ``bizproc.task.*``: templates of workflows, those that run, and their tasks.

Parameters count in any case, and so do names in select and order; in a filter they are in upper case.
What isn't known is left out. A ``*`` is no name, so a select of it brings no more than no select.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.classic_filter import compile_filter
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.app_context import admin_only, application, upper_params
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.owner_types import owner_table
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import classic, offset
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, words
from b24orm.emulator.values import is_array, read_datetime, to_int, to_list, to_text

__all__ = ["methods"]

_OPERATIONS: Final = ("", "!", "<", "<=", ">", ">=")
_KEY: Final = re.compile(r"([^a-zA-Z]*)(.*)", re.DOTALL)
_BAD_TEMPLATE: Final = "ERROR_TEMPLATE_VALIDATION_FAILURE"
_BAD_WORKFLOW: Final = "ERROR_WRONG_WORKFLOW_ID"
_AUTOMATION: Final = 8
"""Templates of robots; the list of templates leaves them out."""
_DOCUMENTS: Final[Mapping[str, str]] = {
    "DEAL": "deal",
    "LEAD": "lead",
    "CONTACT": "contact",
    "COMPANY": "company",
}
_ANSWERS: Final[Mapping[str, int]] = {"1": 1, "2": 2, "3": 3, "YES": 1, "NO": 2, "OK": 3}


def methods(store: Store) -> Registry:
    """The methods of workflows; scope ``bizproc``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "bizproc.workflow.instances": _instances,
        "bizproc.workflow.template.list": _templates,
        "bizproc.workflow.template.add": _add_template,
        "bizproc.workflow.template.update": _update_template,
        "bizproc.workflow.template.delete": _delete_template,
        "bizproc.workflow.start": _start,
        "bizproc.workflow.terminate": _end,
        "bizproc.workflow.kill": _end,
        "bizproc.task.list": _tasks,
        "bizproc.task.complete": _complete,
    }
    return registered(store, "bizproc", handlers)


# ---- what the lists share


def _items(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else dict(enumerate(to_list(value))) if is_array(value) else {}


def _selected(params: Mapping[str, Any], table: Table, usual: Sequence[str]) -> Sequence[str]:
    names: list[str] = []
    for name in _items(params.get("SELECT")).values():
        if is_array(name):
            raise Refusal("ERROR_SELECT_VALIDATION_FAILURE", "Invalid data in SELECT parameter")
        if to_text(name).upper() in table.columns:
            names.append(to_text(name).upper())
    return names or usual


def _ordered(params: Mapping[str, Any], table: Table, usual: str) -> str:
    order = {str(name).upper(): word for name, word in _items(params.get("ORDER")).items()}
    return order_sql(order, shape_of(table).columns) or usual


def _filtered(params: Mapping[str, Any], table: Table, now: float) -> dict[str, Any]:
    """The conditions that count, with times in stored form."""
    kept: dict[str, Any] = {}
    for key, value in _items(params.get("FILTER")).items():
        found = _KEY.fullmatch(str(key))
        operation, name = (found[1], found[2]) if found else ("", "")
        column = table.columns.get(name)
        if column is not None and operation in _OPERATIONS:
            kept[f"{operation}{name}"] = read_datetime(value, now) if column.kind == "datetime" else value
    return kept


def _condition(table: Table, sent: Mapping[str, Any]) -> Where:
    parts: list[Where] = []
    for key, value in sent.items():
        name = key.lstrip("!<>=")
        given = to_list(value) if is_array(value) else value
        parts.append(compile_condition(key, given, table.columns[name], f'"{name}"'))
    return every(parts)


def _page(store: Store, call: Call, table: Table, where: Where, usual: Sequence[str], order: str) -> Answer:
    """Rows from an exact offset on; below zero from the first one, uncounted and with a total of 0."""
    params = upper_params(call)
    start = call.start if (call.start or 0) >= 0 else -1
    window = offset(start, count(store, table, where))
    shape = shape_of(table).only(_selected(params, table, usual))
    rows = read(store, shape, where, _ordered(params, table, order), window)
    return answered(rows, window, len(rows))


# ---- templates


def _templates(store: Store, call: Call) -> Answer:
    admin_only(call)
    table = store.table("workflow_template")
    sent = _filtered(upper_params(call), table, store.clock())
    where = every([_condition(table, sent), Where("AUTO_EXECUTE < ?", (_AUTOMATION,))])
    return _page(store, call, table, where, ("ID",), '"ID" ASC')


def _document_type(value: Any) -> list[str]:
    parts = [to_text(part) for part in to_list(value)] if is_array(value) else []
    if len(parts) != 3 or not all(parts):
        raise Refusal(_BAD_TEMPLATE, "Incorrect field DOCUMENT_TYPE!")
    return parts


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if "NAME" in fields:
        if not fields["NAME"]:
            raise Refusal(_BAD_TEMPLATE, "Empty template name!")
        row["NAME"] = to_text(fields["NAME"])
    if "DESCRIPTION" in fields:
        row["DESCRIPTION"] = to_text(fields["DESCRIPTION"])
    if fields.get("AUTO_EXECUTE") is not None:
        if fields["AUTO_EXECUTE"] not in {"0", "1", "2", "3"}:  # only texts will do
            raise Refusal(_BAD_TEMPLATE, "Incorrect field AUTO_EXECUTE!")
        row["AUTO_EXECUTE"] = to_int(fields["AUTO_EXECUTE"])
    return row


def _check_data(value: Any) -> None:
    if not value:
        raise Refusal(_BAD_TEMPLATE, "Incorrect field TEMPLATE_DATA!")


def _add_template(store: Store, call: Call) -> Answer:
    code = application(call)
    params = upper_params(call)
    kind = _document_type(params.get("DOCUMENT_TYPE"))
    row = _written({"NAME": None, **params})
    _check_data(params.get("TEMPLATE_DATA"))
    made = {"MODULE_ID": kind[0], "ENTITY": kind[1], "DOCUMENT_TYPE": kind, "SYSTEM_CODE": code}
    stamp = {"USER_ID": call.user_id, "MODIFIED": store.now()}
    return Answer(store.insert("workflow_template", {**made, **stamp, **row}), cost=Cost("write", rows=1))


def _template(store: Store, call: Call, *, refusal: Refusal) -> dict[str, Any]:
    code = application(call)
    row = store.get("workflow_template", to_int(upper_params(call).get("ID")))
    if row is None:
        raise Refusal("ERROR_TEMPLATE_NOT_FOUND", "Workflow template not found.")
    if row["SYSTEM_CODE"] != code:
        raise refusal
    return row


def _update_template(store: Store, call: Call) -> Answer:
    """Changes a template of the application's own; answers its number."""
    application(call)
    fields = upper_params(call).get("FIELDS")
    if not isinstance(fields, Mapping) or not fields:
        raise Refusal(_BAD_TEMPLATE, "No fields to update.")
    text = "You can update ONLY templates created by current application"
    row = _template(store, call, refusal=Refusal("ERROR_TEMPLATE_NOT_OWNER", text))
    if "TEMPLATE_DATA" in fields:
        _check_data(fields["TEMPLATE_DATA"])
    written = {**_written({str(key): value for key, value in fields.items()}), "MODIFIED": store.now()}
    store.update("workflow_template", row["ID"], written)
    return Answer(row["ID"], cost=Cost("write", rows=1))


def _delete_template(store: Store, call: Call) -> Answer:
    """Removes a template of the application's own; answers nothing."""
    text = "You can delete ONLY templates created by current application"
    row = _template(store, call, refusal=Refusal("ERROR_CORE", text))
    store.delete("workflow_template", row["ID"])
    return Answer(None, cost=Cost("write", rows=1))


# ---- workflows


def _instances(store: Store, call: Call) -> Answer:
    admin_only(call)
    table = store.table("workflow")
    where = _condition(table, _filtered(upper_params(call), table, store.clock()))
    return _page(store, call, table, where, words("ID MODIFIED OWNED_UNTIL"), '"MODIFIED" DESC, "ID"')


def _start(store: Store, call: Call) -> Answer:
    """Starts a workflow for a document of the template's kind; answers its id, a text."""
    params = upper_params(call)
    if not params.get("TEMPLATE_ID"):
        raise Refusal(_BAD_WORKFLOW, "Empty TEMPLATE_ID")
    template = store.get("workflow_template", to_int(params["TEMPLATE_ID"]))
    if template is None:
        raise Refusal(_BAD_WORKFLOW, "Template not found")
    document = [to_text(part) for part in to_list(params.get("DOCUMENT_ID"))]
    if len(document) != 3:
        raise Refusal("ERROR_CORE", "Wrong DOCUMENT_ID!")
    if document[:2] != [template["MODULE_ID"], template["ENTITY"]]:
        raise Refusal("ERROR_CORE", "Template type and DOCUMENT_ID mismatch!")
    if document[0] == "crm" and not _exists(store, document[2]):
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)
    number = f"{store.count('workflow') + 1:014x}.{template['ID']:08}"
    stamps = {"STARTED": store.now(), "MODIFIED": store.now(), "STARTED_BY": call.user_id}
    place = dict(zip(words("MODULE_ID ENTITY DOCUMENT_ID"), document, strict=True))
    store.insert("workflow", {"ID": number, "TEMPLATE_ID": template["ID"], **stamps, **place})
    return Answer(number, cost=Cost("write", rows=1))


def _exists(store: Store, document: str) -> bool:
    """Whether a document of the CRM is there: ``DEAL_5``, or ``DYNAMIC_128_5``."""
    kind, _, number = document.rpartition("_")
    table = _DOCUMENTS.get(kind)
    if table is None and kind.startswith("DYNAMIC_"):
        table = owner_table(to_int(kind.removeprefix("DYNAMIC_")))
    return table in store.tables and store.exists(str(table), to_int(number))


def _end(store: Store, call: Call) -> Answer:
    """Ends a workflow with its tasks."""
    admin_only(call)
    number = upper_params(call).get("ID")
    if not number:
        raise Refusal(_BAD_WORKFLOW, "Empty workflow instance ID")
    if not isinstance(number, str):
        raise Refusal(_BAD_WORKFLOW, "Invalid workflow instance ID (string expected)")
    if not store.exists("workflow", number):
        raise Refusal("ERROR_CORE", f"Workflow instance {number} not found")
    for task in store.ids("workflow_task", "WORKFLOW_ID = ?", (number,)):
        store.delete("workflow_task", task)
    store.delete("workflow", number)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- tasks


def _tasks(store: Store, call: Call) -> Answer:
    """Tasks of workflows by whole pages; ENTITY, DOCUMENT_ID and DOCUMENT_URL come whatever is selected.

    Who is no administrator sees his own.
    """
    params, table = upper_params(call), store.table("workflow_task")
    sent = _filtered(params, table, store.clock())
    if not call.admin and to_int(sent.get("USER_ID", call.user_id)) != call.user_id:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)
    mine = sent if call.admin else {**sent, "USER_ID": call.user_id}
    where = compile_filter(mine, table)
    window = classic(call.start, count(store, table, where))
    chosen = _selected(params, table, words("ID WORKFLOW_ID DOCUMENT_NAME NAME"))
    shape = shape_of(table, hidden=("DOCUMENT_URL",)).only([*chosen, *words("ENTITY DOCUMENT_ID")])
    rows = read(store, shape, where, _ordered(params, table, '"ID" DESC'), window)
    return answered([_shown(row) for row in rows], window, len(rows))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, number = (row["DOCUMENT_ID"] or "").rpartition("_")
    return {**row, "DOCUMENT_URL": f"/crm/{kind.lower()}/details/{number}/" if kind else ""}


def _complete(store: Store, call: Call) -> Answer:
    """Answers a task of the user's own."""
    params = upper_params(call)
    if not params.get("TASK_ID"):
        raise Refusal("ERROR_TASK_VALIDATION", "empty TASK_ID")
    status = _ANSWERS.get(to_text(params.get("STATUS")).upper())
    if status is None:
        raise Refusal("ERROR_TASK_VALIDATION", "incorrect STATUS")
    row = store.get("workflow_task", to_int(params["TASK_ID"]))
    if row is None or row["USER_ID"] != call.user_id:
        raise Refusal("ERROR_TASK_NOT_FOUND", "Task not found")
    if to_int(row["USER_STATUS"]):
        raise Refusal("ERROR_TASK_COMPLETED", "Task already completed")
    change = {"USER_STATUS": status, "STATUS": status, "MODIFIED": store.now()}
    store.update("workflow_task", row["ID"], change)
    return Answer(result=True, cost=Cost("write", rows=1))
