"""Dead letters whose fault may pass heal by themselves, once, whoever tries them and wherever a worker dies."""

import asyncio
import json
import threading
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from brain.adapters.sqlite.writer import SqliteWriter
from brain.bootstrap import Brain
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.dead_letters import DeadLetter
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.errors import BrainError, LeaseHeldError, LeaseLostError, NotFoundError, StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.runs import Runs
from brain.services.gateway import read_request
from brain.services.gateway.reconcile import Reconcile
from brain.services.gateway.retry_dead_letters import RetryDeadLetters
from brain.services.jobs.perform import InProcessQueue
from brain.services.jobs.run_once import run_once
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    BrokenReader,
    MutableSecrets,
    build_memory_brain,
    build_post_payload,
    build_request,
    send_request,
)

LIMIT = timedelta(minutes=5)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> BrokenReader:
    """A reader with a fault, in the place of the real one."""
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    return broken


def quiet(*_: Any, **__: Any) -> None:
    """A fault of ours is told to the log, which these tests do not read."""


def world(reader: BrokenReader) -> tuple[Brain, ManualClock]:
    """Return a Brain that holds two letters which may pass and one which cannot, an hour later, its reader fixed."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    brain.log = quiet
    reader.broken = False
    send_request(brain, [build_post_payload(1)], name="good")
    reader.broken = True
    send_request(brain, [build_post_payload(1), build_post_payload(2)], name="first")
    send_request(brain, [build_post_payload(3)], name="second")
    reader.broken = False
    send_request(brain, b"{", name="unreadable")
    clock.advance(timedelta(hours=1))
    return brain, clock


def retry(brain: Brain, clock: ManualClock, store: Any = None, *, dry_run: bool = False) -> Any:
    """Perform the client's task of this hour."""
    scheduled_at = clock.now()
    work = RetryDeadLetters(store or brain.store, brain.replay, brain.retry_policy, brain.report_error)
    return run_once(
        Runs(store or brain.store),
        Task(RETRY_DEAD_LETTERS, CLIENT, scheduled_at, scheduled_at, dry_run),
        work,
        time_limit=LIMIT,
        clock=clock,
    )


def letters(brain: Brain) -> list[DeadLetter]:
    """What is kept aside."""
    return DeadLetters(brain.store).list(brain.clock.now(), CLIENT)


def books(brain: Brain) -> dict[str, int]:
    """What came to which end."""
    account = Reconcile(brain.store)(CLIENT, now=brain.clock.now())
    return {name: account[name] for name in ("stored", "duplicate", "dead_lettered", "settled", "sent", "difference")}


HEALED = {"stored": 3, "duplicate": 0, "dead_lettered": 1, "settled": 1, "sent": 5, "difference": 0}


def test_a_fault_that_passed_heals_within_the_hour_and_the_unreadable_stays_parked(reader: BrokenReader) -> None:
    """Five items were sent: three are events, one was there already, one waits for the operator."""
    brain, clock = world(reader)
    assert books(brain) == HEALED | {"stored": 1, "dead_lettered": 4, "settled": 0}
    assert retry(brain, clock) == {"status": "success", "retried": 2, "taken": 2, "failed": 0, "parked": 0}
    (left,) = letters(brain)
    assert (left.error_code, left.parked, left.attempts) == ("unreadable_body", True, 1)
    assert books(brain) == HEALED


def test_a_fault_that_lasts_is_tried_ever_later_and_parked_in_the_end(reader: BrokenReader) -> None:
    """Every retry is counted; after the last one only an operator tries it."""
    brain, clock = world(reader)
    reader.broken = True
    waits = []
    for _ in range(200):
        tried = [letter for letter in letters(brain) if not letter.parked]
        if not tried:
            break
        waits.append(min(letter.next_try_at for letter in tried if letter.next_try_at) - clock.now())
        clock.advance(timedelta(hours=1))
        retry(brain, clock)
    internal = [letter for letter in letters(brain) if letter.error_code == "internal"]
    assert {(letter.retries, letter.attempts) for letter in internal} == {(8, 9)}
    assert max(waits) > timedelta(hours=7)
    assert books(brain)["difference"] == 0
    reader.broken = False
    clock.advance(timedelta(days=1))
    assert retry(brain, clock)["retried"] == 0


def test_a_letter_that_turns_out_to_be_hopeless_is_parked(reader: BrokenReader) -> None:
    """The fault is fixed, and what it hid is a shape that nobody knows."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    brain.log = quiet
    send_request(brain, {"nobody": "knows this"})
    reader.broken = False
    clock.advance(timedelta(hours=1))
    assert retry(brain, clock)["failed"] == 1
    (left,) = letters(brain)
    assert (left.error_code, left.parked, left.retries) == ("unknown_shape", True, 1)


@pytest.mark.parametrize("mode", list(FaultMode))
def test_a_retry_broken_at_any_call_and_taken_up_in_a_later_hour_ends_the_same(
    reader: BrokenReader, mode: FaultMode
) -> None:
    """Refused, answered into the void, or killed, at every call of the store and of the writer."""
    brain, clock = world(reader)
    counting, writing = FaultyStore(brain.store), FaultyWriter(SqliteWriter(brain.store))
    broken_retry(brain, clock, counting, writing)
    for k in range(1, counting.calls.total() + writing.calls + 1):
        brain, clock = world(reader)
        at_store = k <= counting.calls.total()
        store = FaultyStore(brain.store, fail_at=k if at_store else None, mode=mode)
        writer = FaultyWriter(
            SqliteWriter(brain.store), fail_at=None if at_store else k - counting.calls.total(), mode=mode
        )
        broken_retry(brain, clock, store, writer)
        for _ in range(3):
            clock.advance(timedelta(hours=3))
            retry(brain, clock)
        assert books(brain) == HEALED, f"{mode} at call {k}"
        assert [letter.error_code for letter in letters(brain)] == ["unreadable_body"], f"{mode} at call {k}"


def broken_retry(brain: Brain, clock: ManualClock, store: FaultyStore, writer: FaultyWriter) -> None:
    """Try once on a store and a writer that break, and restore them afterwards."""
    intact_writer, inner = brain.ingest.writer, brain.store
    brain.ingest.writer = brain.ingest.store_dead_letter.writer = writer
    brain.replay.store = brain.ingest.store = store
    try:
        retry(brain, clock, store)
    except (BrainError, ProcessKilled):
        clock.advance(LIMIT + timedelta(minutes=1))
    brain.ingest.writer = brain.ingest.store_dead_letter.writer = intact_writer
    brain.replay.store = brain.ingest.store = inner


def test_two_workers_never_try_the_same_letter_at_once(reader: BrokenReader) -> None:
    """The same task is leased; tasks of two hours that overlap claim each letter once."""
    brain, clock = world(reader)
    before = reader.calls
    answers: list[Any] = []

    def start(minutes: int) -> None:
        scheduled_at = clock.now() + timedelta(minutes=minutes % 2)
        work = RetryDeadLetters(brain.store, brain.replay, brain.retry_policy, brain.report_error)
        try:
            task = Task(RETRY_DEAD_LETTERS, CLIENT, scheduled_at, scheduled_at)
            answers.append(run_once(Runs(brain.store), task, work, time_limit=LIMIT, clock=clock))
        except LeaseHeldError:
            answers.append(None)

    threads = [threading.Thread(target=start, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reader.calls - before == 3  # an item each of two letters, and one more
    assert books(brain) == HEALED


def test_a_dry_run_says_what_is_due_and_tries_nothing(reader: BrokenReader) -> None:
    """Not even the count of attempts changes."""
    brain, clock = world(reader)
    assert retry(brain, clock, dry_run=True)["would_write"] == {"dead_letter_queue": 2}
    assert {letter.attempts for letter in letters(brain)} == {1}


def test_a_job_that_was_given_up_is_run_again() -> None:
    """A task that failed because the store was away is done an hour later; the retries' own task never is."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    away = StoreUnavailableError("of this test")
    brain.give_up(Task("brainHourlyScores", CLIENT, NOW, NOW), away)
    brain.give_up(Task(RETRY_DEAD_LETTERS, CLIENT, NOW, NOW), away)
    clock.advance(timedelta(hours=1))
    assert retry(brain, clock)["taken"] == 1
    (left,) = letters(brain)
    assert (left.source, left.parked) == (RETRY_DEAD_LETTERS, True)


def test_the_hourly_dispatch_enqueues_retries_for_whom_they_are_due(reader: BrokenReader) -> None:
    """Whether the client sent anything else or not; the answer's figures are what an alert watches."""
    brain, clock = world(reader)
    queue = InProcessQueue(brain.perform)
    figures = brain.dispatch(queue)("brainHourlyScores", clock.now())
    assert figures["dead_letters"] == {"total": 3, "due": 2, "parked": 1, "new": 3, "enqueued": 1}
    assert [task.client_id for task in queue.tasks if task.job == RETRY_DEAD_LETTERS] == [CLIENT]
    other = brain.dispatch(InProcessQueue(brain.perform))("brainHourlyScores", clock.now(), client_id="other")
    assert other["dead_letters"]["enqueued"] == 0
    answer = brain.run_job("brainHourlyScores", clock.now())
    assert answer["beside"][RETRY_DEAD_LETTERS][CLIENT]["taken"] == 2
    assert answer["clients"][CLIENT]["scored"] == 1  # what the retry stored is the next hour's
    brain.store.set(paths.feature(RETRY_DEAD_LETTERS), {"enabled": False})
    assert "dead_letters" not in brain.dispatch(queue)("brainHourlyScores", clock.now())


def test_replays_of_one_letter_at_the_same_time_end_as_one(reader: BrokenReader) -> None:
    """An operator replays what the hourly retry is at: one of them claims the letter, and the books agree."""
    brain, _ = world(reader)
    several = [letter for letter in letters(brain) if letter.error_code == "internal"] * 3

    async def at_once() -> list[Any]:
        return await asyncio.gather(*(brain.replay(letter) for letter in several), return_exceptions=True)

    results = asyncio.run(at_once())
    refused = [result for result in results if isinstance(result, LeaseHeldError | NotFoundError)]
    assert (len(results), len(refused)) == (6, 4)
    assert books(brain) == HEALED


def test_a_letter_that_expired_or_that_no_key_opens_is_parked(reader: BrokenReader) -> None:
    """The first is as good as gone; the second waits for the operator to add the key."""
    clock, vault = ManualClock(NOW), MutableSecrets()
    brain = build_memory_brain(clock, vault)
    brain.log = quiet
    send_request(brain, [build_post_payload(1)])
    vault.texts["BRAIN_SEAL_KEY"] = "another key, without the old one"
    clock.advance(timedelta(hours=1))
    assert retry(brain, clock) == {"status": "success", "retried": 1, "taken": 0, "failed": 1, "parked": 0}
    (left,) = letters(brain)
    assert (left.error_code, left.parked) == ("misconfigured", True)
    send_request(brain, [build_post_payload(2)])
    clock.advance(timedelta(days=31))
    assert retry(brain, clock) == {"status": "success", "retried": 0, "taken": 0, "failed": 0, "parked": 1}
    assert reader.calls == 2


def test_a_run_near_its_end_leaves_the_rest_to_its_next_attempt(reader: BrokenReader) -> None:
    """Figures go on from where it stopped."""
    brain, clock = world(reader)

    class Late:
        """A store after whose first commit the time is nearly up, and the claim of the letter not yet."""

        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def commit(self, writes: Any) -> Any:
            clock.advance(LIMIT * 0.95)
            return self._inner.commit(writes)

    scheduled_at = clock.now()
    work = RetryDeadLetters(brain.store, brain.replay, brain.retry_policy, brain.report_error)
    task = Task(RETRY_DEAD_LETTERS, CLIENT, scheduled_at, scheduled_at)
    first = run_once(Runs(Late(brain.store)), task, work, time_limit=LIMIT, clock=clock)
    assert (first["status"], first["retried"]) == ("stopped", 1)
    second = run_once(Runs(brain.store), task, work, time_limit=LIMIT, clock=clock)
    assert (second["status"], second["retried"], second["taken"]) == ("success", 2, 2)
    assert books(brain) == HEALED


def test_a_worker_that_lost_its_lease_while_it_claims_tries_no_letter(reader: BrokenReader) -> None:
    """The other worker does."""
    brain, clock = world(reader)
    before = reader.calls

    class Overtaken:
        """A lease that was taken over before the first claim."""

        client_id, scheduled_at, checkpoint, dry_run = CLIENT, clock.now(), MappingProxyType({}), False

        def out_of_time(self) -> bool:
            return False

        def commit(self, *_: Any) -> None:
            raise LeaseLostError("another worker holds this run")

    work = RetryDeadLetters(brain.store, brain.replay, brain.retry_policy, brain.report_error)
    with pytest.raises(LeaseLostError):
        work(Overtaken())
    assert reader.calls == before


def test_a_bug_at_one_letter_keeps_no_other_from_being_retried(reader: BrokenReader) -> None:
    """It is reported, and counted as failed."""
    brain, clock = world(reader)
    reported: list[tuple[str, Exception]] = []

    class BuggyFirst:
        """A replay with a bug at its first letter."""

        ingest, clock = brain.replay.ingest, brain.replay.clock

        def __init__(self) -> None:
            self.calls = 0

        async def __call__(self, letter: DeadLetter, claimed_until: datetime | None) -> Any:
            self.calls += 1
            if self.calls == 1:
                raise ZeroDivisionError
            return await brain.replay(letter, claimed_until)

    work = RetryDeadLetters(
        brain.store, BuggyFirst(), brain.retry_policy, lambda part, error: reported.append((part, error))
    )
    task = Task(RETRY_DEAD_LETTERS, CLIENT, clock.now(), clock.now())
    figures = run_once(Runs(brain.store), task, work, time_limit=LIMIT, clock=clock)
    assert figures == {"status": "success", "retried": 2, "taken": 1, "failed": 1, "parked": 0}
    ((part, error),) = reported
    assert (part, type(error)) == ("retry_dead_letter", ZeroDivisionError)


def test_a_preview_counts_what_cannot_be_read_beside_what_can(reader: BrokenReader) -> None:
    """One bad line of a file does not hide the others."""
    brain = build_memory_brain()
    brain.log = quiet
    good = json.dumps(build_post_payload(1))
    request = build_request(f"{good}\n{{\n".encode(), content_type="application/x-ndjson")
    result = asyncio.run(brain.ingest(request, FeedContext(CLIENT, brain.clock.now())))
    (letter_id,) = {item.dead_letter_id for item in result.items if item.dead_letter_id}
    reader.broken = False
    preview = brain.replay.preview(brain.replay.find(letter_id))
    assert preview == {"events": 1, "rejected": 0, "unreadable": 1, "ignored": 0}
    assert brain.replay.preview(brain.replay.find(letter_id)) == preview


def test_only_clients_with_a_letter_that_is_due_are_listed(reader: BrokenReader) -> None:
    """A parked letter is due for nobody."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    brain.log = quiet
    send_request(brain, b"{")
    brain.give_up(Task("brainHourlyScores", "other", NOW, NOW), StoreUnavailableError("of this test"))
    clock.advance(timedelta(hours=1))
    assert reader.calls == 0
    assert DeadLetters(brain.store).clients_with_due(clock.now()) == ["other"]
