"""A scheduled job for all its clients in this process, by the same dispatch and worker as in the cloud."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from brain.errors import BrainError
from brain.ports.logger import ErrorReporter
from brain.ports.task_queue import Task, TaskQueue
from brain.services.jobs.dispatch import Dispatch
from brain.services.jobs.lease import Figures
from brain.services.jobs.perform import InProcessQueue, TaskPerformer


class DispatchFactory(Protocol):
    """Builds a dispatch into a queue."""

    def __call__(self, queue: TaskQueue, /) -> Dispatch:
        """Return the dispatch."""


class RunProgress(Protocol):
    """Is told of the progress before each task."""

    def __call__(self, completed: int, total: int, task: Task, /) -> None:
        """Take note of the number of completed tasks, of all tasks, and of the next task."""


@dataclass(frozen=True, slots=True)
class RunJob:
    """Dispatches a job into a queue of its own and performs it; the failure of one client does not stop the others.

    Tasks of other jobs that the dispatch enqueues are performed too and reported under ``beside``.
    """

    dispatch: DispatchFactory
    perform: TaskPerformer
    report_error: ErrorReporter

    def __call__(
        self,
        job: str,
        scheduled_at: datetime,
        *,
        client_id: str | None = None,
        dry_run: bool = False,
        progress: RunProgress = lambda _completed, _total, _task: None,
    ) -> dict[str, Any]:
        """Return the totals and the figures per client; ``status`` is ``failed`` if the run of any client failed."""
        queue = InProcessQueue(self.perform)
        dispatch = self.dispatch(queue)
        dispatched = dispatch(job, scheduled_at, client_id=client_id, dry_run=dry_run)
        if dispatched["status"] == "disabled" and not queue.tasks:
            return dict(dispatched)
        total = len(queue.tasks)
        renewed_at = dispatch.enqueue.renew([], None)

        def observe(task: Task) -> None:
            nonlocal renewed_at
            renewed_at = dispatch.enqueue.renew(queue.tasks, renewed_at)
            progress(max(0, total - len(queue.tasks) - 1), total, task)

        succeeded, failed = queue.drain(observe)
        by_job: dict[str, dict[str, dict[str, Any]]] = {job: {}}
        for task, figures in succeeded:
            by_job.setdefault(task.job, {})[task.client_id] = dict(figures)
        for task, error in failed:
            if error.code == BrainError.code:  # a bug, whose traceback only the log has
                self.report_error(f"{task.job} of {task.client_id}", error)
            failure = {"status": "failed", "code": error.code, "message": error.message}
            by_job.setdefault(task.job, {})[task.client_id] = failure
        clients = by_job.pop(job)
        status = "failed" if failed else "success"
        answer: dict[str, Any] = {"status": status, "job": job, "scheduled_at": scheduled_at}
        answer |= {"totals": _sum_figures(clients), "clients": clients} | ({"beside": by_job} if by_job else {})
        return answer | {name: counts for name, counts in dispatched.items() if name in {"dead_letters", "abandoned"}}


def _sum_figures(clients: Mapping[str, Figures]) -> dict[str, int]:
    """Return the sums of the integer figures over all clients."""
    totals: Counter[str] = Counter()
    for figures in clients.values():
        totals.update({name: count for name, count in figures.items() if isinstance(count, int) and count is not True})
    return dict(totals)
