"""``brain demo`` on its first two days: what it prints, serves and refuses, and what its world and findings hold."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partialmethod
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient
from unit.command_line.conftest import RunCommand

from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.virtual_clock import VirtualClock
from brain.bootstrap import Brain
from brain.cli.demo import agency, command, simulation
from brain.cli.demo.agency import START
from brain.cli.demo.findings import Finding, list_findings
from brain.cli.demo.simulation import Simulation, listen
from brain.errors import BrainError
from brain.repositories import paths
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain

DAYS = 2


@pytest.fixture
def short_demo(run_brain: RunCommand, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """The command with two days of the agency and without the shop."""
    monkeypatch.setattr(Simulation, "run_agency", partialmethod(Simulation.run_agency, days=DAYS))
    monkeypatch.setattr(Simulation, "run_shop", lambda _simulation, report: report(activity="no shop"))
    return run_brain


def test_what_was_not_found_is_a_failure_and_every_event_is_accounted_for(short_demo: RunCommand) -> None:
    """Two days teach nothing; again it is the same to the last digit."""
    exit_code, printed, progress = short_demo("demo", "--no-serve", "--json")
    summary = json.loads(printed)
    assert exit_code == 1
    assert summary["accounted_for"]
    assert summary["sent"] == sum(summary["ends"].values()) > 100
    assert summary["runs"] == {"hourly-scores": 2 * DAYS, "daily-analysis": DAYS}
    assert not all(finding["recovered"] for finding in summary["findings"])
    assert progress.endswith("no shop\ncomparing what was planted with what was learned\n")
    assert json.loads(short_demo("demo", "--no-serve", "--json")[1]) == summary


def test_the_reports_are_served_afterwards(short_demo: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the store of the demonstration, on the port that was asked for; success is when all was found."""
    found = Finding("northwind", "a planted effect", "the same", recovered=True)
    monkeypatch.setattr(command, "list_findings", lambda _store: [found])
    monkeypatch.setattr(command, "list_shop_findings", lambda _store, _shop: [])
    served: list[tuple[Any, int, str]] = []
    monkeypatch.setattr(command, "run_server", lambda app, port, tell: served.append((app, port, tell("URL"))))
    exit_code, printed, _ = short_demo("demo", "--port", "8123")
    assert exit_code == 0
    assert "a planted effect" in printed
    assert ": nothing is missing\nRuns: " in printed
    ((app, port, announcement),) = served
    assert (port, announcement) == (8123, "\nThe reports are at URL until Ctrl-C")
    with TestClient(app) as client:
        assert client.get("/api/health/ready").json() == {"status": "ready"}
        assert client.post("/jobs/hourly-scores", json={"dry_run": True}).json()["status"] == "success"


def test_a_store_with_a_demonstration_in_it_is_refused(short_demo: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of two demonstrations would be added; a store of its own is emptied instead."""
    monkeypatch.setenv("BRAIN_STORE", "sqlite:///given.db")
    assert short_demo("demo", "--no-serve", "--json")[0] == 1
    exit_code, _, errors = short_demo("demo", "--no-serve", "--json")
    assert exit_code == 2
    assert "BRAIN_STORE must be empty, got a demonstration in sqlite:///given.db" in errors


def test_the_world_goes_wrong_as_its_story_says() -> None:
    """No e-mails on the days of the outage, one broken body, and one event from the day after tomorrow."""
    sources = {day: {request.source for request in agency.simulate_requests(day, seed=7)} for day in range(84)}
    assert {day for day in sources if "email" not in sources[day]} == set(agency.EMAIL_OUTAGE_DAYS)
    faults = {day: list(agency.simulate_faults(day)) for day in range(84)}
    assert [day for day, of_day in faults.items() if of_day] == [20, 33]
    ((broken, body),) = faults[20]
    assert (broken.source, body) == ("email", b'[{"event": "open", "timestamp": 17')
    ((ahead, unchanged),) = faults[33]
    assert unchanged is None
    assert ahead.payload["occurred_at"] > ahead.sent_at.isoformat()


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """An empty store."""
    opened = SqliteStore(":memory:", ManualClock(START))
    yield opened
    opened.close()


@pytest.mark.parametrize(("days_late", "recovered"), [(0, True), (2, True), (3, False)])
def test_an_incident_is_that_of_the_plan_if_it_began_by_then(
    store: SqliteStore, days_late: int, recovered: bool
) -> None:
    """At most two days later, on the platform of the plan."""
    outage = START + timedelta(days=agency.EMAIL_OUTAGE_DAYS[0])
    since, until = outage + timedelta(days=days_late), outage + timedelta(days=days_late + 1)
    store.set(
        f"{paths.client('northwind')}/anomalies/a",
        {
            "platform": "email",
            "since": since.date().isoformat(),
            "until": until.date().isoformat(),
            "signs": [{"metric": "events", "explanation": "none instead of 24"}],
        },
    )
    by_plan = {finding.planted[:9]: finding for finding in list_findings(store)}
    assert by_plan["no e-mail"].recovered == recovered
    if recovered:
        assert by_plan["no e-mail"].learned == f"incident since {since.date()}: events none instead of 24"


def test_a_server_that_does_not_start_in_time_is_told_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread of it stays behind."""

    class SlowServer(uvicorn.Server):
        """A server that does not start before it is told to stop."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            while not self.should_exit:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.005)
            await super().startup(sockets)

    monkeypatch.setattr(simulation.uvicorn, "Server", SlowServer)
    monkeypatch.setattr(simulation, "START_SECONDS", 0.02)
    threads = threading.active_count()
    with pytest.raises(BrainError, match="got no answer; try again"), listen(build_memory_brain()):
        pass
    assert threading.active_count() == threads


def test_a_job_that_fails_ends_the_demonstration() -> None:
    """With its name, its time and its answer."""
    clock = VirtualClock(START)
    brain: Brain = build_memory_brain()
    with listen(brain) as url:
        run = Simulation(brain, clock, url, seed=7)
        with pytest.raises(BrainError, match=r"nothing at 2026-.* ended as .*not_found"):
            run._run_job("nothing", START)
        run.close()
    assert clock.now() == START
