"""Lists the clients that have work for a scheduled job, from the books or by their shop, and enqueues a task each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from brain.domain.jobs.dispatching import (
    EVERYONE,
    LEARNING,
    LEARNING_FOLLOWS,
    RETRY_DEAD_LETTERS,
    WEEKLY_REPORT,
    not_before,
)
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task, TaskQueue
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.repositories.jobs.features import Features
from brain.services.analysis import hourly_scores
from brain.services.jobs.lease import Figures

# An hourly run looks a few hours back for what an earlier dispatch missed, and once a day a week back.
HOURLY_WINDOW = timedelta(hours=3)
SWEEP_WINDOW = timedelta(days=8)
# Silence is a finding of the daily analysis, so a client stays on its list for weeks after its last event.
ACTIVE_WINDOW = timedelta(days=35)
LEARNING_DELAY = timedelta(minutes=10)
# These work on the shop's own database, whether events came or not.
SHOP_JOBS = frozenset(
    {"brainCuriosity", "brainSignalMagnitude", "brainProductWeather", "brainBacktesting", "brainRoiReport"}
)


class RetryEnqueuer(Protocol):
    """Enqueues a retry task per selected client with dead letters that are due, and returns their counts."""

    def __call__(
        self,
        store: DocumentStore,
        queue: TaskQueue,
        scheduled_at: datetime,
        *,
        is_selected: Callable[[str], bool],
        jitter: timedelta,
        dry_run: bool,
    ) -> Figures:
        """Return the figures to report next to those of the dispatched job; empty without any dead letter."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A scheduled function's work: no client's data is read here."""

    store: DocumentStore
    queue: TaskQueue
    features: Features
    enqueue_retries: RetryEnqueuer

    def __call__(
        self,
        job: str,
        scheduled_at: datetime,
        *,
        jitter: timedelta = timedelta(0),
        client_id: str | None = None,
        dry_run: bool = False,
    ) -> Figures:
        """Enqueue the job for every client with work, or for one; the same dispatch again enqueues nothing new."""
        flag = self.features.flag(job)
        if not flag.enabled:
            return {"status": "disabled"}
        clients = [client_id] if client_id else self._with_work(job, scheduled_at)
        chosen = [c for c in clients if flag.is_on(job, c)]
        enqueued = sum(
            self.queue.enqueue(Task(job, c, scheduled_at, not_before(job, c, scheduled_at, jitter), dry_run))
            for c in chosen
        )
        if job == LEARNING_FOLLOWS and chosen and client_id is None:
            enqueued += self._learning(scheduled_at, jitter, dry_run=dry_run)
        beside = self._retries(scheduled_at, jitter, client_id, dry_run=dry_run) if job == hourly_scores.JOB else {}
        return {"status": "success", "clients": len(chosen), "enqueued": enqueued, **beside}

    def _retries(self, scheduled_at: datetime, jitter: timedelta, only: str | None, *, dry_run: bool) -> Figures:
        """Enqueue the retries of dead letters that are due, whoever's they are, or one client's."""
        flag = self.features.flag(RETRY_DEAD_LETTERS)
        if not flag.enabled:
            return {}
        return self.enqueue_retries(
            self.store,
            self.queue,
            scheduled_at,
            is_selected=lambda client: only in (None, client) and flag.is_on(RETRY_DEAD_LETTERS, client),
            jitter=jitter,
            dry_run=dry_run,
        )

    def _learning(self, scheduled_at: datetime, jitter: timedelta, *, dry_run: bool) -> int:
        """Enqueue the one task that learns from all clients' outcomes, once theirs have probably been recorded."""
        if not self.features.flag(LEARNING).enabled:
            return 0
        start = scheduled_at + jitter + LEARNING_DELAY
        return int(self.queue.enqueue(Task(LEARNING, EVERYONE, scheduled_at, start, dry_run)))

    def _with_work(self, job: str, scheduled_at: datetime) -> list[str]:
        if job in SHOP_JOBS:
            return Clients(self.store).with_shop()
        books = IngestCounters(self.store)
        soon = scheduled_at + timedelta(hours=1)
        if job == hourly_scores.JOB:
            window = SWEEP_WINDOW if scheduled_at.hour == 0 else HOURLY_WINDOW
            return books.active_between(scheduled_at - window, soon)
        active = books.active_in_weeks(scheduled_at - ACTIVE_WINDOW, soon)
        return sorted({*active, *Clients(self.store).with_shop()}) if job == WEEKLY_REPORT else active
