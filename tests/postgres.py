"""Starts a real PostgreSQL on a free port of 127.0.0.1 for the tests that need one, and stops it again.

The server's programs are looked for on PATH and where Debian puts them. Without them the tests are skipped with a
reason on a developer's machine and fail where CI=true.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

INSTALL = "apt-get install postgresql"
START_TIMEOUT_SECONDS = 60


def programs() -> Path | None:
    """The folder with initdb and pg_ctl, the newest version first; None when PostgreSQL is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("pg_ctl")
    places = [*debian, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((place for place in places if (place / "initdb").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """A running server; yields its URL without a database, such as ``postgresql://postgres@127.0.0.1:5433``."""
    place = programs()
    if place is None:
        missing = f"PostgreSQL's server programs are not installed here; {INSTALL}"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="brain-postgres-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c timezone=America/New_York"
    try:
        _run(place / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C")
        _run(
            place / "pg_ctl",
            "-D",
            data,
            "-w",
            "-t",
            START_TIMEOUT_SECONDS,
            "-l",
            folder / "log",
            "-o",
            options,
            "start",
        )
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        if (data / "postmaster.pid").exists():
            _run(place / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(server_url: str, template: str = "template1") -> Iterator[str]:
    """A copy of ``template``, by default empty; yields its URL and drops it afterwards, open connections or not."""
    name = f"shop_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield f"{server_url}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _run(*arguments: object) -> None:
    as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*as_server, *(str(argument) for argument in arguments)]
    # Not captured through a pipe: the server would inherit it and the call would never end.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(command, stdout=said, stderr=said, cwd="/", check=False)
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed: {said.read().decode()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
