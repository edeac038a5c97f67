"""A replay in flight does not bring back a person who was erased meanwhile, at whatever step the erasure meets it."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.gateway.dead_letters import CLAIM_GRACE, CLAIM_TIME
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.domain.privacy.pseudonyms import list_pseudonyms
from brain.errors import BrainError, LeaseHeldError, StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway import erasures
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.runs import Runs
from brain.services.gateway import read_request
from brain.services.gateway.erase import Erase
from brain.services.gateway.reconcile import Reconcile
from brain.services.gateway.retry_dead_letters import RetryDeadLetters
from brain.services.jobs.run_once import run_once
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, BrokenReader, build_memory_brain, send_request

ADA = "ada.lind@example.org"
CLICK = {"email": ADA, "timestamp": 1795330000, "event": "click", "sg_event_id": "x1"}
TOTAL = {"content_id": "p1", "cumulative": True, "creator": ADA, "occurred_at": "2026-11-22T06:30:00Z", "likes": 2}
OTHER = {"event_id": "o1", "occurred_at": "2026-11-22T06:30:00Z", "likes": 1}


class Gate:
    """Calls ``hook`` once, before or after the call of this number to the store or the writer."""

    def __init__(self, at: int, hook: Callable[[], None], *, is_after: bool) -> None:
        self.at, self.hook, self.is_after, self.calls = at, hook, is_after, 0

    def begin(self) -> int:
        """Return the number of a call that begins."""
        self.calls = number = self.calls + 1
        self._run_hook(number, is_after=False)
        return number

    def end(self, number: int) -> None:
        """End the call of this number."""
        self._run_hook(number, is_after=True)

    def _run_hook(self, number: int, *, is_after: bool) -> None:
        if number == self.at and is_after is self.is_after:
            self.at = 0
            self.hook()


class GatedStore:
    """A store with a gate at every call that reads or writes."""

    def __init__(self, inner: Any, gate: Gate) -> None:
        self._inner, self._gate = inner, gate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            number = self._gate.begin()
            answer = method(*arguments, **options)
            self._gate.end(number)
            return answer

        return call


class GatedWriter:
    """A writer with a gate at every batch."""

    def __init__(self, inner: Any, gate: Gate) -> None:
        self._inner, self._gate = inner, gate

    async def write(self, writes: Any) -> Any:
        """Write through the gate."""
        number = self._gate.begin()
        results = await self._inner.write(writes)
        self._gate.end(number)
        return results

    async def aclose(self) -> None:
        """Leave the writer open."""


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> BrokenReader:
    """A reader with a fault, in the place of the real one."""
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    return broken


def world(reader: BrokenReader) -> tuple[Brain, ManualClock]:
    """Return a Brain with one letter that names Ada in an event, in a revision and beside somebody else."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    brain.log = lambda *_, **__: None
    reader.broken = False
    send_request(brain, TOTAL | {"likes": 1, "creator": "bo@example.org"})
    reader.broken = True
    send_request(brain, [CLICK], "email", name="one")
    send_request(brain, [TOTAL, OTHER], name="two")
    reader.broken = False
    clock.advance(timedelta(hours=1))
    return brain, clock


def erase(brain: Brain, clock: Any = None) -> dict[str, Any]:
    """Erase as the command does."""
    return Erase(brain.store, brain.sealer, brain.identity_key_source, clock or brain.clock)(CLIENT, ADA, "erase-1")


def traces(brain: Brain) -> list[str]:
    """What is still there of Ada."""
    documents = [document.data for document in erasures.iterate_documents(brain.store, CLIENT)]
    documents += [
        letter.data | {"sealed": brain.sealer.open(letter.data["sealed"]).decode()}
        for letter in DeadLetters(brain.store).of_client(CLIENT)
    ]
    text = json.dumps(documents, default=str)
    names = (*list_pseudonyms(ADA, CLIENT, brain.identity_key_source()), ADA)
    return [name for name in names if name in text]


def replay_all(brain: Brain) -> None:
    """Replay as the operator does, every letter that was listed."""
    for letter in DeadLetters(brain.store).list(brain.clock.now()):
        with suppress(BrainError):
            asyncio.run(brain.replay(letter))


def retry_all(brain: Brain) -> None:
    """Retry as the hourly job does."""
    work = RetryDeadLetters(brain.store, brain.replay, brain.retry_policy, lambda *_: None)
    task = Task(RETRY_DEAD_LETTERS, CLIENT, brain.clock.now(), brain.clock.now())
    with suppress(BrainError):
        run_once(Runs(brain.replay.store), task, work, time_limit=timedelta(minutes=30), clock=brain.clock)


def run_gated(brain: Brain, replay: Callable[[Brain], None], gate: Gate) -> None:
    """Replay on a store and a writer with a gate."""
    intact = brain.store, brain.ingest.writer
    writer = GatedWriter(brain.ingest.writer, gate)
    brain.ingest.writer = brain.ingest.store_dead_letter.writer = writer
    brain.replay.store = brain.ingest.store = GatedStore(brain.store, gate)
    try:
        replay(brain)
    finally:
        brain.replay.store = brain.ingest.store = intact[0]
        brain.ingest.writer = brain.ingest.store_dead_letter.writer = intact[1]


@pytest.mark.parametrize("replay", [replay_all, retry_all])
def test_a_replay_that_stands_still_while_the_erasure_waits_writes_nothing_afterwards(
    reader: BrokenReader, replay: Callable[[Brain], None]
) -> None:
    """At every answer of the store the replay is suspended until the erasure has finished."""
    brain, _ = world(reader)
    counting = Gate(0, lambda: None, is_after=True)
    run_gated(brain, replay, counting)
    assert counting.calls > 8
    assert traces(brain)
    for k in range(1, counting.calls + 1):
        brain, _ = world(reader)
        receipts: list[Any] = []
        gate = Gate(k, lambda brain=brain, receipts=receipts: receipts.append(erase(brain)), is_after=True)  # type: ignore[misc]
        run_gated(brain, replay, gate)
        assert receipts, f"at call {k}"
        assert traces(brain) == [], f"at call {k}"
        brain.clock.advance(timedelta(hours=5))
        replay(brain)
        assert traces(brain) == [], f"at call {k}"
        assert erase(brain)["erased"] == receipts[0]["erased"], f"at call {k}"
        assert Reconcile(brain.store)(CLIENT, now=brain.clock.now())["difference"] == 0, f"at call {k}"


class WakingClock:
    """A clock whose first sleep lets the replay go on, and waits until it has ended."""

    def __init__(self, inner: ManualClock, go_on: threading.Event, ended: threading.Event) -> None:
        self._inner, self._go_on, self._ended = inner, go_on, ended

    def now(self) -> datetime:
        """Return the time."""
        return self._inner.now()

    def sleep(self, seconds: float) -> None:
        """Wait for the replay."""
        self._go_on.set()
        assert self._ended.wait(20)
        self._inner.sleep(seconds)


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("replay", [replay_all, retry_all])
def test_a_replay_that_goes_on_while_the_erasure_waits_is_erased_with_the_rest(
    reader: BrokenReader, replay: Callable[[Brain], None], *, is_after: bool
) -> None:
    """At every call, also at writes that are on their way: the erasure waits for it, or it finds the letter erased."""
    brain, _ = world(reader)
    counting = Gate(0, lambda: None, is_after=True)
    run_gated(brain, replay, counting)
    for k in range(1, counting.calls + 1):
        brain, clock = world(reader)
        go_on, ended, reached = threading.Event(), threading.Event(), threading.Event()

        def stand_still(reached: threading.Event = reached, go_on: threading.Event = go_on) -> None:
            reached.set()
            assert go_on.wait(20)

        gate = Gate(k, stand_still, is_after=is_after)

        def run(brain: Brain = brain, ended: threading.Event = ended, gate: Gate = gate) -> None:
            try:
                run_gated(brain, replay, gate)
            finally:
                ended.set()

        thread = threading.Thread(target=run)
        thread.start()
        assert reached.wait(20)
        erase(brain, WakingClock(clock, go_on, ended))
        go_on.set()
        thread.join(20)
        assert traces(brain) == [], f"at call {k}"
        clock.advance(timedelta(hours=5))
        replay(brain)
        assert traces(brain) == [], f"at call {k}"


@pytest.mark.parametrize("mode", [FaultMode.KILL, FaultMode.KILL_AFTER, FaultMode.LOSE])
def test_a_claim_of_a_replay_that_was_killed_ends_by_itself(reader: BrokenReader, mode: FaultMode) -> None:
    """The erasure waits for it once, and no longer than a claim lasts."""
    brain, _ = world(reader)
    counting = FaultyStore(brain.store)
    brain.replay.store = brain.ingest.store = counting
    replay_all(brain)
    for k in range(1, counting.calls.total() + 1):
        brain, clock = world(reader)
        intact = brain.store
        brain.replay.store = brain.ingest.store = FaultyStore(intact, fail_at=k, mode=mode)
        with suppress(ProcessKilled):
            replay_all(brain)
        brain.replay.store = brain.ingest.store = intact
        before = clock.now()
        erase(brain)
        assert clock.now() - before <= CLAIM_TIME + CLAIM_GRACE
        assert traces(brain) == [], f"{mode} at call {k}"
        replay_all(brain)
        assert traces(brain) == [], f"{mode} at call {k}"


def test_a_claimed_letter_is_neither_replayed_nor_purged_and_can_be_later(reader: BrokenReader) -> None:
    """An erasure would not see that a replay is at a letter which is gone."""
    brain, clock = world(reader)
    letter = DeadLetters(brain.store).list(clock.now())[0]
    DeadLetters(brain.store).claim(letter.dead_letter_id, clock.now())
    with pytest.raises(LeaseHeldError, match="try again after"):
        asyncio.run(brain.replay(letter))
    with pytest.raises(LeaseHeldError, match="purge it after"):
        brain.replay.purge(letter)
    clock.advance(CLAIM_TIME + CLAIM_GRACE)
    asyncio.run(brain.replay(letter))
    assert brain.store.get(paths.dead_letter(letter.dead_letter_id)) is None
    brain.replay.purge(letter)


def test_a_replay_costs_one_write_and_a_retry_none(reader: BrokenReader) -> None:
    """The retry's own claim is that of the replay; a replay that failed says that it has ended."""
    brain, clock = world(reader)
    counting, writing = FaultyStore(brain.store), FaultyWriter(brain.ingest.writer)
    brain.replay.store = brain.ingest.store = counting
    brain.ingest.writer = brain.ingest.store_dead_letter.writer = writing
    letter = next(letter for letter in DeadLetters(brain.store).list(clock.now()) if letter.source == "email")
    asyncio.run(brain.replay(letter))
    assert counting.writes_by == {"dead_letter_queue": 2, "counters": 1}  # claimed and settled
    reader.broken = True
    (other,) = DeadLetters(brain.store).list(clock.now())
    asyncio.run(brain.replay(other))
    assert DeadLetters(brain.store).list(clock.now())[0].claimed_until is None
    reader.broken = False
    asyncio.run(brain.replay(other))


def test_an_erasure_gives_up_on_a_letter_that_is_replayed_all_the_time(reader: BrokenReader) -> None:
    """It says so, and the same command again goes on."""
    brain, clock = world(reader)

    class Replayed(ManualClock):
        """A clock during whose sleep the next replay claims every letter."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            for letter in DeadLetters(brain.store).of_client(CLIENT):
                brain.store.update(letter.path, {"claimed_until": self.now() + CLAIM_TIME})

    busy = Replayed(clock.now())
    busy.sleep(0)
    with pytest.raises(StoreUnavailableError, match="run the same command again"):
        erase(brain, busy)
    clock.time = busy.time
    erase(brain)
    assert traces(brain) == []
