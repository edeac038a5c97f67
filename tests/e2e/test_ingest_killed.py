"""A real ``brain serve``, killed with kill -9 at seeded moments while a sender sends, loses and doubles nothing."""

import asyncio
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.bootstrap import Brain
from brain.entrypoints.local import LocalServer
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings
from brain.testing.simulations.senders import (
    CLIENT,
    Sender,
    SenderRequest,
    read_ingest_documents,
    remove_times,
    simulate_phases,
    write_unlimited_config,
)

BRAIN = Path(sys.executable).with_name("brain")
SECRETS = {"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"}
KILLS = 3
SEED = 20261122
SECONDS_TO_START = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """``brain serve`` on one port, as often as it is killed."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, once more if need be; it listens a moment later."""
        arguments = [BRAIN, "serve", "--port", str(self.port), "--no-schedule"]
        given = os.environ | self.environment
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(arguments, cwd=self.folder, env=given, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@dataclass
class Killing(Sender):
    """A sender behind whose back the server is killed after some of its answers."""

    server: Server | None = None
    points: list[int] = field(default_factory=list)
    max_attempts: int = 240

    async def send(self, request: SenderRequest) -> httpx.Response | None:
        """Send once, and see the server die when it is time."""
        answer = await super().send(request)
        if answer is not None and self.points and len(self.responses) >= self.points[0]:
            self.points.pop(0)
            self.server.kill()
            self.server.start()
        return answer

    async def pause(self) -> None:
        """Give a new process time to start."""
        await asyncio.sleep(SECONDS_TO_START / self.max_attempts)


def built(store: str) -> Brain:
    """Make a Brain of the test's own on a store."""
    brain = bootstrap.build_brain(read_settings({"BRAIN_STORE": store}), secrets=EnvironmentSecrets(SECRETS))
    brain.log = lambda *_, **__: None
    return brain


def calm(phases: list[list[SenderRequest]]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return what the same requests leave, and how they reconcile, where nothing is killed."""
    brain = built("sqlite:///:memory:")

    async def all_of_it() -> None:
        app = LocalServer(brain, schedule=False).app()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://brain") as http:
            sender = Sender(http, brain.key_ring.create(CLIENT)[0])
            for phase in phases:
                await sender.deliver(phase)

    asyncio.run(all_of_it())
    found = remove_times(read_ingest_documents(brain.store, brain.sealer)), Reconcile(brain.store)(CLIENT)
    brain.store.close()
    return found


async def killed(server: Server, key: str, phases: list[list[SenderRequest]], points: list[int]) -> Killing:
    """Send all to a server that is killed at these numbers of answers, and return the sender."""
    limits = httpx.Limits(max_connections=16, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", limits=limits, timeout=60) as http:
        sender = Killing(http, key, server=server, points=points)
        for phase in phases:
            await sender.deliver(phase)
    return sender


@pytest.fixture
def url(request: pytest.FixtureRequest, store_kind: str, tmp_path: Path) -> str:
    """An empty store's address."""
    if store_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'brain.db'}"
    return f"firestore://{request.getfixturevalue('project')}"


@pytest.fixture
def server(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has been started, on that store."""
    monkeypatch.setenv("BRAIN_CONFIG", str(write_unlimited_config(tmp_path)))
    one = Server(tmp_path, SECRETS | {"BRAIN_STORE": url})
    one.start()
    yield one
    one.kill()


@pytest.mark.slow
def test_a_server_killed_again_and_again_ends_with_the_store_of_a_calm_one(url: str, server: Server) -> None:
    """The sender sends again what was not answered; documents, books and reconciliation are those of a calm run."""
    phases = simulate_phases(SEED, datetime.now(UTC), posts=60, ads=12)
    answers = sum(len(phase) for phase in phases)
    points = sorted(random.Random(SEED).sample(range(1, answers - 1), KILLS))  # noqa: S311 - moments of a test
    brain = built(url)
    sender = asyncio.run(killed(server, brain.key_ring.create(CLIENT)[0], phases, points))
    expected, counts = calm(phases)
    assert (sender.points, len(sender.responses)) == ([], answers)
    assert sender.status_counts[0] > 0
    left = remove_times(read_ingest_documents(brain.store, brain.sealer))
    assert {key for key in left.keys() | expected.keys() if left.get(key) != expected.get(key)} == set()
    assert Reconcile(brain.store)(CLIENT) == counts
    assert (counts["difference"], counts["sent"]) == (0, sender.count_outcomes().total())
    brain.store.close()
