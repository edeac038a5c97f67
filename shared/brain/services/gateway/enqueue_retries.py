"""Enqueues retries for clients with dead letters that are due, and counts dead letters, without reading them."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from brain.domain.jobs.schedule import not_before
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task, TaskQueue
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.jobs.dispatch import ClientFilter

NEW_WITHIN = timedelta(hours=1)


def enqueue_retries(
    store: DocumentStore,
    queue: TaskQueue,
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
    enqueued = 0
    for client_id in filter(is_selected, clients):
        start = not_before(RETRY_DEAD_LETTERS, client_id, scheduled_at, jitter)
        enqueued += queue.enqueue(Task(RETRY_DEAD_LETTERS, client_id, scheduled_at, start, dry_run))
    return {"dead_letters": asdict(counts) | {"enqueued": enqueued}}
