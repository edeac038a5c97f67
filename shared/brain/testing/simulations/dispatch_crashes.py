"""A dispatch whose process is killed at any call of the store or the queue, and repeated by Cloud Scheduler."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from brain.domain.jobs.steps import JOBS
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.settings.scheduler import read_scheduler
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.simulations.crash_worlds import CrashWorlds, build_brain
from brain.testing.simulations.job_crashes import CrashWorld
from brain.testing.simulations.simulated_tasks import Attempt, SimulatedTasks

RETRY_DELAY = timedelta(seconds=60)


@dataclass(slots=True)
class KilledAtQueue:
    """A queue at whose chosen call the process ends, before the task is in the queue or after."""

    inner: SimulatedTasks
    kill_at: int = 0
    mode: FaultMode = FaultMode.KILL
    calls: int = 0

    def enqueue(self, task: Task) -> bool:
        """Add the task, or end the process."""
        self.calls += 1
        if self.calls == self.kill_at and self.mode is FaultMode.KILL:
            raise ProcessKilled
        is_new = self.inner.enqueue(task)
        if self.calls == self.kill_at:
            raise ProcessKilled
        return is_new


@dataclass(slots=True)
class DispatchCrashSimulation:
    """Crashes of the dispatch of one job, compared with its dispatch without a crash."""

    worlds: CrashWorlds
    job: str
    expected: dict[str, Any] = field(default_factory=dict)
    store_calls: int = 0
    queue_calls: int = 0

    def __post_init__(self) -> None:
        """Dispatch the job without a crash, and perform its tasks."""
        world = CrashWorld.open(self.worlds, self.job, "dispatched")
        self._dispatch(world, 0, 0, FaultMode.KILL)
        self.expected = world.read_all()
        world.close()

    def crash_everywhere(self) -> Iterator[tuple[str, bool]]:
        """Yield each point at which the first dispatch was killed, and whether all runs ended with the same bytes."""
        for mode in (FaultMode.KILL, FaultMode.KILL_AFTER):
            for call in range(1, self.store_calls + 1):
                yield f"{mode} at store call {call}", self._crash(call, 0, mode)
            for call in range(1, self.queue_calls + 1):
                yield f"{mode} at queue call {call}", self._crash(0, call, mode)

    def _crash(self, store_call: int, queue_call: int, mode: FaultMode) -> bool:
        world = CrashWorld.open(self.worlds, self.job, "dispatched")
        self._dispatch(world, store_call, queue_call, mode)
        is_same = world.read_all() == self.expected
        runs = [run.data["status"] for run in world.store.query(paths.RUNS) if "open_until" in run.data]
        world.close()
        return is_same and not runs

    def _dispatch(self, world: CrashWorld, store_call: int, queue_call: int, mode: FaultMode) -> None:
        """Dispatch with a crash, repeat the dispatch after the scheduler's delay, and perform all tasks."""
        at, tasks = world.clock.now(), SimulatedTasks(read_scheduler(), world.clock)
        store = FaultyStore(world.store, fail_at=store_call, mode=mode)
        queue = KilledAtQueue(tasks, queue_call, mode)
        try:
            build_brain(store, world.clock, world.folder).dispatch(queue)(self.job, at)
        except ProcessKilled:
            world.clock.advance(RETRY_DELAY)
            build_brain(world.store, world.clock, world.folder).dispatch(tasks)(self.job, at)
        else:
            self.store_calls, self.queue_calls = store.calls.total(), queue.calls
        perform = build_brain(world.store, world.clock, world.folder).perform

        def attempt(task: Task, _retry_count: int) -> Attempt:
            assert perform(task)["status"] == "success"
            return Attempt(200)

        tasks.run(attempt)


SCHEDULED_JOBS = tuple(job for job, row in JOBS.items() if row.enqueued_with is None)
