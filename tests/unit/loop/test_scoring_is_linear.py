"""Scoring a backfill costs the same per event however many wait, counted in steps of SQLite and calls of Python."""

import cProfile
import itertools
import pstats
from dataclasses import dataclass
from datetime import timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.bootstrap import Brain
from brain.domain.clients.client import Client
from brain.ports.task_queue import Task
from brain.repositories.clients import Clients
from brain.testing.simulations.client import CLIENT, build_event, store_events
from brain.testing.simulations.memory_brain import NOW, build_memory_brain

FEW, MANY = 1000, 4000
STEPS_PER_TICK = 100


@dataclass(frozen=True, slots=True)
class Effort:
    """What scoring took per event."""

    steps: float
    calls: float


def build_backlog(count: int) -> Brain:
    """Build a brain with unscored events, one on each of the last days."""
    brain = build_memory_brain()
    Clients(brain.store).put(Client(CLIENT, "Acme", "agency"))
    store_events(brain.store, *(build_event(number, NOW - timedelta(days=count - number)) for number in range(count)))
    return brain


def measure_effort(count: int, *, dry_run: bool) -> Effort:
    """Score a backlog and count."""
    brain = build_backlog(count)
    assert isinstance(brain.store, SqliteStore)
    ticks = itertools.count()
    brain.store._connection.set_progress_handler(lambda: next(ticks) * 0, STEPS_PER_TICK)
    profile = cProfile.Profile()
    figures = profile.runcall(brain.perform, Task("brainHourlyScores", CLIENT, NOW, NOW, dry_run=dry_run))
    assert figures["scored"] == count
    statistics = pstats.Stats(profile)
    return Effort(next(ticks) * STEPS_PER_TICK / count, statistics.total_calls / count)  # type: ignore[attr-defined]


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_event_costs_the_same_among_many(dry_run: bool) -> None:
    """Neither the queries nor the sums of past days grow with what waits; a dry run removes no marks."""
    measure_effort(1, dry_run=dry_run)  # imports what the job needs
    few, many = measure_effort(FEW, dry_run=dry_run), measure_effort(MANY, dry_run=dry_run)
    assert many.steps < few.steps * 1.1
    assert many.calls < few.calls * 1.1
