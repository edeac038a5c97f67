"""The ingest function in its own process, served as deployed, with rate budgets that a benchmark cannot reach."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from brain.testing.simulations.senders import write_unlimited_config

ROOT = Path(__file__).parents[1]
START_SECONDS = 60


class ServedFunction(NamedTuple):
    """Where the function listens, and its process."""

    port: int
    process_id: int


@contextmanager
def serve_ingest(store: str) -> Iterator[ServedFunction]:
    """Serve the function on a store, such as ``sqlite:///brain.db``, until the end of the ``with`` statement."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    framework = Path(sys.executable).with_name("functions-framework")
    command = [framework, "--target", "ingest", "--source", ROOT / "functions" / "main.py", "--host", "127.0.0.1"]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        environment = os.environ | {
            "BRAIN_STORE": store, "BRAIN_CONFIG": str(write_unlimited_config(Path(folder))),
            "FUNCTION_USE_ASGI": "true", "BRAIN_HASH_SALT": "a salt of a benchmark",
            "BRAIN_SEAL_KEY": "a key of a benchmark", "PYTHONPATH": str(ROOT / "shared"),
        }  # fmt: skip
        process = subprocess.Popen([*command, "--port", str(port)], env=environment, stdout=log, stderr=log)  # noqa: S603
        try:
            _wait(port, process)
            yield ServedFunction(port, process.pid)
        finally:
            process.terminate()
            process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the function did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("expected the function to listen within a minute")
