"""Every sequence of lost, late and unanswered commits of one run's first five: it is done once, heartbeats included."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.runs import RunStatus
from brain.errors import BrainError, StoreUnavailableError
from brain.ports.document_store import DocumentStore, Increment, Set, Version, Write
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.heartbeat import Beat
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_once import run_once
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import NOW

RESPONSES = ("given", "lost before", "lost after", "late")
STEPS = 2
TASK = Task("brainHourlyScores", "acme", NOW, NOW)
RETRY_DELAYS = (0, 15, 30, 60, 120, 240)


class UnreliableStore:
    """A store whose first commits meet these responses; a late one is applied at the end of the next call, if at all.

    Other calls are those of ``inner``.
    """

    def __init__(self, inner: DocumentStore, responses: Sequence[str]) -> None:
        self._inner = inner
        self._responses = iter(responses)
        self._late: list[Write] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def get(self, path: str) -> object:
        """Read, before a late commit arrives."""
        snapshot = self._inner.get(path)
        self.deliver()
        return snapshot

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Commit with the next response."""
        response = next(self._responses, "given")
        if response in {"lost before", "late"}:
            self._late = list(writes) if response == "late" else self._late
            raise StoreUnavailableError("the store did not answer", retry_after_seconds=1)
        versions = self._inner.commit(writes)
        if response == "lost after":
            raise StoreUnavailableError("the store did not answer", retry_after_seconds=1)
        self.deliver()
        return versions

    def deliver(self) -> None:
        """Apply what is late, unless its documents have changed."""
        late, self._late = self._late, []
        with suppress(BrainError):
            self._inner.commit(late)


class Worker:
    """Performs a run of some steps, each of which counts how often it was applied; beats before some of them."""

    def __init__(self, store: DocumentStore, clock: ManualClock, beats: Sequence[bool]) -> None:
        self._runs, self._clock, self._beats = Runs(store), clock, beats

    def __call__(self) -> Figures:
        """Perform the task with one attempt of the queue."""
        limit = timedelta(minutes=5)
        return run_once(self._runs, TASK, self._work, time_limit=limit, clock=self._clock, heartbeat=self._heartbeat)

    @contextmanager
    def _heartbeat(self, beat: Beat) -> Iterator[None]:
        self._beat = beat
        yield

    def _work(self, lease: Lease) -> Figures:
        for step in range(lease.checkpoint.get("step", 0), STEPS):
            self._wait(step)
            lease.commit([count(step)], {"step": step + 1})
        self._wait(STEPS)
        return lease.finish([count(STEPS)], {"scored": 7})

    def _wait(self, step: int) -> None:
        if self._beats[step]:
            self._clock.advance(timedelta(seconds=40))
            with suppress(BrainError):
                self._beat()


def count(step: int) -> Set:
    """Return the write that counts a step."""
    return Set(f"steps/{step}", {"count": Increment(1)}, merge=True)


def run_by_queue(worker: Worker, clock: ManualClock) -> Figures | None:
    """Perform the task as often as the queue does."""
    for delay in RETRY_DELAYS:
        clock.advance(timedelta(seconds=delay))
        with suppress(BrainError):
            return worker()
    return None


@pytest.mark.parametrize("beats", [(False, False, False), (True, False, False), (False, False, True)])
def test_a_run_is_done_once_whatever_becomes_of_its_commits(beats: Sequence[bool]) -> None:
    """Also if the finish is lost, then applied without a response, and then met by its own repetition."""
    for responses in itertools.product(RESPONSES, repeat=5):
        clock = ManualClock(NOW)
        inner = SqliteStore(":memory:", clock)
        store = UnreliableStore(inner, responses)
        figures = run_by_queue(Worker(store, clock, beats), clock)  # type: ignore[arg-type]
        store.deliver()
        record = inner.get(paths.run(TASK.job, TASK.client_id, NOW))
        assert figures is not None, responses
        assert figures["scored"] == 7
        assert record is not None
        assert record.data["status"] == RunStatus.DONE, responses
        counts = [step.data["count"] for step in inner.query("steps")]
        assert counts == [1] * (STEPS + 1), responses
        inner.close()
