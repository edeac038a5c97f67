"""Enqueues retries for clients with dead letters that are due, and counts dead letters, without reading them."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from brain.domain.jobs.schedule import not_before
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.jobs.dispatch import ClientFilter
from brain.services.jobs.enqueue_runs import RunEnqueuer

NEW_WITHIN = timedelta(hours=1)


def enqueue_retries(
    store: DocumentStore,
    enqueue: RunEnqueuer,
    scheduled_at: datetime,
    *,
    is_selected: ClientFilter,
    jitter: timedelta,
    dry_run: bool,
) -> dict[str, Any]:
    """Enqueue a task per selected client with a dead letter that is due, and return the counts of dead letters.

    ``total``, ``due``, ``parked`` and ``new`` (of the last hour) are for alerts on growth. Without any dead letter this
    costs one read and returns nothing.
    """
    letters = DeadLetters(store)
    counts = letters.count(scheduled_at, scheduled_at - NEW_WITHIN)
    if not counts.total:
        return {}
    clients = letters.clients_with_due(scheduled_at) if counts.due else []
    job = RETRY_DEAD_LETTERS
    enqueued = enqueue(
        [
            Task(job, client_id, scheduled_at, not_before(job, client_id, scheduled_at, jitter), dry_run)
            for client_id in filter(is_selected, clients)
        ]
    )
    return {"dead_letters": asdict(counts) | {"enqueued": enqueued}}
