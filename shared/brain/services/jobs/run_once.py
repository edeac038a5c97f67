"""Does one client's job at one scheduled time exactly once, however often and wherever it is started."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from brain.domain.jobs.runs import Run, RunStatus
from brain.errors import BrainError, LeaseLostError
from brain.ports.clock import Clock
from brain.ports.task_queue import Task
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.lease import LEASE_MARGIN, Figures, Lease

Work: TypeAlias = Callable[[Lease], Figures]
ATTEMPTS = 3


def run_once(runs: Runs, task: Task, work: Work, *, time_limit: timedelta, clock: Clock) -> Figures:
    """Do ``work`` for the task's client and time unless it was done, and return its figures.

    Transient errors of the work are tried again here, three times in all after 4 to 10 s; the queue has its own,
    slower retries.

    Raises:
        LeaseHeldError: another worker is at it.
        BrainError: what the work raised last; the run can be taken again.
    """
    now = clock.now()
    if task.dry_run:
        run = Run(task.job, task.client_id, task.scheduled_at, RunStatus.RUNNING, 1, now + time_limit)
        return work(Lease(runs, run, "", clock=clock, time_limit=time_limit, dry_run=True))
    run, version = runs.take(task.job, task.client_id, task.scheduled_at, now=now, lease=time_limit + LEASE_MARGIN)
    if run.status is RunStatus.DONE:
        return _done(run)
    lease = Lease(runs, run, version, clock=clock, time_limit=time_limit)
    try:
        return _retrying(clock)(_unless_done, lease, work)
    except BrainError as error:
        lease.release(error)
        raise


def _unless_done(lease: Lease, work: Work) -> Figures:
    """Do the work, unless the last attempt finished it and only its answer was lost."""
    return _done(lease.run) if lease.run.status is RunStatus.DONE else work(lease)


def _done(run: Run) -> Figures:
    return {"status": "success", "repeated": True, **run.result}


def _retrying(clock: Clock) -> Retrying:
    return Retrying(
        retry=retry_if_exception(_worth_another_try),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(min=4, max=10),
        sleep=clock.sleep,
        reraise=True,
    )


def _worth_another_try(error: BaseException) -> bool:
    return isinstance(error, BrainError) and error.retryable and not isinstance(error, LeaseLostError)
