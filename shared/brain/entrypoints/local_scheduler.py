"""The scheduled jobs of the local server, run by its clock as Cloud Scheduler would run them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from brain.bootstrap import Brain
from brain.domain.jobs.schedule import last_due
from brain.errors import BrainError
from brain.settings.scheduler import Scheduler

TICK_SECONDS = 1.0


@dataclass(slots=True)
class LocalScheduler:
    """Runs each job when it is due; a job that raises is logged, reported by ``failures``, and run again when next due.

    ``failures`` has the error code of the last run of each job, if it failed as a whole or at a client.
    """

    table: Scheduler
    brain: Brain
    failures: dict[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Run until cancelled."""
        now = self.brain.clock.now()
        last_runs: dict[str, datetime] = {job: last_due(row.schedule, now) for job, row in self.table.scheduled.items()}
        while True:
            for job, row in self.table.scheduled.items():
                scheduled_at = last_due(row.schedule, self.brain.clock.now())
                if scheduled_at > last_runs[job]:
                    last_runs[job] = scheduled_at
                    await self._run_job(job, scheduled_at)
            await asyncio.sleep(TICK_SECONDS)

    async def _run_job(self, job: str, scheduled_at: datetime) -> None:
        try:
            answer = await run_in_threadpool(self.brain.run_job, job, scheduled_at)
        except Exception as error:  # noqa: BLE001 - one job must not stop the others, nor its own next run
            self.failures[job] = error.code if isinstance(error, BrainError) else BrainError.code
            self.brain.log("job_failed", error=error, job=job)
            return
        self._note_outcome(job, answer)
        self.brain.log("scheduled_job_done", job=job, scheduled_at=scheduled_at.isoformat(), status=answer["status"])

    def _note_outcome(self, job: str, answer: Mapping[str, Any]) -> None:
        """Remember the code of the first client at which a run failed, or that it succeeded at all of them."""
        clients = [*answer.get("clients", {}).values(), *_list_further_runs(answer)]
        codes = [figures["code"] for figures in clients if figures.get("status") == "failed"]
        if codes:
            self.failures[job] = codes[0]
        else:
            self.failures.pop(job, None)


def _list_further_runs(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the figures of the runs of other jobs that the dispatch enqueued."""
    return [figures for clients in answer.get("beside", {}).values() for figures in clients.values()]
