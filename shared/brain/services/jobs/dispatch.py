"""Dispatch of a scheduled job: select the clients that have work and enqueue one task for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from brain.domain.jobs.schedule import not_before
from brain.domain.jobs.steps import (
    ACTIVE_WINDOW,
    ALL_CLIENTS,
    JOBS,
    LEARNING,
    RETRY_DEAD_LETTERS,
    ClientSelection,
)
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.repositories.jobs.dispatches import Dispatches
from brain.repositories.jobs.features import Features
from brain.services.jobs.catch_up import Dispatcher
from brain.services.jobs.enqueue_runs import RunEnqueuer
from brain.services.jobs.lease import Figures

# An hourly run looks back a few hours for clients that an earlier dispatch missed, and once a day for some weeks.
HOURLY_WINDOW = timedelta(hours=3)
LEARNING_DELAY = timedelta(minutes=10)


class ClientFilter(Protocol):
    """Decides whether a client takes part."""

    def __call__(self, client_id: str, /) -> bool:
        """Return whether the client takes part."""


class RetryEnqueuer(Protocol):
    """Enqueues the retries of dead letters that are due."""

    def __call__(
        self,
        store: DocumentStore,
        enqueue: RunEnqueuer,
        scheduled_at: datetime,
        *,
        is_selected: ClientFilter,
        jitter: timedelta,
        dry_run: bool,
    ) -> Mapping[str, Any]:
        """Enqueue one task per selected client with a due dead letter, and return the figures to report."""


class RunSweeper(Protocol):
    """Stores dead letters for runs that were abandoned."""

    def __call__(self) -> Mapping[str, int]:
        """Return the figures to report."""


class DispatchCatchUp(Protocol):
    """Dispatches the jobs whose dispatch did not happen."""

    def __call__(self, dispatch: Dispatcher, now: datetime, /) -> Mapping[str, int]:
        """Return the figures to report."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The work of a scheduled function; it reads no events of any client.

    The hourly one also enqueues the retries of dead letters, dispatches what was not dispatched in time, and, whatever
    failed before, sweeps the runs that were abandoned. It does so too while the hourly job itself is disabled.
    """

    store: DocumentStore
    enqueue: RunEnqueuer
    features: Features
    enqueue_retries: RetryEnqueuer
    sweep: RunSweeper
    catch_up: DispatchCatchUp

    def __call__(
        self,
        job: str,
        scheduled_at: datetime,
        *,
        jitter: timedelta = timedelta(0),
        client_id: str | None = None,
        dry_run: bool = False,
    ) -> Figures:
        """Enqueue the job for all clients with work, or for one client.

        The same dispatch repeated enqueues nothing new.
        """
        is_whole = client_id is None and not dry_run
        is_hourly = job == JOBS[RETRY_DEAD_LETTERS].enqueued_with
        try:
            figures = self._enqueue_clients(job, scheduled_at, jitter, client_id, dry_run=dry_run)
            if is_whole:
                self.record(job, scheduled_at)
            if is_hourly:
                figures |= self._enqueue_retries(scheduled_at, jitter, client_id, dry_run=dry_run)
                figures |= self.catch_up(self, scheduled_at) if is_whole else {}
        finally:  # a queue or an index that is missing must not hide what was abandoned
            swept = self.sweep() if is_hourly and is_whole else {}
        return {**figures, **swept}

    def record(self, job: str, scheduled_at: datetime) -> None:
        """Record that a job was dispatched, unless a later dispatch is on record."""
        dispatches = Dispatches(self.store)
        latest = dispatches.read(job)
        if latest is None or latest < scheduled_at:
            dispatches.record({job: scheduled_at})

    def _enqueue_clients(
        self, job: str, scheduled_at: datetime, jitter: timedelta, client_id: str | None, *, dry_run: bool
    ) -> dict[str, Any]:
        """Enqueue the job for its clients, and what is enqueued with it for all of them."""
        flag = self.features.get_flag(job)
        if not flag.enabled:
            return {"status": "disabled"}
        candidates = [client_id] if client_id else self._select_clients(job, scheduled_at)
        clients = [candidate for candidate in candidates if flag.is_on(job, candidate)]
        enqueued = self.enqueue(
            [
                Task(job, client, scheduled_at, not_before(job, client, scheduled_at, jitter), dry_run)
                for client in clients
            ]
        )
        if job == JOBS[LEARNING].enqueued_with and clients and client_id is None:
            enqueued += self._enqueue_learning(scheduled_at, jitter, dry_run=dry_run)
        return {"status": "success", "clients": len(clients), "enqueued": enqueued}

    def _enqueue_retries(
        self, scheduled_at: datetime, jitter: timedelta, client_id: str | None, *, dry_run: bool
    ) -> Figures:
        """Enqueue due retries of dead letters for one client, or for all clients whose flag is on."""
        flag = self.features.get_flag(RETRY_DEAD_LETTERS)
        if not flag.enabled:
            return {}

        def is_selected(client: str) -> bool:
            return client_id in (None, client) and flag.is_on(RETRY_DEAD_LETTERS, client)

        return self.enqueue_retries(
            self.store, self.enqueue, scheduled_at, is_selected=is_selected, jitter=jitter, dry_run=dry_run
        )

    def _enqueue_learning(self, scheduled_at: datetime, jitter: timedelta, *, dry_run: bool) -> int:
        """Enqueue the one task that learns from all clients, late enough that most have recorded their outcomes."""
        if not self.features.get_flag(LEARNING).enabled:
            return 0
        start = scheduled_at + jitter + LEARNING_DELAY
        return self.enqueue([Task(LEARNING, ALL_CLIENTS, scheduled_at, start, dry_run)])

    def _select_clients(self, job: str, scheduled_at: datetime) -> list[str]:
        selection = JOBS[job].clients
        if selection is ClientSelection.SHOP:
            return Clients(self.store).with_shop()
        counters = IngestCounters(self.store)
        end = scheduled_at + timedelta(hours=1)
        if selection is ClientSelection.RECENT_INGEST:
            if scheduled_at.hour:
                return counters.active_between(scheduled_at - HOURLY_WINDOW, end)
            return counters.active_in_weeks(scheduled_at - ACTIVE_WINDOW, end)
        active = counters.active_in_weeks(scheduled_at - ACTIVE_WINDOW, end)
        if selection is ClientSelection.ACTIVE_WEEKS_OR_SHOP:
            return sorted({*active, *Clients(self.store).with_shop()})
        return active
