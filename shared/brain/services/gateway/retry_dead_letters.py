"""Retries dead letters whose error may have passed, one client per task, next to the hourly scores."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.domain.gateway.dead_letters import DeadLetter, RetryPolicy
from brain.errors import BrainError, ConflictError, LeaseLostError
from brain.ports.document_store import DocumentStore, Snapshot, Update
from brain.ports.logger import ErrorReporter
from brain.repositories.gateway.dead_letters import DeadLetters, build_claim, build_replay_claim, record_failure
from brain.services.gateway.replay_dead_letter import ReplayDeadLetter
from brain.services.jobs.lease import Figures, Lease


@dataclass(slots=True)
class RetryDeadLetters:
    """Retries one client's due letters. Each is claimed first, so that two workers never retry the same at once.

    The claim is one commit with the run's lease and sets the time of the next retry. A worker that dies at a letter
    leaves it for a later hour, and a letter that always kills its worker is parked in the end.
    """

    store: DocumentStore
    replay: ReplayDeadLetter
    policy: RetryPolicy
    report_error: ErrorReporter

    def __call__(self, lease: Lease) -> Figures:
        """Retry the due letters until none remains or the time is nearly up."""
        figures = {"retried": 0, "taken": 0, "failed": 0, "parked": 0, **lease.checkpoint}
        letters, tried_ids = DeadLetters(self.store), set[str]()
        while page := [
            letter for letter in letters.due(lease.client_id, lease.scheduled_at) if letter.id not in tried_ids
        ]:
            for stored_letter in page:
                if lease.out_of_time():
                    lease.commit([], figures)
                    return lease.stop(figures)
                tried_ids.add(stored_letter.id)
                self._retry(stored_letter, lease, figures)
        return lease.finish([], figures)

    def _retry(self, stored_letter: Snapshot, lease: Lease, figures: dict[str, int]) -> None:
        letter = DeadLetter.from_document(stored_letter.data)
        if letter.find_claim_end(self.replay.clock.now()):  # an operator's replay is at it
            return
        is_expired = stored_letter.data["expires_at"] <= lease.scheduled_at
        next_try_at = None if is_expired else self.policy.after_retry(letter.retries + 1, lease.scheduled_at)
        replay_claim = self._build_replay_claim(stored_letter, letter, is_expired=is_expired)
        claim = build_claim(stored_letter, next_try_at, lease.scheduled_at, replay_claim)
        if not self._claim(claim, lease, figures, "parked" if is_expired else "retried") or is_expired or lease.dry_run:
            return
        has_succeeded = self._replay_or_rerun(letter, replay_claim.get("claimed_until"))
        figures["taken" if has_succeeded else "failed"] += 1
        if not has_succeeded and next_try_at is None:
            figures["parked"] += 1

    def _build_replay_claim(self, stored_letter: Snapshot, letter: DeadLetter, *, is_expired: bool) -> dict[str, Any]:
        """Return the fields by which a retry's own claim is that of the replay; none where nothing is replayed."""
        return {} if is_expired or letter.is_work else build_replay_claim(stored_letter, self.replay.clock.now())

    def _claim(self, claim: Update, lease: Lease, figures: dict[str, int], figure: str) -> bool:
        """Commit a claim together with the figures; return whether no other worker or operator was first."""
        figures[figure] += 1
        try:
            lease.commit([claim], figures)
        except LeaseLostError:
            raise
        except ConflictError:
            figures[figure] -= 1
            return False
        return True

    def _replay_or_rerun(self, letter: DeadLetter, claimed_until: datetime | None) -> bool:
        """Repeat the failed step and return whether it succeeded completely; a failure is recorded on the letter."""
        try:
            if letter.is_work:
                return bool(self.replay.repeat_work(letter)["status"] != "stopped")
            return asyncio.run(self._replay(letter, claimed_until))
        except BrainError as error:
            record_failure(self.store, letter.dead_letter_id, error.code, error.message, is_transient=error.retryable)
        except Exception as error:  # noqa: BLE001 - a bug at one letter must not keep the others from being retried
            self.report_error("retry_dead_letter", error)
        return False

    async def _replay(self, letter: DeadLetter, claimed_until: datetime | None) -> bool:
        try:
            ingest_result = await self.replay(letter, claimed_until)
        finally:
            await self.replay.ingest.writer.aclose()  # this event loop ends with the letter
        return ingest_result.is_final
