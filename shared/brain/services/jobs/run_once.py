"""Performing one client's job at one scheduled time exactly once, however often and wherever it is started."""

from datetime import timedelta
from typing import Protocol

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from brain.domain.jobs.runs import LEASE_DURATION, Run, RunStatus
from brain.errors import BrainError, LeaseLostError
from brain.ports.clock import Clock
from brain.ports.task_queue import Task
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.heartbeat import Heartbeat, beat_in_thread
from brain.services.jobs.lease import Figures, Lease

MAX_ATTEMPTS = 3


class Work(Protocol):
    """The work of a job for the client and the time of a lease."""

    def __call__(self, lease: Lease, /) -> Figures:
        """Do the work, write through the lease, and return the figures of the run."""


def run_once(
    runs: Runs,
    task: Task,
    work: Work,
    *,
    time_limit: timedelta,
    clock: Clock,
    heartbeat: Heartbeat = beat_in_thread,
) -> Figures:
    """Do ``work`` for the task unless it was done before, and return the figures of the run.

    Transient errors are retried here, three attempts in all after waits of 4 to 10 s. The queue has its own, slower
    retries.

    Raises:
        LeaseHeldError: Another worker holds the lease of this run.
        BrainError: The last error of the work; the run can be acquired again, as after any other exception.
    """
    now = clock.now()
    if task.dry_run:
        run = Run(task.job, task.client_id, task.scheduled_at, RunStatus.RUNNING, 1, now + time_limit)
        return work(Lease(runs, run, "", clock=clock, time_limit=time_limit, dry_run=True))
    run, version = runs.acquire(task.job, task.client_id, task.scheduled_at, now=now, lease=LEASE_DURATION)
    if run.status is RunStatus.DONE:
        return _repeat_figures(run)
    lease = Lease(runs, run, version, clock=clock, time_limit=time_limit)
    try:
        with heartbeat(lease.beat):
            return _build_retrying(clock)(_work_unless_done, lease, work)
    except Exception as error:
        if lease.run.status is RunStatus.DONE:  # the work met its own last write, whose response had been lost
            return _repeat_figures(lease.run)
        lease.release(to_brain_error(error))
        raise


def to_brain_error(error: Exception) -> BrainError:
    """Return an error with a code and a message that may be shown; the cause of an internal one is chained."""
    if isinstance(error, BrainError):
        return error
    internal = BrainError(f"the job raised {type(error).__name__}; it is logged")
    internal.__cause__ = error
    return internal


def _work_unless_done(lease: Lease, work: Work) -> Figures:
    """Do the work unless the last attempt finished it and only the response of the store was lost."""
    return _repeat_figures(lease.run) if lease.run.status is RunStatus.DONE else work(lease)


def _repeat_figures(run: Run) -> Figures:
    return {"status": "success", "repeated": True, **run.result}


def _build_retrying(clock: Clock) -> Retrying:
    return Retrying(
        retry=retry_if_exception(_is_retryable),
        stop=stop_after_attempt(MAX_ATTEMPTS),
        wait=wait_exponential(min=4, max=10),
        sleep=clock.sleep,
        reraise=True,
    )


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, BrainError) and error.retryable and not isinstance(error, LeaseLostError)
