"""Giving up a task that failed at its last attempt: it is kept as a dead letter.

Which attempt is the last one is decided where Cloud Tasks is answered, in ``WorkerHttp`` of
:mod:`brain.entrypoints.jobs.handlers`.
"""

from dataclasses import dataclass

from brain.domain.gateway.dead_letters import JOB_STAGE, DeadLetter, RetryPolicy, derive_dead_letter_id
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.errors import AlreadyExistsError, BrainError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.sealing import Sealer
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters, task_to_body


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stores a task as a dead letter; for a task that is stored already this counts another attempt."""

    store: DocumentStore
    sealer: Sealer
    clock: Clock
    policy: RetryPolicy

    def __call__(self, task: Task, error: Exception) -> str:
        """Return the id of the dead letter.

        A failed retry of dead letters is not itself retried, because the next hour has its own.
        """
        body = task_to_body(task)
        now = self.clock.now()
        code = error.code if isinstance(error, BrainError) else "internal"
        letter = DeadLetter(
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
            next_try_at=self.policy.next_try(JOB_STAGE, {code}, 0, now) if task.job != RETRY_DEAD_LETTERS else None,
            correlation_id=f"{task.job}-{task.scheduled_at:%Y%m%dT%H%M%S}",
        )
        try:
            self.store.create(paths.dead_letter(letter.dead_letter_id), letter.to_document())
        except AlreadyExistsError:
            DeadLetters(self.store).add_attempt(letter.dead_letter_id, now)
        return letter.dead_letter_id
