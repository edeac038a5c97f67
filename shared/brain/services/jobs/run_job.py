"""Runs a scheduled job for all its clients in this process: the same dispatch and worker, without a cloud."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.ports.task_queue import Task, TaskQueue
from brain.services.jobs.dispatch import Dispatch
from brain.services.jobs.lease import Figures
from brain.services.jobs.perform import TasksHere


@dataclass(frozen=True, slots=True)
class RunJob:
    """Dispatches into a queue of its own and drains it; one client's failure stops no other.

    What a dispatch enqueues of other jobs is done too, and told under ``beside``.
    """

    dispatch: Callable[[TaskQueue], Dispatch]
    perform: Callable[[Task], Figures]

    def __call__(
        self,
        job: str,
        at: datetime,
        *,
        client_id: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int, Task], None] = lambda _done, _all, _task: None,
    ) -> dict[str, Any]:
        """Return the totals and each client's figures; ``status`` is ``failed`` when any client's run failed."""
        queue = TasksHere(self.perform)
        dispatched = self.dispatch(queue)(job, at, client_id=client_id, dry_run=dry_run)
        if dispatched["status"] == "disabled":
            return dict(dispatched)
        count = len(queue.tasks)
        done, failed = queue.drain(lambda task: progress(count - len(queue.tasks) - 1, count, task))
        ends: dict[str, dict[str, dict[str, Any]]] = {job: {}}
        for task, figures in done:
            ends.setdefault(task.job, {})[task.client_id] = dict(figures)
        for task, error in failed:
            end = {"status": "failed", "code": error.code, "message": error.message}
            ends.setdefault(task.job, {})[task.client_id] = end
        clients = ends.pop(job)
        result: dict[str, Any] = {"status": "failed" if failed else "success", "job": job, "scheduled_at": at}
        result |= {"totals": _totals(clients), "clients": clients} | ({"beside": ends} if ends else {})
        return result | {name: value for name, value in dispatched.items() if name == "dead_letters"}


def _totals(clients: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Return the sums of the whole-number figures over the clients."""
    totals: Counter[str] = Counter()
    for figures in clients.values():
        totals.update({name: value for name, value in figures.items() if isinstance(value, int) and value is not True})
    return dict(totals)
