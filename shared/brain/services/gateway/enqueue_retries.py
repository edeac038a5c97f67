"""Finds whose dead letters are due, and counts them, without reading what is in them."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from brain.domain.jobs.schedule import not_before
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task, TaskQueue
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.jobs.dispatch import ClientFilter

NEW = timedelta(hours=1)


def enqueue_retries(
    store: DocumentStore,
    queue: TaskQueue,
    scheduled_at: datetime,
    *,
    is_selected: ClientFilter,
    jitter: timedelta,
    dry_run: bool,
) -> dict[str, Any]:
    """Enqueue a task for each selected client with a dead letter that is due, and return how many letters there are.

    ``total``, ``due``, ``parked`` and ``new`` (of the last hour) are what an alert on growth watches. Without any
    letter this costs one read and says nothing.
    """
    letters = DeadLetters(store)
    waiting = letters.waiting(scheduled_at, scheduled_at - NEW)
    if not waiting.total:
        return {}
    clients = letters.clients_with_due(scheduled_at) if waiting.due else []
    enqueued = 0
    for client_id in filter(is_selected, clients):
        start = not_before(RETRY_DEAD_LETTERS, client_id, scheduled_at, jitter)
        enqueued += queue.enqueue(Task(RETRY_DEAD_LETTERS, client_id, scheduled_at, start, dry_run))
    return {"dead_letters": asdict(waiting) | {"enqueued": enqueued}}
