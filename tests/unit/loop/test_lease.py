"""A lease that another worker took over writes nothing more, and the holder's own lost responses do no harm."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.runs import HEARTBEAT_PERIOD, LEASE_DURATION, LEASE_MARGIN, Run, RunStatus
from brain.errors import BrainError, ConflictError, LeaseHeldError, LeaseLostError, StoreUnavailableError
from brain.ports.document_store import Create, DocumentStore
from brain.repositories import paths
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.heartbeat import beat_in_thread
from brain.services.jobs.lease import Lease
from brain.testing.faulty_store import FaultMode, FaultyStore
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


def acquire(store: DocumentStore, clock: ManualClock) -> Lease:
    """Acquire the run as a new worker."""
    runs = Runs(store)
    run, version = runs.acquire("brainHourlyScores", "acme", SCHEDULED_AT, now=clock.now(), lease=LEASE_DURATION)
    return Lease(runs, run, version, clock=clock, time_limit=TIME_LIMIT)


def take_over(store: SqliteStore, clock: ManualClock) -> tuple[Lease, Lease]:
    """Return a lease that expired and the one of the worker that took over its run."""
    stale = acquire(store, clock)
    stale.commit([], {"step": 1})
    clock.advance(LEASE_DURATION)
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


def test_a_heartbeat_renews_until_the_time_limit_and_a_margin(store: SqliteStore, clock: ManualClock) -> None:
    """A worker that hangs then loses its run; until then nobody takes it over."""
    end = clock.now() + TIME_LIMIT + LEASE_MARGIN
    lease = acquire(store, clock)
    beats = 0
    while lease.beat():
        clock.advance(HEARTBEAT_PERIOD)
        beats += 1
        if clock.now() < end:
            with pytest.raises(LeaseHeldError):
                acquire(store, clock)
    assert clock.now() == end
    assert beats == 11
    assert acquire(store, clock).run.attempt == 2
    with pytest.raises(LeaseLostError):
        lease.commit([Create("c/stale", {})], {})


def test_a_lease_without_heartbeats_ends_soon(store: SqliteStore, clock: ManualClock) -> None:
    """A worker that was killed keeps its run for a minute and a half, whatever its time limit."""
    acquire(store, clock)
    clock.advance(LEASE_DURATION)
    assert acquire(store, clock).run.attempt == 2


def test_a_heartbeat_of_a_lost_lease_is_told_so(store: SqliteStore, clock: ManualClock) -> None:
    """It does not renew the lease of its successor."""
    stale, _ = take_over(store, clock)
    before = store.get(RECORD)
    with pytest.raises(LeaseLostError):
        stale.beat()
    assert store.get(RECORD) == before


def test_a_commit_spares_the_next_heartbeat(store: SqliteStore, clock: ManualClock) -> None:
    """A job that commits often pays for no heartbeats."""
    counting = FaultyStore(store)
    lease = acquire(counting, clock)
    clock.advance(HEARTBEAT_PERIOD)
    lease.commit([], {"step": 1})
    commits = counting.calls["commit"]
    clock.advance(HEARTBEAT_PERIOD / 3)
    assert lease.beat()
    assert counting.calls["commit"] == commits
    clock.advance(HEARTBEAT_PERIOD)
    assert lease.beat()
    assert counting.calls["commit"] == commits + 1


@pytest.mark.parametrize("mode", [FaultMode.REFUSE, FaultMode.LOSE])
def test_a_heartbeat_that_failed_does_not_disturb_the_work(
    store: SqliteStore, clock: ManualClock, mode: FaultMode
) -> None:
    """Whether it was applied or not, the next commit of the work is written at once."""
    faulty = FaultyStore(store, fail_at=3, mode=mode)  # after the read and the creation of the record
    lease = acquire(faulty, clock)
    clock.advance(HEARTBEAT_PERIOD)
    with pytest.raises(StoreUnavailableError):
        lease.beat()
    lease.commit([Create("c/current", {})], {"step": 1})
    clock.advance(HEARTBEAT_PERIOD)
    assert lease.beat()


def test_a_heartbeat_does_not_hide_that_a_commit_was_applied(store: SqliteStore, clock: ManualClock) -> None:
    """The repetition of a commit whose response was lost conflicts, as it does without heartbeats."""
    lease = acquire(FaultyStore(store, fail_at=3, mode=FaultMode.LOSE), clock)
    with pytest.raises(StoreUnavailableError):
        lease.commit([], {"step": 1})
    clock.advance(HEARTBEAT_PERIOD)
    assert lease.beat()
    with pytest.raises(ConflictError):
        lease.commit([], {"step": 1})
    assert lease.checkpoint == {"step": 1}


def test_a_finished_run_and_a_dry_run_have_no_heartbeat(store: SqliteStore, clock: ManualClock) -> None:
    """Nothing of them is to be renewed."""
    lease = acquire(store, clock)
    clock.advance(HEARTBEAT_PERIOD)
    dry = Lease(Runs(store), lease.run, "", clock=clock, time_limit=TIME_LIMIT, dry_run=True)
    assert not dry.beat()
    lease.finish([], {})
    assert not lease.beat()


def test_the_thread_beats_until_the_work_ends() -> None:
    """Through transient errors, but not through a lost lease."""
    ends = [StoreUnavailableError("of this test"), LeaseLostError("of this test")]
    beaten = threading.Event()
    beats = 0

    def beat() -> bool:
        nonlocal beats
        beats += 1
        if ends:
            error = ends.pop(0)
            if not ends:
                beaten.set()
            raise error
        return True

    with beat_in_thread(beat, timedelta(milliseconds=1)):
        assert beaten.wait(30)
    assert beats == 2
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_a_run_is_available_unless_it_is_done_or_leased() -> None:
    """The lease ends at its expiry, not after it."""
    run = Run("brainHourlyScores", "acme", SCHEDULED_AT, RunStatus.RUNNING, 1, SCHEDULED_AT + TIME_LIMIT)
    assert not run.is_available(SCHEDULED_AT)
    assert run.is_available(SCHEDULED_AT + TIME_LIMIT)
    assert replace(run, status=RunStatus.STOPPED).is_available(SCHEDULED_AT)
    assert replace(run, status=RunStatus.FAILED).is_available(SCHEDULED_AT)
    assert not replace(run, status=RunStatus.DONE).is_available(SCHEDULED_AT + TIME_LIMIT)
