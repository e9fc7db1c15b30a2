"""The clients: the same tasks, each in the way that its own documentation recommends.

Every function fetches what the task asks for and returns how many rows (objects) it got and
how many different ids were among them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final

from tests.benchmarks.workloads import BUCKETS, SIX

__all__ = ["CLIENTS", "MODULES"]

Task = dict[str, Any]
Result = tuple[int, int]


def _seen(ids: Iterable[int]) -> Result:
    """Counts ids and different ids; a byte an id, so that no client's memory holds them twice."""
    count = different = 0
    marks = bytearray()
    for key in ids:
        if key >= len(marks):
            marks.extend(bytes(key + 1 - len(marks) + len(marks) // 8))
        count += 1
        different += not marks[key]
        marks[key] = 1
    return count, different


def _ids(rows: Iterable[Any]) -> Iterable[int]:
    return (int(row["ID"]) for row in rows)


def _columns(task: Task) -> list[str]:
    related = ["ASSIGNED_BY_ID"] if task["task"] == "related" else []
    return [*SIX, *related] if task["columns"] == "six" else ["*", "UF_*"]


def _filter(task: Task) -> dict[str, Any]:
    return {">=OPPORTUNITY": task["top"]} if task["task"] == "filtered" else {}


_NEWEST: Final = {"DATE_MODIFY": "DESC", "ID": "ASC"}


def _newest(task: Task) -> list[dict[str, Any]]:
    """The two calls that bring the hundred deals changed last."""
    return [{"select": _columns(task), "order": _NEWEST, "start": start} for start in (0, 50)]


# --- b24orm -----------------------------------------------------------------------------


def b24orm(task: Task) -> Result:
    """Typed, validated models."""
    import b24orm
    from b24orm.models import Deal

    with b24orm.connect(task["url"], plan=task["plan"], progress=False):
        deals = Deal.objects.only(*SIX) if task["columns"] == "six" else Deal.objects.all()
        if task["task"] == "by_ids":
            deals = deals.filter(id__in=task["ids"])
        elif task["task"] == "filtered":
            deals = deals.filter(opportunity__gte=task["top"])
        elif task["task"] == "related":
            deals = deals.select_related("company", "assigned_by")
        elif task["task"] == "newest":
            deals = deals.order_by("-date_modify")[:100]
        return _seen(deal.id for deal in deals.iterator())


# --- fast_bitrix24 ----------------------------------------------------------------------


def fast_bitrix24(task: Task) -> Result:
    """Dicts, pages by offset, in batches side by side."""
    from fast_bitrix24 import Bitrix

    asyncio.set_event_loop(asyncio.new_event_loop())
    burst, per_second = BUCKETS.get(task["plan"], (10**6, 1e6))
    bitrix = Bitrix(
        task["url"], verbose=False, ssl=False, request_pool_size=burst, requests_per_second=per_second
    )
    if task["task"] == "by_ids":
        found = bitrix.get_by_ID("crm.deal.get", task["ids"])
        return _seen(_ids(found.values()))
    if task["task"] == "newest":
        return _seen(_ids(bitrix.call("crm.deal.list", _newest(task))))
    rows = bitrix.get_all("crm.deal.list", {"select": _columns(task), "filter": _filter(task)})
    if task["task"] == "related":
        _fast_related(bitrix, rows)
    return _seen(_ids(rows))


def _fast_related(bitrix: Any, rows: list[dict[str, Any]]) -> None:
    companies = sorted({row["COMPANY_ID"] for row in rows if row.get("COMPANY_ID") not in (None, "0", "")})
    bitrix.get_by_ID("crm.company.get", companies)
    users = sorted({row["ASSIGNED_BY_ID"] for row in rows if row.get("ASSIGNED_BY_ID")})
    bitrix.get_by_ID("user.get", users)


# --- b24pysdk ---------------------------------------------------------------------------


def _pysdk(task: Task) -> Any:
    from b24pysdk import BitrixWebhook, Client

    address, _, path = task["url"].partition("/rest/")
    return Client(BitrixWebhook(domain=address.removeprefix("https://"), webhook_token=path.strip("/")))


def b24pysdk_list(task: Task) -> Result:
    """Dicts, pages by offset, in batches one after the other."""
    return _pysdk_rows(task, "as_list")


def b24pysdk_fast(task: Task) -> Result:
    """Dicts, chained pages by id, in batches one after the other."""
    return _pysdk_rows(task, "as_list_fast")


def _pysdk_rows(task: Task, kind: str) -> Result:
    client = _pysdk(task)
    if task["task"] == "by_ids":
        calls = [client.crm.deal.get(bitrix_id=key) for key in task["ids"]]
        answers = client.call_batches(calls).result
        found = answers.result if hasattr(answers, "result") else answers
        return _seen(_ids(found.values() if isinstance(found, dict) else found))
    if task["task"] == "newest":
        calls = [client.crm.deal.list(**call) for call in _newest(task)]
        return _seen(_ids(row for page in client.call_batch(calls).result.result for row in page))
    request = client.crm.deal.list(select=_columns(task), filter=_filter(task))
    rows = list(getattr(request, kind)().result)
    if task["task"] == "related":
        companies = sorted(
            {int(row["COMPANY_ID"]) for row in rows if row.get("COMPANY_ID") not in (None, "0", "")}
        )
        _ = client.call_batches([client.crm.company.get(bitrix_id=key) for key in companies]).result
        users = sorted({int(row["ASSIGNED_BY_ID"]) for row in rows if row.get("ASSIGNED_BY_ID")})
        _ = client.call_batches([client.user.get(filter={"ID": key}) for key in users]).result
    return _seen(_ids(rows))


# --- b24api -----------------------------------------------------------------------------


def _b24api(task: Task) -> Any:
    import os

    os.environ["BITRIX24_API_WEBHOOK_URL"] = task["url"]
    from b24api import Bitrix24

    return Bitrix24()


def b24api_keyset(task: Task) -> Result:
    """Dicts, ranges of 50 ids, in batches one after the other."""
    return _b24api_rows(task, "list_batched_no_count")


def b24api_counted(task: Task) -> Result:
    """Dicts, pages by offset, in batches one after the other."""
    return _b24api_rows(task, "list_batched")


def _b24api_rows(task: Task, kind: str) -> Result:
    client = _b24api(task)
    if task["task"] == "by_ids":
        calls = ({"method": "crm.deal.get", "parameters": {"id": key}} for key in task["ids"])
        return _seen(_ids(client.batch(calls)))
    if task["task"] == "newest":
        calls = ({"method": "crm.deal.list", "parameters": call} for call in _newest(task))
        return _seen(_ids(row for page in client.batch(calls) for row in page))
    request = {"method": "crm.deal.list", "parameters": {"select": _columns(task), "filter": _filter(task)}}
    rows = list(getattr(client, kind)(request))
    if task["task"] == "related":
        companies = sorted(
            {int(row["COMPANY_ID"]) for row in rows if row.get("COMPANY_ID") not in (None, "0", "")}
        )
        list(client.batch({"method": "crm.company.get", "parameters": {"id": key}} for key in companies))
        users = sorted({int(row["ASSIGNED_BY_ID"]) for row in rows if row.get("ASSIGNED_BY_ID")})
        list(client.batch({"method": "user.get", "parameters": {"ID": key}} for key in users))
    return _seen(_ids(rows))


CLIENTS: Final[dict[str, Callable[[Task], Result]]] = {
    "b24orm": b24orm,
    "fast_bitrix24": fast_bitrix24,
    "b24pysdk list": b24pysdk_list,
    "b24pysdk fast": b24pysdk_fast,
    "b24api keyset": b24api_keyset,
    "b24api counted": b24api_counted,
}

MODULES: Final[dict[str, tuple[str, ...]]] = {
    "b24orm": (
        "b24orm.portal",
        "b24orm.models.crm.deal",
        "b24orm.orm",
        "encodings.idna",  # these two are imported by aiohttp and pydantic when they are first used
        "pydantic.plugin._loader",
    ),
    "fast_bitrix24": ("fast_bitrix24",),
    "b24pysdk list": ("b24pysdk",),
    "b24pysdk fast": ("b24pysdk",),
    "b24api keyset": (),
    "b24api counted": (),
}
"""What each client imports before the clock starts (b24api reads its settings on import)."""
