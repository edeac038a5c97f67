"""The deployed queues under load in virtual time: limits of concurrency and rate, the real worker, no heartbeats."""

import heapq
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from field.job_site import HOUR, JobSite

from brain.domain.jobs.schedule import not_before
from brain.entrypoints.http import Request
from brain.entrypoints.jobs.handlers import RETRY_COUNT
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.services.jobs.lease import Figures, Lease
from brain.testing.faulty_store import ProcessKilled

START = datetime(2026, 11, 24, 6, tzinfo=UTC)


@dataclass(slots=True)
class Limits:
    """The workers of one queue, by the time when each is free, and the time of its next dispatch."""

    free_at: list[datetime]
    interval: timedelta
    next_start: datetime = START
    waiting: list[tuple[datetime, int, dict[str, Any], int]] = field(default_factory=list)

    def earliest(self) -> datetime:
        """Return when the first waiting task can start."""
        return max(self.waiting[0][0], self.free_at[0], self.next_start)


class BusySite(JobSite):
    """Many clients' daily runs; some hang at every attempt, and all fail before ``failing_until``."""

    def __init__(self, case: dict[str, Any]) -> None:
        super().__init__("brainDailyAnalysis", [[]], START)
        self._jobs = {**self._jobs, self.job: replace(self._jobs[self.job], build=lambda: self._work)}
        self._seconds = case["seconds"]
        self._failing_until = START + timedelta(seconds=case.get("failing_until", 0))
        self._limits = {
            name: Limits([START] * queue.concurrent_dispatches, timedelta(seconds=1 / queue.dispatches_per_second))
            for name, queue in self.table.queues.items()
        }
        self._enqueued = 0
        jitter = timedelta(seconds=self.table.scheduled[self.job].jitter_seconds)
        names = [f"client-{number}" for number in range(case["clients"] + case["hanging"])]
        names.sort(key=lambda name: not_before(self.job, name, START, jitter))
        self.hanging = set(names[: case["hanging"]])
        self.done_at: dict[str, datetime] = {}
        self.starts: list[datetime] = []
        self.latest_start = START + jitter
        self.enqueue([Task(self.job, name, START, not_before(self.job, name, START, jitter)) for name in names])

    def create_task(self, *, request: dict[str, Any]) -> None:
        """Let a task wait in its queue."""
        self._wait(request["task"], request["task"]["schedule_time"], 0)

    def run_for(self, hours: int) -> None:
        """Let the queues work, with the hourly function called at each full hour."""
        for hour in range(1, hours + 1):
            self._work_until(START + hour * HOUR)
            self.clock.time = START + hour * HOUR
            self.dispatch("brainHourlyScores")

    def report(self, lateness: float) -> dict[str, Any]:
        """Return how the runs of the clients that do not hang ended."""
        runs = [run.data for run in self.store.query(paths.RUNS) if run.data.get("job") == self.job]
        letters = self.store.query(paths.DEAD_LETTERS)
        return {
            "others_done": sum(run["status"] == "done" for run in runs if run["client_id"] not in self.hanging),
            "is_in_time": max(self.done_at.values()) <= self.latest_start + timedelta(seconds=lateness),
            "abandoned_others": self.logged.count("task_abandoned")
            - sum(letter.data["client_id"] in self.hanging for letter in letters),
            "most_starts_a_second": max(self.starts.count(start) for start in set(self.starts)),
        }

    def _work_until(self, end: datetime) -> None:
        while queues := [limits for limits in self._limits.values() if limits.waiting and limits.earliest() < end]:
            limits = min(queues, key=Limits.earliest)
            start = limits.earliest()
            _, _, task, retry_count = heapq.heappop(limits.waiting)
            limits.next_start = start + limits.interval
            self.clock.time = start
            self.starts.append(start.replace(microsecond=0))
            heapq.heapreplace(limits.free_at, self._perform(task, retry_count, start))

    def _perform(self, task: dict[str, Any], retry_count: int, start: datetime) -> datetime:
        """Let a worker do a task, and return when it is free."""
        request = Request("POST", "/", {RETRY_COUNT: str(retry_count)}, task["http_request"]["body"])
        try:
            has_failed = self._worker(request).status >= 400
            end = start + timedelta(seconds=self._seconds)
        except ProcessKilled:
            has_failed = True
            end = start + timedelta(seconds=task["dispatch_deadline"]["seconds"])
        delays = self.table.task_retry.delays_seconds
        if has_failed and retry_count < len(delays):
            self._wait(task, end + timedelta(seconds=delays[retry_count]), retry_count + 1)
        return end

    def _work(self, lease: Lease) -> Figures:
        now = self.clock.now()
        if lease.client_id in self.hanging:
            raise ProcessKilled
        if now < self._failing_until:
            raise OSError("the shop's database is away")
        self.done_at[lease.client_id] = now + timedelta(seconds=self._seconds)
        return lease.finish([], {"done": 1})

    def _wait(self, task: dict[str, Any], time: datetime, retry_count: int) -> None:
        self._enqueued += 1
        name = task["name"].split("/")[0]
        heapq.heappush(self._limits[name].waiting, (time, self._enqueued, task, retry_count))
