"""Quarantine of an event that cannot be scored: it is kept as a dead letter, so that the others can be scored."""

from dataclasses import dataclass
from datetime import datetime

from brain.domain.gateway.dead_letters import SCORE_STAGE, DeadLetter, derive_dead_letter_id
from brain.errors import BrainError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, DocumentStore, Increment, Snapshot, Transform, Update, Write
from brain.ports.logger import ErrorReporter
from brain.ports.sealing import Sealer
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import event_id_to_body


@dataclass(frozen=True, slots=True)
class QuarantineEvent:
    """Removes the mark of an event and stores a dead letter for it, which only an operator replays.

    The event itself stays stored. A later revision of it, or the replay of the dead letter, marks it again.
    """

    store: DocumentStore
    sealer: Sealer
    clock: Clock
    report_error: ErrorReporter

    def __call__(self, job: str, client_id: str, event: Snapshot, error: Exception) -> list[Write]:
        """Report the error and return the writes, to be applied together."""
        self.report_error("score_event", error)
        unmark = Update(event.path, {"unscored": Transform.DELETE_FIELD}, expect=event.version)
        return [unmark, self._build_letter_write(job, client_id, event.id, error)]

    def _build_letter_write(self, job: str, client_id: str, event_id: str, error: Exception) -> Write:
        body = event_id_to_body(event_id)
        now = self.clock.now()
        dead_letter_id = derive_dead_letter_id(client_id, job, body)
        code = error.code if isinstance(error, BrainError) else BrainError.code
        message = error.message if isinstance(error, BrainError) else f"scoring raised {type(error).__name__}"
        message = f"event {event_id}: {message}"
        path = paths.dead_letter(dead_letter_id)
        if self.store.get(path) is not None:
            return Update(path, {"error_code": code, "message": message, "attempts": Increment(1), "last_seen": now})
        letter = DeadLetter(
            dead_letter_id=dead_letter_id,
            client_id=client_id,
            source=job,
            content_type="application/json",
            stage=SCORE_STAGE,
            error_code=code,
            message=message,
            sealed=self.sealer.seal(body),
            first_seen=now,
            last_seen=now,
            next_try_at=None,
            correlation_id=_get_correlation_id(job, now),
        )
        return Create(path, letter.to_document())


def _get_correlation_id(job: str, now: datetime) -> str:
    return f"{job}-{now:%Y%m%dT%H%M%S}"
