"""Calls one function as staged, in an interpreter that has only what the cloud will have.

``python -m brain.cli.deployment.staged build/functions/main.py brainApi`` exits 0 when the function loads, answers
a call without failing, and everything that it imports later is there.
"""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# What a deployed function imports only when it first needs it: a local call would not notice that it is missing.
IMPORTED_LATER = (
    "brain.adapters.cloud_tasks",
    "brain.adapters.firestore.store",
    "brain.adapters.firestore.writer",
    "brain.adapters.secret_manager",
    "google.cloud.secretmanager_v1",
    "google.cloud.tasks_v2",
)
# Enough to answer a call here; the values open nothing.
ENVIRONMENT = {
    "BRAIN_STORE": "sqlite:///:memory:",
    "BRAIN_HASH_SALT": "no secret, only long enough for a check",
    "BRAIN_SEAL_KEY": "no secret, only long enough for a check",
}
FAILED = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 when the function works as staged; else 1 with what does not."""
    parser = argparse.ArgumentParser(prog="python -m brain.cli.deployment.staged", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target")
    parser.add_argument("--asgi", action="store_true")
    given = parser.parse_args(arguments)
    os.environ.update(ENVIRONMENT)
    status = _asynchronous_status(given.target, given.source) if given.asgi else _status(given.target, given.source)
    home = Path(sys.modules["brain"].__file__ or "").resolve().parents[1]
    if home != given.source.resolve().parent:
        sys.stderr.write(f"{given.target}: the library was loaded from {home}, not from beside {given.source}\n")
        return 1
    for name in IMPORTED_LATER:
        importlib.import_module(name)
    if status >= FAILED:
        sys.stderr.write(f"{given.target}: answered {status} to an empty call; its log is above\n")
        return 1
    sys.stdout.write(f"{given.target}: loads and answers {status}\n")
    return 0


def _status(target: str, source: Path) -> int:
    framework: Any = importlib.import_module("functions_framework")
    response = framework.create_app(target, str(source)).test_client().post("/", json={})
    return int(response.status_code)


def _asynchronous_status(target: str, source: Path) -> int:
    framework: Any = importlib.import_module("functions_framework.aio")
    return asyncio.run(_call(framework.create_asgi_app(target, str(source))))


async def _call(application: Any) -> int:
    """Send an empty POST through ASGI and return the answer's status."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await application(scope, receive, send)
    return int(next(message["status"] for message in sent if message["type"] == "http.response.start"))


if __name__ == "__main__":
    sys.exit(main())
