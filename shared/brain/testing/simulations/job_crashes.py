"""Every job in a world where its worker is killed or hangs at a chosen store call, on the queues' real schedule.

A process that dies leaves nothing but the store: each attempt gets a Brain of its own. What a run leaves in the store
and in the shop's database is compared with what the same run leaves without a crash.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.gateway.dead_letters import DeadLetter, derive_dead_letter_id
from brain.domain.jobs.runs import HEARTBEAT_PERIOD
from brain.domain.jobs.steps import (
    ALL_CLIENTS,
    JOBS,
    LEARNING,
    RETRY_DEAD_LETTERS,
)
from brain.entrypoints.http import Request
from brain.entrypoints.jobs.handlers import RETRY_COUNT, WorkerHttp
from brain.ports.document_store import DocumentStore
from brain.ports.sales_warehouse import ResultTable
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters, task_to_body
from brain.services.jobs.heartbeat import Beat
from brain.settings.scheduler import read_scheduler
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.crash_worlds import CLIENT, SHOP_SELECTION, CrashWorlds, build_brain, get_scheduled_time
from brain.testing.simulations.shop_clients import BAKER, open_warehouse
from brain.testing.simulations.simulated_tasks import Attempt, SimulatedTasks

IGNORED = ("system/brain/runs", "system/brain/dead_letter_queue", "system/brain/counters")
"""Collections that tell of the attempts and not of their results."""
MAX_HOURS = 24


class Crash(StrEnum):
    """What happens at the chosen store call of the worker."""

    ONCE_BEFORE = "killed once, before the call"
    ONCE_AFTER = "killed once, after the call"
    ALWAYS = "killed at every attempt"
    HANG = "hangs once until the deadline"


class Outcome(StrEnum):
    """How a run ended on the queue's schedule."""

    DONE = "done"
    DEAD_LETTERED = "dead-lettered"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class CrashResult:
    """The outcome, and whether the run, replayed if dead-lettered, left the same as without a crash."""

    outcome: Outcome
    is_same: bool


@contextmanager
def no_heartbeat(_beat: Beat) -> Iterator[None]:
    """Do not beat: virtual time stands still while a job works."""
    yield


class HangingStore(FaultyStore):
    """A store whose chosen call never returns: the heartbeat goes on until the process is ended at its deadline."""

    def __init__(self, inner: DocumentStore, fail_at: int, clock: ManualClock, deadline: timedelta) -> None:
        super().__init__(inner, fail_at=fail_at, mode=FaultMode.KILL)
        self._clock, self._deadline = clock, deadline
        self.beat: Beat = lambda: False

    def heartbeat(self, beat: Beat) -> AbstractContextManager[None]:
        """Beat only while a call hangs."""
        self.beat = beat
        return self._beat_while_hanging()

    @contextmanager
    def _beat_while_hanging(self) -> Iterator[None]:
        try:
            yield
        except ProcessKilled:
            end = self._clock.now() + self._deadline
            while self._clock.now() + HEARTBEAT_PERIOD < end:
                self._clock.advance(HEARTBEAT_PERIOD)
                self.beat()
            raise


@dataclass(slots=True)
class CrashWorld:
    """One run of a job for one client on the simulated queue, and what is left of it."""

    job: str
    folder: Path
    clock: ManualClock
    calls: int = 0
    _store: SqliteStore | None = None

    @classmethod
    def open(cls, worlds: CrashWorlds, job: str, name: str) -> "CrashWorld":
        """Return a fresh world for a job."""
        return cls(job, worlds.copy(job, name), ManualClock(get_scheduled_time(job)))

    @property
    def client_id(self) -> str:
        """The client whose worker crashes."""
        if self.job == LEARNING:
            return ALL_CLIENTS
        return BAKER.client_id if JOBS[self.job].clients is SHOP_SELECTION else CLIENT

    @property
    def store(self) -> SqliteStore:
        """The store, which outlives the processes."""
        if self._store is None:
            self._store = SqliteStore(str(self.folder / "brain.db"), self.clock, synchronous="OFF")
        return self._store

    def close(self) -> None:
        """Close the store and remove the world."""
        self.store.close()
        shutil.rmtree(self.folder)

    def crash(self, crash: Crash | None, call: int) -> Outcome:
        """Dispatch the job, crash its worker for one client at a store call, and return how the run ended."""
        tasks = SimulatedTasks(read_scheduler(), self.clock)
        brain = build_brain(self.store, self.clock, self.folder)
        at = self.clock.now()
        brain.enqueue_runs(tasks)([Task(self.job, self.client_id, at, at)])
        attempts = 0

        def attempt(task: Task, retry_count: int) -> Attempt:
            nonlocal attempts
            attempts += 1
            is_crashing = crash is not None and (attempts == 1 or crash is Crash.ALWAYS)
            return self._attempt(tasks, task, retry_count, crash if is_crashing else None, call)

        tasks.run(attempt)
        outcome = self._read_outcome()
        for _ in range(MAX_HOURS):
            if outcome is not Outcome.NEITHER:
                break
            self.clock.advance(timedelta(hours=1))
            brain.dispatch(tasks).sweep()
            outcome = self._read_outcome()
        return outcome

    def _attempt(self, tasks: SimulatedTasks, task: Task, retry_count: int, crash: Crash | None, call: int) -> Attempt:
        deadline = timedelta(seconds=read_scheduler().get_task_deadline_seconds(task.job))
        store = self._open_faulty_store(crash, call, deadline)
        heartbeat = store.heartbeat if isinstance(store, HangingStore) else no_heartbeat
        brain = build_brain(store, self.clock, self.folder)
        perform = replace(brain.perform, heartbeat=heartbeat)
        continue_run = brain.enqueue_runs(tasks).continue_run
        retries = read_scheduler().task_retry.retries
        worker = WorkerHttp(perform, continue_run, brain.give_up, retries, self.clock, brain.log)
        body = {"job": task.job, "client_id": task.client_id, "scheduled_at": task.scheduled_at.isoformat()}
        request = Request("POST", "/", {RETRY_COUNT: str(retry_count)}, json.dumps(body).encode())
        started_at = self.clock.now()
        try:
            status: int | None = worker(request).status
        except ProcessKilled:
            status = None
        self.calls = store.calls.total()
        is_hung = crash is Crash.HANG and status is None
        return Attempt(status, deadline if is_hung else self.clock.now() - started_at)

    def _open_faulty_store(self, crash: Crash | None, call: int, deadline: timedelta) -> FaultyStore:
        if crash is None:
            return FaultyStore(self.store)
        if crash is Crash.HANG:
            return HangingStore(self.store, call, self.clock, deadline)
        mode = FaultMode.KILL_AFTER if crash is Crash.ONCE_AFTER else FaultMode.KILL
        return FaultyStore(self.store, fail_at=call, mode=mode)

    def _read_outcome(self) -> Outcome:
        at = get_scheduled_time(self.job)
        record = self.store.get(paths.run(self.job, self.client_id, at))
        if record is not None and record.data["status"] == "done":
            return Outcome.DONE
        return Outcome.DEAD_LETTERED if self._find_letter() else Outcome.NEITHER

    def _find_letter(self) -> DeadLetter | None:
        at = get_scheduled_time(self.job)
        body = task_to_body(Task(self.job, self.client_id, at, at))
        return DeadLetters(self.store).get(derive_dead_letter_id(self.client_id, self.job, body), self.clock.now())

    def replay(self) -> None:
        """Replay the dead letter of the run, if any, in a process without faults; nothing of it may remain.

        A retry of dead letters that dies at a letter leaves this for a later hour, so it is replayed here as well.
        """
        self.clock.advance(timedelta(hours=1))
        brain = build_brain(self.store, self.clock, self.folder)
        letter = self._find_letter()
        if letter:
            brain.replay.repeat_work(letter)
        if self.job == RETRY_DEAD_LETTERS:
            for remaining in DeadLetters(self.store).list(self.clock.now(), self.client_id):
                brain.replay.repeat_work(remaining)
        assert self._find_letter() is None
        assert self._read_outcome() is Outcome.DONE

    def read_all(self) -> dict[str, Any]:
        """Return everything that a run leaves, by path or table."""
        with closing(sqlite3.connect(self.folder / "brain.db")) as connection:
            rows = connection.execute("SELECT collection, id, data FROM documents ORDER BY collection, id").fetchall()
        left: dict[str, Any] = {f"{where}/{name}": data for where, name, data in rows if where not in IGNORED}
        if (self.folder / "shop.db").exists():
            with closing(open_warehouse(f"sqlite:///{self.folder / 'shop.db'}")) as warehouse:
                left |= {str(table): warehouse.results(table) for table in ResultTable}
        return left


@dataclass(slots=True)
class CrashSimulation:
    """Crashes of one job, compared with its run without a crash."""

    worlds: CrashWorlds
    job: str
    expected: dict[str, Any] = field(default_factory=dict)
    calls: int = 0

    def __post_init__(self) -> None:
        """Run the job without a crash."""
        world = CrashWorld.open(self.worlds, self.job, "faultless")
        before = world.read_all()
        assert world.crash(None, 0) is Outcome.DONE
        self.calls, self.expected = world.calls, world.read_all()
        assert self.expected != before, f"{self.job} has nothing to do in this world"
        world.close()

    def crash(self, crash: Crash, call: int) -> CrashResult:
        """Crash at a store call, and compare what is left after a replay."""
        world = CrashWorld.open(self.worlds, self.job, "crashed")
        outcome = world.crash(crash, call)
        if outcome is not Outcome.NEITHER:
            world.replay()
        result = CrashResult(outcome, is_same=world.read_all() == self.expected)
        world.close()
        return result
