"""Several portals in one program: who is meant, in every task and thread, and for every object."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from b24orm import App, AsyncPortal, Portal, connect, portals, use
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, NotConfigured, UsageError
from b24orm.executor.limits import portal_limits
from b24orm.models import Company, Deal
from b24orm.portal import current_portal

COUNTS = {"acme": 5, "globex": 3}


@pytest.fixture(scope="module")
def locals_() -> Iterator[dict[str, LocalPortal]]:
    """Two portals, told apart by how many deals they have."""
    with LocalPortal(deals=5) as acme, LocalPortal(deals=3, seed=2) as globex:
        yield {"acme": acme, "globex": globex}


@pytest.fixture(autouse=True)
def named(locals_: dict[str, LocalPortal]) -> Iterator[None]:
    """Both in the registry."""
    for name, local in locals_.items():
        portals[name] = Portal(local.url, plan="unlimited", progress=False)
    yield
    for name in list(portals):
        portal = portals.pop(name)
        assert isinstance(portal, Portal)
        portal.close()


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_a_name_will_do_for_a_portal(name: str, count: int) -> None:
    assert Deal.objects.using(name).count() == count


def test_names_can_be_listed_and_forgotten() -> None:
    kept = portals["globex"]
    del portals["globex"]
    found = (list(portals), "globex" in portals, len(portals))
    portals["globex"] = kept
    assert found == (["acme"], False, 1)


@pytest.mark.parametrize(
    "ask", [lambda: portals["akme"], lambda: Deal.objects.using("akme"), lambda: use("akme").__enter__()]
)
def test_an_unknown_name_is_refused_with_the_nearest(ask: Any) -> None:
    with pytest.raises(NotConfigured, match="no portal 'akme'; did you mean 'acme'"):
        ask()


@pytest.mark.parametrize("thing", [5, None, "https://acme.bitrix24.com/rest/1/c0de/", Deal])
def test_only_portals_are_given_names(thing: Any) -> None:
    with pytest.raises(InvalidValue, match="takes a Portal or an AsyncPortal"):
        portals["x"] = thing


def test_only_portals_and_names_are_used() -> None:
    with pytest.raises(InvalidValue, match="a portal, or the name of one"):
        use(5).__enter__()  # type: ignore[arg-type]


# -- use -------------------------------------------------------------------------------------------


def test_within_use_its_portal_is_asked() -> None:
    with use("globex") as portal:
        assert (Deal.objects.count(), portal) == (3, portals["globex"])


def test_the_innermost_counts_and_the_outer_comes_back() -> None:
    with use("acme"):
        with use(portals["globex"]):
            inner = Deal.objects.count()
        assert (inner, Deal.objects.count()) == (3, 5)


def test_it_goes_before_the_default(locals_: dict[str, LocalPortal]) -> None:
    with connect(locals_["acme"].url, plan="unlimited", progress=False):
        with use("globex"):
            inner = Deal.objects.count()
        assert (inner, Deal.objects.count()) == (3, 5)


def test_using_goes_before_it() -> None:
    with use("globex"):
        assert Deal.objects.using("acme").count() == 5


def test_it_ends_with_its_block_whatever_happens() -> None:
    with pytest.raises(ZeroDivisionError), use("acme"):
        raise ZeroDivisionError
    with pytest.raises(NotConfigured):
        current_portal()


def test_a_set_made_within_it_stays_with_its_portal() -> None:
    with use("globex"):
        deals = Deal.objects.filter(id__gt=0)
    with use("acme"):
        assert deals.count() == 3


def test_a_set_made_outside_asks_whoever_is_meant_then() -> None:
    deals = Deal.objects.filter(id__gt=0)
    counts = []
    for name in COUNTS:
        with use(name):
            counts.append(deals.count())
    assert counts == [5, 3]


def test_using_none_leaves_the_choice_to_the_moment() -> None:
    with use("globex"):
        deals = Deal.objects.using(None)
    with use("acme"):
        assert deals.count() == 5


# -- tasks and threads -----------------------------------------------------------------------------


async def test_each_task_has_its_own() -> None:
    both = asyncio.Barrier(2) if hasattr(asyncio, "Barrier") else None

    async def count(name: str) -> int:
        with use(name):
            if both is not None:
                await both.wait()
            else:
                await asyncio.sleep(0.05)
            return await Deal.objects.acount()

    assert await asyncio.gather(count("acme"), count("globex")) == [5, 3]


async def test_tasks_begun_within_it_inherit_it() -> None:
    with use("globex"):
        task = asyncio.ensure_future(Deal.objects.acount())
    assert await task == 3


async def test_so_does_a_thread_that_asyncio_starts() -> None:
    with use("globex"):
        assert await asyncio.to_thread(Deal.objects.count) == 3


def test_each_thread_has_its_own() -> None:
    both = threading.Barrier(2)

    def count(name: str) -> int:
        with use(name):
            both.wait(10)
            return Deal.objects.count()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(count, COUNTS)) == [5, 3]


def test_another_thread_sees_nothing_of_it() -> None:
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(current_portal())
        except NotConfigured as error:
            found.append(type(error))

    with use("globex"):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert found == [NotConfigured]


def test_a_thread_may_be_given_it() -> None:
    with use("globex"):
        context = contextvars.copy_context()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(context.run, Deal.objects.count).result() == 3


async def test_two_asynchronous_portals_in_two_tasks(locals_: dict[str, LocalPortal]) -> None:
    async def count(name: str) -> int:
        async with AsyncPortal(locals_[name].url, plan="unlimited", progress=False):
            await asyncio.sleep(0.05)
            return await Deal.objects.acount()

    assert await asyncio.gather(*map(count, COUNTS)) == [5, 3]


async def test_a_portal_of_an_application_is_nobody_else_s_default(locals_: dict[str, LocalPortal]) -> None:
    locals_["acme"].install_app()
    app = App("local.app", "app-secret", server=locals_["acme"].oauth_url)
    credentials = await app.ainstalled(locals_["acme"].install_event())
    entered, counted = asyncio.Event(), asyncio.Event()

    async def of_no_portal() -> None:
        await entered.wait()
        with pytest.raises(NotConfigured):
            await Deal.objects.acount()
        counted.set()

    elsewhere = asyncio.create_task(of_no_portal())
    async with AsyncPortal(credentials, progress=False):
        entered.set()
        await counted.wait()
        assert await Deal.objects.acount() == 5
    await elsewhere


async def test_the_default_is_there_again_after_an_asynchronous_portal(
    locals_: dict[str, LocalPortal],
) -> None:
    with connect(locals_["acme"].url, plan="unlimited", progress=False) as default:
        async with AsyncPortal(locals_["globex"].url, plan="unlimited", progress=False):
            inner = await Deal.objects.acount()
        assert (inner, current_portal()) == (3, default)


async def test_a_portal_entered_by_a_server_s_first_task_serves_its_others(
    locals_: dict[str, LocalPortal],
) -> None:
    """As web servers do: the task that starts the application is not the parent of those that serve."""
    opened, closing = asyncio.Event(), asyncio.Event()

    async def lifespan() -> None:
        async with AsyncPortal(locals_["globex"].url, plan="unlimited", progress=False):
            opened.set()
            await closing.wait()

    running = asyncio.ensure_future(lifespan())
    await opened.wait()
    count = await Deal.objects.acount()
    closing.set()
    await running
    assert count == 3


# -- objects ---------------------------------------------------------------------------------------


def test_a_row_is_saved_where_it_came_from() -> None:
    deal = Deal.objects.using("globex").get(id=1)
    with use("acme"):
        deal.title = "of globex"
        deal.save()
    assert [Deal.objects.using(name).get(id=1).title == "of globex" for name in COUNTS] == [False, True]


@pytest.mark.parametrize("read", ["refresh_from_db", "delete"])
def test_so_it_is_read_again_and_deleted(locals_: dict[str, LocalPortal], read: str) -> None:
    portal = portals["globex"]
    deal = Deal.objects.using("globex").create(title="for a while")
    before = portal.requests
    with use("acme"):
        getattr(deal, read)()
    assert portal.requests > before
    if read == "refresh_from_db":
        deal.delete()


def test_a_new_row_is_added_where_it_is_meant() -> None:
    with use("globex"):
        deal = Deal.objects.create(title="new")
    with use("acme"):
        deal.title = "newer"
        deal.save()
    found = Deal.objects.using("globex").get(id=deal.id).title
    deal.delete()
    assert found == "newer"


def test_save_using_a_name() -> None:
    deal = Deal(title="new")
    deal.save(using="globex")
    there = Deal.objects.using("globex").count()
    deal.delete()
    assert there == 4


@pytest.mark.parametrize("write", ["save", "delete"])
def test_a_row_is_not_written_to_another_portal_where_its_id_is_another_row_s(write: str) -> None:
    deal = Deal.objects.using("globex").get(id=1)
    deal.title = "changed"
    with pytest.raises(UsageError, match="that id means another row"):
        getattr(deal, write)(using="acme")


def test_other_credentials_of_its_portal_will_do(locals_: dict[str, LocalPortal]) -> None:
    deal = Deal.objects.using("globex").get(id=1)
    with Portal(locals_["globex"].add_webhook(user_id=2), plan="unlimited", progress=False) as other:
        deal.title = "by user 2"
        deal.save(using=other)
    assert Deal.objects.using("globex").get(id=1).title == "by user 2"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_saved_where_its_row_came_from(copied: Callable[[Deal], Deal]) -> None:
    deal = copied(Deal.objects.using("globex").get(id=1))
    with use("acme"):
        deal.title = "of a copy"
        deal.save()
    assert Deal.objects.using("globex").get(id=1).title == "of a copy"


def test_a_row_out_of_a_pickle_is_saved_where_it_came_from() -> None:
    deal = pickle.loads(pickle.dumps(Deal.objects.using("globex").get(id=1)))
    with use("globex"):
        deal.title = "of a pickle"
        deal.save()
    assert Deal.objects.using("globex").get(id=1).title == "of a pickle"


@pytest.mark.parametrize("write", ["save", "delete", "refresh_from_db"])
def test_a_row_out_of_a_pickle_is_not_taken_for_another_portal_s(write: str) -> None:
    deal = pickle.loads(pickle.dumps(Deal.objects.using("globex").get(id=1)))
    deal.title = "changed"
    with use("acme"), pytest.raises(UsageError, match="that id means another row"):
        getattr(deal, write)()


def test_a_new_object_may_travel_anywhere() -> None:
    deal = pickle.loads(pickle.dumps(Deal(title="new")))
    with use("globex"):
        deal.save()
        deal.delete()
    assert Deal.objects.using("globex").count() == 3


def test_related_rows_come_from_the_portal_of_the_set() -> None:
    with use("acme"):
        deals = list(Deal.objects.using("globex").select_related("company").filter(company__isnull=False))
    names = {company.id: company.title for company in Company.objects.using("globex")}
    assert {deal.company.title for deal in deals if deal.company} <= set(names.values())


def test_a_related_row_is_saved_where_it_came_from() -> None:
    with use("globex"):
        made = Company.objects.create(title="related")
        deal = Deal.objects.create(title="its deal", company_id=made.id)
        company = Deal.objects.select_related("company").get(id=deal.id).company
        deal.delete()
    assert company is not None
    with use("acme"):
        company.title = "related, of globex"
        company.save()
    assert Company.objects.using("globex").get(id=made.id).title == "related, of globex"


# -- limits ----------------------------------------------------------------------------------------


def test_each_portal_has_limits_of_its_own() -> None:
    limits = [portals[name].executor.sender._limits for name in COUNTS]
    assert limits[0] is not limits[1]


def test_two_clients_of_one_portal_share_them(locals_: dict[str, LocalPortal]) -> None:
    with Portal(locals_["acme"].url, plan="unlimited", progress=False) as other:
        assert other.executor.sender._limits is portals["acme"].executor.sender._limits


def test_limits_are_kept_by_host(locals_: dict[str, LocalPortal]) -> None:
    portal = portals["acme"]
    assert portal.executor.sender._limits is portal_limits(portal.host, portal._limits)
