"""What the documentation says of web frameworks and task queues runs in them, where they are installed.

None of them is needed for anything else; a framework that is missing is skipped.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from b24orm import AsyncPortal
from b24orm.emulator import LocalPortal
from b24orm.models import Deal
from tests.docs.blocks import ROOT, blocks

OAUTH, MANY = (ROOT / "docs" / "how-to" / f"{name}.md" for name in ("oauth-apps", "many-portals"))


def written(page: Path, folder: Path, *titles: str) -> None:
    """Writes the files of a page that have these titles."""
    found = {block.title: block.text for block in blocks(page) if block.title in titles}
    assert set(found) == set(titles)
    for title, text in found.items():
        (folder / title).parent.mkdir(parents=True, exist_ok=True)
        (folder / title).write_text(text, encoding="utf-8")


@pytest.fixture
def local() -> Iterator[LocalPortal]:
    """A portal with an installed application, as the examples name it."""
    with LocalPortal(deals=20) as local:
        local.install_app("app.1", "hush")
        yield local


@pytest.fixture
def folder(local: LocalPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules can be imported, and the settings that the examples read."""
    monkeypatch.setenv("B24_CLIENT_ID", "app.1")
    monkeypatch.setenv("B24_CLIENT_SECRET", "hush")
    monkeypatch.setenv("B24_TOKENS", str(tmp_path / "tokens"))
    monkeypatch.setenv("B24_OAUTH_SERVER", local.oauth_url)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def module(name: str) -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module(name)


# -- FastAPI ---------------------------------------------------------------------------------------


@pytest.fixture
def fastapi(folder: Path) -> Any:
    """A client of the application of the page."""
    pytest.importorskip("httpx")
    testing = pytest.importorskip("fastapi.testclient")
    written(OAUTH, folder, "crm.py", "main.py")
    return testing.TestClient(module("main").api)


def test_the_application_of_fastapi_serves_a_portal(local: LocalPortal, fastapi: Any) -> None:
    event = local.install_event("app.1")
    member_id = fastapi.post("/install", content=event).json()["member_id"]
    accepted = fastapi.post("/events", content=event).status_code
    won = fastapi.get(f"/portals/{member_id}/won").json()
    assert (accepted, len(won)) == (200, local.store.count("deal", "STAGE_ID = 'WON'"))


@pytest.mark.parametrize(
    ("way", "path", "status"),
    [("post", "/install", 400), ("post", "/events", 403), ("get", "/portals/none/won", 404)],
)
def test_what_it_refuses_has_a_status(fastapi: Any, way: str, path: str, status: int) -> None:
    body = {"content": b"event=ONAPPINSTALL&auth[member_id]=forged"} if way == "post" else {}
    assert getattr(fastapi, way)(path, **body).status_code == status


def test_the_form_of_a_page_that_fastapi_has_read(local: LocalPortal, folder: Path) -> None:
    pytest.importorskip("httpx")
    pytest.importorskip("multipart")
    web, testing = pytest.importorskip("fastapi"), pytest.importorskip("fastapi.testclient")
    written(OAUTH, folder, "crm.py")
    app, api = module("crm").app, web.FastAPI()

    async def install(request: Any) -> dict[str, str]:
        return {"member_id": (await app.ainstalled(await request.form(), request.query_params)).member_id}

    install.__annotations__["request"] = web.Request
    api.post("/page")(install)
    query, body = local.placement("app.1")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = testing.TestClient(api).post(f"/page?{query}", content=body, headers=form)
    assert answer.json() == {"member_id": local.oauth.member_id}


# -- Flask and aiohttp -----------------------------------------------------------------------------


def test_the_form_of_a_page_that_flask_has_read(local: LocalPortal, folder: Path) -> None:
    flask = pytest.importorskip("flask")
    written(OAUTH, folder, "crm.py")
    app, web = module("crm").app, flask.Flask("shop")

    def install() -> str:
        return str(app.installed(flask.request.form, flask.request.args).member_id)

    web.post("/page")(install)
    query, body = local.placement("app.1")
    form = "application/x-www-form-urlencoded"
    answer = web.test_client().post(f"/page?{query}", data=body, content_type=form)
    assert answer.text == local.oauth.member_id


async def test_the_form_of_a_page_that_aiohttp_has_read(local: LocalPortal, folder: Path) -> None:
    from aiohttp import web
    from aiohttp.test_utils import TestClient, TestServer

    written(OAUTH, folder, "crm.py")
    app, site = module("crm").app, web.Application()

    async def install(request: web.Request) -> web.Response:
        credentials = await app.ainstalled(await request.post(), request.query)
        return web.Response(text=credentials.member_id)

    site.router.add_post("/page", install)
    query, body = local.placement("app.1")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with TestClient(TestServer(site)) as client:
        answer = await client.post(f"/page?{query}", data=body, headers=form)
        assert await answer.text() == local.oauth.member_id


# -- Django ----------------------------------------------------------------------------------------

DJANGO = """
import sys
from concurrent.futures import ThreadPoolExecutor
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db",
                           "OPTIONS": {"timeout": 30}}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    B24_TOKENS="tokens.db", B24_CLIENT_ID="app.1", B24_CLIENT_SECRET="hush", B24_PORTALS=[],
)
django.setup()
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from shop.models import TokenRow
from shop.stores import DjangoTokens
from b24orm import App, Portal

with connection.schema_editor() as editor:
    editor.create_model(TokenRow)

server, query, body = sys.argv[1:]
app = App("app.1", "hush", store=DjangoTokens(), server=server)
credentials = app.installed(QueryDict(body), QueryDict(query))  # request.POST, request.GET
print(TokenRow.objects.count(), flush=True)
sys.stdin.readline()  # an hour passes
with Portal(app.credentials(credentials.member_id), plan="unlimited", progress=False) as portal:
    with ThreadPoolExecutor(4) as pool:
        print({answer["ID"] for answer in pool.map(lambda _: portal.call("profile"), range(4))}, flush=True)
print(TokenRow.objects.get().tokens.count('"asking"'), flush=True)
app = App("app.1", "hush", store=DjangoTokens(), server=server)
settings.B24_PORTALS = [credentials.member_id]
import shop.management.commands.overdue as command
command.SqliteTokens = lambda _: DjangoTokens()
command.App = lambda *given, **how: App(*given, **how, server=server)
call_command("overdue")
"""

MODELS = """
from django.db import models

class TokenRow(models.Model):
    key = models.CharField(primary_key=True, max_length=200)
    tokens = models.TextField(default="")

    class Meta:
        app_label = "shop"
"""


def test_the_store_and_the_command_of_django(folder: Path) -> None:
    pytest.importorskip("django")
    shop = folder / "shop"
    commands = shop / "management" / "commands"
    commands.mkdir(parents=True)
    for package in (shop, shop / "management", commands):
        (package / "__init__.py").touch()
    (shop / "models.py").write_text(MODELS, encoding="utf-8")
    written(OAUTH, shop, "stores.py")
    written(MANY, shop, "overdue.py", "management/commands/overdue.py")
    ahead = [0.0]
    import time

    with LocalPortal(deals=20, clock=lambda: time.time() + ahead[0]) as local:
        local.install_app("app.1", "hush")
        query, body = local.placement("app.1")
        command = [sys.executable, "-W", "error", "-c", DJANGO, local.oauth_url, query, body.decode()]
        pipes: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        with subprocess.Popen(command, cwd=folder, text=True, **pipes) as program:
            assert program.stdout is not None
            kept = program.stdout.readline()
            before, ahead[0] = local.oauth.requests, 3601.0
            said, wrong = program.communicate("\n", timeout=60)
        assert (kept, wrong, program.returncode) == ("1\n", "", 0)
        who, asking, counted = said.splitlines()
        opened = local.store.count("deal", "CLOSED = 'N'")
        assert (who, asking, counted) == ("{'1'}", "0", f"{local.oauth.member_id}: {opened}")
        assert local.oauth.requests - before == 1


# -- Celery and arq --------------------------------------------------------------------------------


@pytest.fixture
def installed(local: LocalPortal, folder: Path) -> str:
    """The portal's identity; its tokens are kept where the tasks of the page look for them."""
    written(MANY, folder, "tasks.py")
    return str(module("tasks").app().installed(local.install_event("app.1")).member_id)


CELERY = """
import tasks
from celery import Celery

queue = Celery("shop")
queue.conf.update(
    broker_url="filesystem://",
    broker_transport_options={"data_folder_in": "sent", "data_folder_out": "sent"},
    result_backend="file://results",
    broker_connection_retry_on_startup=True,
)
rename_deal = queue.task(tasks.rename_deal, name="rename_deal")
"""


def test_a_task_of_celery(installed: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("celery")
    (folder / "shop_tasks.py").write_text(CELERY, encoding="utf-8")
    for name in ("sent", "results", "control"):
        (folder / name).mkdir()
    monkeypatch.chdir(folder)
    command = [sys.executable, "-m", "celery", "-A", "shop_tasks:queue", "worker", "-c", "2", "-l", "WARNING"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as worker:
        try:
            rename = module("shop_tasks").rename_deal
            sent = [rename.delay(installed, number, f"deal {number}") for number in range(1, 5)]
            assert [task.get(timeout=60) for task in sent] == [f"deal {number}" for number in range(1, 5)]
        finally:
            worker.terminate()
            worker.communicate(timeout=30)


@pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")
async def test_a_task_of_arq(installed: str, redis_server: Any) -> None:
    arq, working = pytest.importorskip("arq"), pytest.importorskip("arq.worker")
    app = module("tasks").app()

    async def rename_deal(context: dict[str, Any], member_id: str, deal_id: int, title: str) -> str:
        async with AsyncPortal(await app.acredentials(member_id), progress=False):
            deal = await Deal.objects.aget(id=deal_id)
            deal.title = title
            await deal.asave()
            return str(deal.title)

    settings = arq.connections.RedisSettings.from_dsn(redis_server.url)
    queue = await arq.create_pool(settings)
    sent = [await queue.enqueue_job("rename_deal", installed, n, f"deal {n}") for n in range(1, 5)]
    named = [working.func(rename_deal, name="rename_deal")]
    worker = working.Worker(named, redis_settings=settings, burst=True, handle_signals=False)
    await worker.async_run()
    titles = [await job.result(timeout=20) for job in sent]
    await worker.close()
    await queue.aclose()
    assert titles == [f"deal {n}" for n in range(1, 5)]
