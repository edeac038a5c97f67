"""Giving up a task that failed at its last attempt: it is kept as a dead letter, and its run is no longer open.

Which attempt is the last one is decided where Cloud Tasks is answered, in ``WorkerHttp`` of
:mod:`brain.entrypoints.jobs.handlers`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from brain.domain.gateway.dead_letters import JOB_STAGE, DeadLetter, RetryPolicy, derive_dead_letter_id
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.errors import AlreadyExistsError, BrainError, LeaseHeldError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, DocumentStore, Snapshot
from brain.ports.sealing import Sealer
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters, task_to_body
from brain.repositories.jobs.runs import close_mark


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stores a task as a dead letter; for a task that is stored already this counts another attempt."""

    store: DocumentStore
    sealer: Sealer
    clock: Clock
    policy: RetryPolicy

    def __call__(self, task: Task, error: Exception) -> str:
        """Return the id of the dead letter.

        A failed retry of dead letters is not itself retried, because the next hour has its own. A run that another
        worker holds is retried when its lease ends; if that worker finishes it, the retry finds it done.
        """
        letter = self._build_letter(task, error)
        record = self.store.get(paths.run(task.job, task.client_id, task.scheduled_at))
        is_held = isinstance(error, LeaseHeldError)  # by a worker whose next commit a change would make conflict
        closing = [close_mark(record)] if record and not is_held else []
        try:
            self.store.commit([Create(paths.dead_letter(letter.dead_letter_id), letter.to_document()), *closing])
        except AlreadyExistsError:
            DeadLetters(self.store).add_attempt(letter.dead_letter_id, self.clock.now())
            if closing:  # or the run would be reported as abandoned once the letter is purged
                self.store.commit(closing)
        return letter.dead_letter_id

    def keep(self, task: Task, error: Exception, record: Snapshot) -> str | None:
        """Return the id of a new dead letter for a run as it was read, or None if there is one already.

        Raises:
            ConflictError: The run changed meanwhile.
        """
        letter = self._build_letter(task, error)
        path = paths.dead_letter(letter.dead_letter_id)
        closing = close_mark(record, expect=record.version)
        if self.store.get(path) is not None:
            self.store.commit([closing])
            return None
        self.store.commit([Create(path, letter.to_document()), closing])
        return letter.dead_letter_id

    def _build_letter(self, task: Task, error: Exception) -> DeadLetter:
        body = task_to_body(task)
        now = self.clock.now()
        code = error.code if isinstance(error, BrainError) else "internal"
        return DeadLetter(
            dead_letter_id=derive_dead_letter_id(task.client_id, task.job, body),
            client_id=task.client_id,
            source=task.job,
            content_type="application/json",
            stage=JOB_STAGE,
            error_code=code,
            message=error.message if isinstance(error, BrainError) else f"the job raised {type(error).__name__}",
            sealed=self.sealer.seal(body),
            first_seen=now,
            last_seen=now,
            next_try_at=self._next_try(task, error, code, now),
            correlation_id=f"{task.job}-{task.scheduled_at:%Y%m%dT%H%M%S}",
        )

    def _next_try(self, task: Task, error: Exception, code: str, now: datetime) -> datetime | None:
        if task.job == RETRY_DEAD_LETTERS:
            return None
        if isinstance(error, LeaseHeldError):
            return now + timedelta(seconds=error.retry_after_seconds or 0)
        return self.policy.next_try(JOB_STAGE, {code}, 0, now)
