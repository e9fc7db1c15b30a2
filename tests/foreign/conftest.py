"""Other people's clients, unchanged, against the local portal."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fast_bitrix24 import Bitrix

from b24orm.emulator import LocalPortal

if TYPE_CHECKING:
    from b24pysdk import Client

# b24pysdk 1.3.2 can't be imported with Python 3.10
collect_ignore = (
    [
        "test_foreign_b24pysdk.py",
        "test_foreign_modules.py",
        "test_foreign_oauth.py",
        "test_foreign_pages.py",
        "test_foreign_sdk_differences.py",
    ]
    if sys.version_info < (3, 11)
    else []
)

DEALS = 130
"""Three pages: more than one, and the last one short."""

ROWS = {"elements": DEALS, "files": DEALS, "orders": DEALS, "products": DEALS}
"""As many of what lies beside the CRM."""


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    """A portal with a hundred and thirty deals, numbered from 1, and as many tasks, elements, files ..."""
    with LocalPortal(deals=DEALS, tasks=DEALS, rows=ROWS) as running:
        yield running


@pytest.fixture
def fast(portal: LocalPortal) -> Iterator[Bitrix]:
    """fast_bitrix24's synchronous client, with an event loop to run on."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield Bitrix(portal.url, verbose=False)
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that lasts a day, with its key beside it."""
    openssl = shutil.which("openssl")
    if openssl is None and "CI" not in os.environ:
        pytest.skip("needs the command openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 "
    command += "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


@pytest.fixture
def tls_portal(certificate: Path) -> Iterator[LocalPortal]:
    """The same portal by https, for clients that know nothing else."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with LocalPortal(deals=DEALS, tasks=DEALS, rows=ROWS, tls=tls) as running:
        yield running


@pytest.fixture
def sdk(tls_portal: LocalPortal, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """b24pysdk's client, which trusts the portal's certificate."""
    from b24pysdk import BitrixWebhook, Client

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    user, secret = tls_portal.url.rstrip("/").split("/")[-2:]
    return Client(BitrixWebhook(domain=f"127.0.0.1:{tls_portal.port}", webhook_token=f"{user}/{secret}"))
