"""A lease that another worker took over writes nothing more, and the holder's own lost responses do no harm."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.runs import Run, RunStatus
from brain.errors import BrainError, ConflictError, LeaseHeldError, LeaseLostError
from brain.ports.document_store import Create
from brain.repositories import paths
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.lease import LEASE_MARGIN, Lease
from brain.testing.manual_clock import ManualClock

SCHEDULED_AT = datetime(2026, 11, 22, 5, tzinfo=UTC)
TIME_LIMIT = timedelta(minutes=5)
RECORD = paths.run("brainHourlyScores", "acme", SCHEDULED_AT)

writes_of_a_holder = pytest.mark.parametrize(
    "write",
    [
        lambda lease: lease.commit([Create("c/stale", {})], {"step": 2}),
        lambda lease: lease.renew(),
        lambda lease: lease.finish([Create("c/stale", {})], {"scored": 9}),
        lambda lease: lease.stop({"scored": 9}),
    ],
    ids=["commit", "renew", "finish", "stop"],
)


@pytest.fixture
def store(clock: ManualClock) -> SqliteStore:
    """An embedded store in memory."""
    return SqliteStore(":memory:", clock)


def acquire(store: SqliteStore, clock: ManualClock) -> Lease:
    """Acquire the run as a new worker."""
    runs = Runs(store)
    run, version = runs.acquire(
        "brainHourlyScores", "acme", SCHEDULED_AT, now=clock.now(), lease=TIME_LIMIT + LEASE_MARGIN
    )
    return Lease(runs, run, version, clock=clock, time_limit=TIME_LIMIT)


def take_over(store: SqliteStore, clock: ManualClock) -> tuple[Lease, Lease]:
    """Return a lease that expired and the one of the worker that took over its run."""
    stale = acquire(store, clock)
    stale.commit([], {"step": 1})
    clock.advance(TIME_LIMIT + LEASE_MARGIN)
    return stale, acquire(store, clock)


@writes_of_a_holder
def test_a_stale_holder_writes_nothing_however_often_it_tries(
    store: SqliteStore, clock: ManualClock, write: Callable[[Lease], object]
) -> None:
    """Its attempt is not the record's, so it must not adopt the record's version."""
    stale, current = take_over(store, clock)
    assert (stale.run.attempt, current.run.attempt) == (1, 2)
    before = store.get(RECORD)
    for _ in range(3):
        with pytest.raises(LeaseLostError):
            write(stale)
    assert store.get(RECORD) == before
    assert store.get("c/stale") is None
    current.commit([Create("c/current", {})], {"step": 2})


def test_a_stale_holder_does_not_release_the_lease_of_its_successor(store: SqliteStore, clock: ManualClock) -> None:
    """Otherwise a third worker could start beside the second."""
    stale, _ = take_over(store, clock)
    error = BrainError("the work failed")
    stale.release(error)
    assert error.__notes__ == ["the lease was not released (lease_lost) and will expire"]
    with pytest.raises(LeaseHeldError):
        acquire(store, clock)


@writes_of_a_holder
def test_only_the_attempt_tells_two_holders_apart(
    store: SqliteStore, clock: ManualClock, write: Callable[[Lease], object]
) -> None:
    """Everything else in the record may be the same: status, checkpoint and expiry."""
    lease = acquire(store, clock)
    store.update(RECORD, {"attempt": lease.run.attempt + 1})
    with pytest.raises(LeaseLostError):
        write(lease)


def test_the_holder_continues_after_a_lost_response(store: SqliteStore, clock: ManualClock) -> None:
    """The commit was applied, so the first repetition conflicts and reads the record again; the next one is written."""
    lease = acquire(store, clock)
    unaware = Lease(Runs(store), lease.run, lease._version, clock=clock, time_limit=TIME_LIMIT)
    lease.commit([], {"step": 1})
    with pytest.raises(ConflictError):
        unaware.commit([], {"step": 1})
    assert unaware.checkpoint == {"step": 1}
    unaware.commit([], {"step": 2})


def test_a_run_is_available_unless_it_is_done_or_leased() -> None:
    """The lease ends at its expiry, not after it."""
    run = Run("brainHourlyScores", "acme", SCHEDULED_AT, RunStatus.RUNNING, 1, SCHEDULED_AT + TIME_LIMIT)
    assert not run.is_available(SCHEDULED_AT)
    assert run.is_available(SCHEDULED_AT + TIME_LIMIT)
    assert replace(run, status=RunStatus.STOPPED).is_available(SCHEDULED_AT)
    assert replace(run, status=RunStatus.FAILED).is_available(SCHEDULED_AT)
    assert not replace(run, status=RunStatus.DONE).is_available(SCHEDULED_AT + TIME_LIMIT)
