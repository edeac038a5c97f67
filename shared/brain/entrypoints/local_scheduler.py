"""The scheduled jobs of the local server, run by its clock as Cloud Scheduler would run them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from brain.bootstrap import Brain
from brain.domain.jobs.schedule import last_due
from brain.errors import BrainError, ErrorSeverity, LeaseHeldError
from brain.settings.functions import ScheduledFunction
from brain.settings.scheduler import Scheduler

TICK_SECONDS = 1.0


@dataclass(slots=True)
class LocalScheduler:
    """Runs each job when it is due, each in its own task, so that a slow job does not delay the others.

    A job never runs twice at once: what falls due while it runs, runs when it has ended. A job that raises is logged,
    reported by ``failures``, and run again when next due. ``failures`` has, for each job whose last run failed: the
    ``code`` of the first error, ``since`` when it has been failing, and the number of ``clients`` that failed (none if
    the job failed as a whole).
    """

    table: Scheduler
    brain: Brain
    failures: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    async def run(self) -> None:
        """Run until cancelled."""
        now = self.brain.clock.now()
        schedules = (self._run_schedule(job, row, now) for job, row in self.table.scheduled.items())
        await asyncio.gather(*schedules)

    async def _run_schedule(self, job: str, row: ScheduledFunction, started_at: datetime) -> None:
        last_run = last_due(row.schedule, started_at)
        while True:
            scheduled_at = last_due(row.schedule, self.brain.clock.now())
            is_due = scheduled_at > last_run
            last_run = scheduled_at  # also an earlier time: a clock that was set back must not end the schedule
            if is_due:
                await self._run_job(job, scheduled_at)
            await asyncio.sleep(TICK_SECONDS)

    async def _run_job(self, job: str, scheduled_at: datetime) -> None:
        try:
            answer = await run_in_threadpool(self.brain.run_job, job, scheduled_at)
            codes = [self._log_failed_run(*run) for run in _find_failed_runs(answer, job)]
        except (Exception, asyncio.CancelledError) as error:  # one job must not stop the others, nor its own next run
            if _is_cancelled():
                raise
            self._note_failure(job, scheduled_at, error.code if isinstance(error, BrainError) else BrainError.code)
            self.brain.log("job_failed", error=error, job=job)
            return
        if codes:
            self._note_failure(job, scheduled_at, codes[0], clients=len(codes))
        else:
            self.failures.pop(job, None)
        self.brain.log("scheduled_job_done", job=job, scheduled_at=scheduled_at.isoformat(), status=answer["status"])

    def _log_failed_run(self, job: str, client_id: str, figures: Mapping[str, Any]) -> str:
        """Log a failed run as the worker does, and return its error code."""
        code, severity = str(figures["code"]), str(ErrorSeverity.WARNING)
        reason = {"error_code": code, "detail": figures["message"]}
        self.brain.log("task_failed", severity=severity, job=job, client_id=client_id, **reason)
        return code

    def _note_failure(self, job: str, scheduled_at: datetime, code: str, **clients: int) -> None:
        since = self.failures.get(job, {}).get("since", scheduled_at.isoformat())
        self.failures[job] = {"code": code, "since": since, **clients}


def _is_cancelled() -> bool:
    """Return whether the server ends this task, rather than a job's own code that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _find_failed_runs(answer: Mapping[str, Any], job: str) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return job, client and figures of each run that failed, also of the other jobs that the dispatch enqueued.

    A run that another process is at, such as ``brain run``, has not failed: it ends there, or is found by its mark.
    """
    by_job = {job: answer.get("clients", {}), **answer.get("beside", {})}
    runs = [(name, client_id, figures) for name, clients in by_job.items() for client_id, figures in clients.items()]
    failed = [run for run in runs if run[2].get("status") == "failed"]
    return [run for run in failed if run[2]["code"] != LeaseHeldError.code]
