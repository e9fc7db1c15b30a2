"""What every portal has before anybody works in it: users, departments, directories, currencies."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

from b24orm.emulator.stages import Stage, add_statuses
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words

__all__ = ["DEAL_STAGES", "INVOICE_STAGES", "LEAD_STAGES", "furnish"]


_DEAL: Final = (
    ("NEW", "New", "P"),
    ("PREPARATION", "Documents", "P"),
    ("PREPAYMENT_INVOICE", "Invoice", "P"),
    ("EXECUTING", "In progress", "P"),
    ("FINAL_INVOICE", "Final invoice", "P"),
    ("WON", "Won", "S"),
    ("LOSE", "Lost", "F"),
    ("APOLOGY", "Lost, reason known", "F"),
)
DEAL_STAGES: Final = (
    *(Stage(code, name, semantics) for code, name, semantics in _DEAL),
    *(Stage(f"C1:{code}", name, semantics, 1) for code, name, semantics in _DEAL),
)
"""Stages of the two deal pipelines, 0 and 1."""

LEAD_STAGES: Final = (
    Stage("NEW", "New"),
    Stage("IN_PROCESS", "In process"),
    Stage("PROCESSED", "Processed"),
    Stage("CONVERTED", "Converted", "S"),
    Stage("JUNK", "Junk", "F"),
)
INVOICE_STAGES: Final = (
    Stage("DT31_2:N", "New", "P", 2),
    Stage("DT31_2:S", "Sent", "P", 2),
    Stage("DT31_2:P", "Paid", "S", 2),
    Stage("DT31_2:D", "Unpaid", "F", 2),
)
_QUOTE_STAGES: Final = (
    Stage("DRAFT", "Draft"),
    Stage("SENT", "Sent"),
    Stage("APPROVED", "Approved", "S"),
    Stage("DECLAINED", "Declined", "F"),
)
_OLD_INVOICE_STAGES: Final = (
    Stage("N", "New"),
    Stage("S", "Sent"),
    Stage("P", "Paid", "S"),
    Stage("D", "Declined", "F"),
)
_CALLED: Final = (
    Stage("IN_WORK", "In progress", ""),
    Stage("SUCCESS", "Successful", ""),
    Stage("WRONG_NUMBER", "Wrong number", ""),
    Stage("STOP_CALLING", "Do not call again", ""),
)
_DIRECTORIES: Final = (
    ("SOURCE", ("CALL", "EMAIL", "WEB", "ADVERTISING", "PARTNER", "OTHER")),
    ("DEAL_TYPE", ("SALE", "COMPLEX", "SERVICES", "GOODS")),
    ("CONTACT_TYPE", ("CLIENT", "SUPPLIER", "PARTNER", "OTHER")),
    ("COMPANY_TYPE", ("CUSTOMER", "SUPPLIER", "COMPETITOR", "PARTNER", "OTHER")),
    ("INDUSTRY", ("IT", "TELECOM", "MANUFACTURING", "BANKING", "OTHER")),
    ("EMPLOYEES", ("EMPLOYEES_1", "EMPLOYEES_2", "EMPLOYEES_3", "EMPLOYEES_4")),
    ("HONORIFIC", ("HNR_EN_1", "HNR_EN_2")),
)
_CURRENCIES: Final = (
    ("USD", 1.0, "Y", "US Dollar", "$#"),
    ("EUR", 1.08, "N", "Euro", "&euro;#"),
    ("RUB", 0.011, "N", "Ruble", "# &#8381;"),
)
_USERS: Final = (
    ("Anna", "Berg", "F"),
    ("Carl", "Dorn", "M"),
    ("Eva", "Frank", "F"),
    ("Georg", "Holm", "M"),
    ("Inga", "Jung", "F"),
    ("Konstantin", "Львов", "M"),
    ("Mona", "Nash", "F"),
)


def furnish(store: Store, *, users: int = 1, seed: int = 1) -> None:
    """Add the users, departments, directories, pipelines and currencies of a new portal.

    Args:
        store: an empty store.
        users: employees; user 1 is the administrator.
        seed: decides who is in which department.
    """
    _departments(store)
    _employees(store, users, Random(seed))
    _currencies(store)
    for entity_id, codes in _DIRECTORIES:
        add_statuses(store, entity_id, (Stage(code, code.replace("_", " ").title(), "") for code in codes))
    add_statuses(store, "DEAL_STAGE", (stage for stage in DEAL_STAGES if not stage.category))
    add_statuses(store, "DEAL_STAGE_1", (stage for stage in DEAL_STAGES if stage.category))
    add_statuses(store, "STATUS", LEAD_STAGES)
    add_statuses(store, "QUOTE_STATUS", _QUOTE_STAGES)
    add_statuses(store, "SMART_INVOICE_STAGE_2", INVOICE_STAGES)
    add_statuses(store, "INVOICE_STATUS", _OLD_INVOICE_STAGES)
    add_statuses(store, "CALL_LIST", _CALLED)
    store.insert("category", {"ID": 1, "NAME": "Service", "ENTITY_TYPE_ID": 2, "SORT": 200})
    store.insert(
        "category",
        {"ID": 2, "NAME": "General", "ENTITY_TYPE_ID": 31, "IS_DEFAULT": "Y", "SORT": 500},
    )


def _departments(store: Store) -> None:
    rows: tuple[tuple[Any, ...], ...] = (
        (1, "Company", 100, None, 1),
        (2, "Sales", 200, 1, 1),
        (3, "Support", 300, 1, 1),
        (4, "Key accounts", 400, 2, 1),
    )
    store.load("department", ("ID", "NAME", "SORT", "PARENT", "UF_HEAD"), rows)


def _employees(store: Store, count: int, random: Random) -> None:
    rows: list[tuple[Any, ...]] = []
    for number in range(1, count + 1):
        name, last_name, gender = _USERS[(number - 1) % len(_USERS)]
        active = "N" if number % 11 == 0 else "Y"
        departments = json.dumps([1] if number == 1 else [random.choice((2, 3, 4))])
        mail = f"user{number}@portal.example"
        rows.append(
            (number, active, name, last_name, "", mail, gender, departments, "Manager", "", "2021-03-01")
        )
    columns = words(
        "ID ACTIVE NAME LAST_NAME SECOND_NAME EMAIL PERSONAL_GENDER UF_DEPARTMENT "
        "WORK_POSITION TIME_ZONE DATE_REGISTER"
    )
    store.load("user", columns, rows)


def _currencies(store: Store) -> None:
    columns = words("CURRENCY AMOUNT BASE FULL_NAME FORMAT_STRING SORT LID DEC_POINT DECIMALS DATE_UPDATE")
    rows = [
        (code, amount, base, name, pattern, 100 * number, "en", ".", 2, "2021-03-01T12:00:00")
        for number, (code, amount, base, name, pattern) in enumerate(_CURRENCIES, start=1)
    ]
    store.load("currency", columns, rows)
    languages = words("CURRENCY LID FULL_NAME FORMAT_STRING DEC_POINT DECIMALS THOUSANDS_VARIANT HIDE_ZERO")
    written = [(code, "en", name, pattern, ".", "2", "C", "Y") for code, _, _, name, pattern in _CURRENCIES]
    store.load("currency_lang", languages, written)
