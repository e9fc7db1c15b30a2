"""``python -m tests.benchmarks``: every client on the same work, one after the other."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks.clients import CLIENTS
from tests.benchmarks.page import page
from tests.benchmarks.table import Measured, Shown, rendered
from tests.benchmarks.workloads import PATIENCE, WORKLOADS, Workload, bound_of


def main() -> None:
    """Runs the chosen tasks and prints the tables; ``--save`` writes them to a file as well."""
    options = _options()
    names = options.clients.split(",") if options.clients else None
    results = _kept(options.keep)
    with tempfile.TemporaryDirectory() as folder:
        certificate = _certificate(Path(folder))
        for workload in WORKLOADS:
            if (workload.big and not options.big) or options.only not in workload.name:
                continue
            results[workload.name] = _measured(workload, certificate, names)
            print(rendered(_shown(results, only=workload.name)), flush=True)
            if options.keep:
                kept = {name: [asdict(one) for one in measured] for name, measured in results.items()}
                Path(options.keep).write_text(json.dumps(kept, indent=1), encoding="utf-8")
    if options.save:
        chosen = ["--big"] if any(work.big for work in WORKLOADS if work.name in results) else []
        Path(options.save).write_text(page(_shown(results), chosen), encoding="utf-8")


def _kept(path: str | None) -> dict[str, list[Measured]]:
    """What was measured before."""
    if path is None or not Path(path).exists():
        return {}
    kept = json.loads(Path(path).read_text(encoding="utf-8"))
    return {name: [Measured(**one) for one in measured] for name, measured in kept.items()}


def _shown(results: Mapping[str, Sequence[Measured]], only: str = "") -> list[Shown]:
    """The results with their bounds, in the order of the workloads."""
    return [
        Shown(work.name, results[work.name], bound_of(work, results[work.name][0].rows))
        for work in WORKLOADS
        if work.name in results and (not only or work.name == only)
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--big", action="store_true", help="the tasks with 500,000 deals and more too")
    parser.add_argument("--only", default="", help="tasks whose name holds this text")
    parser.add_argument("--clients", default="", help="names of clients, with commas between them")
    parser.add_argument(
        "--keep", metavar="FILE", help="add what is measured to a file, and show what it holds"
    )
    parser.add_argument("--save", metavar="FILE", help="write the tables to a file")
    return parser.parse_args()


def _certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1: b24pysdk speaks nothing but https."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise SystemExit("the benchmarks need the command 'openssl' to make a certificate")
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 "
    command += "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


def _measured(workload: Workload, certificate: Path, names: list[str] | None) -> list[Measured]:
    options = {
        "deals": workload.deals,
        "sparse": workload.sparse,
        "plan": workload.plan,
        "certificate": str(certificate),
        "key": str(certificate.with_name("key.pem")),
    }
    portal = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.portal", json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert portal.stdin is not None
    assert portal.stdout is not None
    told = json.loads(portal.stdout.readline())
    assert workload.related in (0, told["related"])  # the lower bound rests on it
    task = {
        "task": workload.task,
        "columns": workload.columns,
        "url": told["url"],
        "ids": told["ids"],
        "top": told["top"],
        "plan": workload.plan,
    }
    measured: list[Measured] = []
    for client in names or CLIENTS:
        result = _run(client, task, certificate)
        portal.stdin.write("\n")
        portal.stdin.flush()
        sums = json.loads(portal.stdout.readline())
        measured.append(Measured(client, requests=sums["requests"], operating=sums["operating"], **result))
        if workload.limited:
            portal.stdin.close()
            portal.wait()
            return measured + (
                _measured(workload, certificate, _after(client, names)) if _after(client, names) else []
            )
    portal.stdin.close()
    portal.wait()
    return measured


def _after(client: str, names: list[str] | None) -> list[str]:
    """The clients still to come: under limits each gets a portal whose bucket is empty."""
    order = names or list(CLIENTS)
    return order[order.index(client) + 1 :]


def _run(client: str, task: dict[str, Any], certificate: Path) -> dict[str, Any]:
    trust = {"SSL_CERT_FILE": str(certificate), "REQUESTS_CA_BUNDLE": str(certificate)}
    failed = {"wall": 0.0, "cpu": 0.0, "memory": 0.0, "rows": 0, "different": 0}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.run", client],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            env={**os.environ, **trust},
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {**failed, "error": f"not done after {PATIENCE:.0f} s"}
    if done.returncode:
        return {**failed, "error": done.stderr.strip().splitlines()[-1][:200] if done.stderr else "crashed"}
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


if __name__ == "__main__":
    main()
