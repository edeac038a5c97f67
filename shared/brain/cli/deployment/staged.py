"""A check of one staged function, in an interpreter with the run-time dependencies only.

``python -m brain.cli.deployment.staged build/functions/main.py brainApi`` exits 0 if the function loads, responds to
a call without a server error, and can import every module that it needs later.
"""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Modules that a deployed function imports on first use only, so that a call here does not import them.
LAZY_IMPORTS = (
    "brain.adapters.cloud_tasks",
    "brain.adapters.firestore.store",
    "brain.adapters.firestore.writer",
    "brain.adapters.secret_manager",
    "google.cloud.secretmanager_v1",
    "google.cloud.tasks_v2",
)
# Enough to respond to a call here; the values are no real secrets.
ENVIRONMENT = {
    "BRAIN_STORE": "sqlite:///:memory:",
    "BRAIN_HASH_SALT": "no secret, only long enough for a check",
    "BRAIN_SEAL_KEY": "no secret, only long enough for a check",
}
SERVER_ERROR = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 if the staged function works, otherwise 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m brain.cli.deployment.staged", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target")
    parser.add_argument("--asgi", action="store_true")
    options = parser.parse_args(arguments)
    os.environ.update(ENVIRONMENT)
    status = _call_asgi(options.target, options.source) if options.asgi else _call_wsgi(options.target, options.source)
    library = Path(sys.modules["brain"].__file__ or "").resolve().parents[1]
    if library != options.source.resolve().parent:
        sys.stderr.write(f"{options.target}: the library must be next to {options.source}, got the one in {library}\n")
        return 1
    for name in LAZY_IMPORTS:
        importlib.import_module(name)
    if status >= SERVER_ERROR:
        sys.stderr.write(f"{options.target}: responded with {status} to an empty request; see its log above\n")
        return 1
    sys.stdout.write(f"{options.target}: loads and responds with {status}\n")
    return 0


def _call_wsgi(target: str, source: Path) -> int:
    framework: Any = importlib.import_module("functions_framework")
    response = framework.create_app(target, str(source)).test_client().post("/", json={})
    return int(response.status_code)


def _call_asgi(target: str, source: Path) -> int:
    framework: Any = importlib.import_module("functions_framework.aio")
    return asyncio.run(_send_post(framework.create_asgi_app(target, str(source))))


async def _send_post(application: Any) -> int:
    """Send an empty POST request through ASGI and return the status of the response."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

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
    return int(next(message["status"] for message in messages if message["type"] == "http.response.start"))


if __name__ == "__main__":
    sys.exit(main())
