"""Tries dead letters again whose fault may have passed, one client a task, beside the hourly scores."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from brain.domain.gateway.dead_letters import JOB_STAGE, DeadLetter, RetryPolicy, dead_letter_from
from brain.domain.gateway.results import Outcome
from brain.errors import BrainError, ConflictError, LeaseLostError
from brain.ports.document_store import DocumentStore, Snapshot
from brain.repositories.gateway.dead_letters import DeadLetters, claim, failure
from brain.services.gateway.replay import Replay
from brain.services.jobs.lease import Figures, Lease


@dataclass(slots=True)
class RetryDeadLetters:
    """One client's due letters. Each is claimed before it is tried, so that two workers never try the same at once.

    The claim is one commit with the run's lease and sets the next try: a worker that dies at a letter leaves it for a
    later hour, and a letter that always kills its worker is parked in the end.
    """

    store: DocumentStore
    replay: Replay
    policy: RetryPolicy
    failed: Callable[[str, Exception], None]

    def __call__(self, lease: Lease) -> Figures:
        """Try what is due until nothing is, or the time is nearly up."""
        figures = {"retried": 0, "taken": 0, "failed": 0, "parked": 0, **lease.checkpoint}
        letters, seen = DeadLetters(self.store), set[str]()
        while page := [one for one in letters.due(lease.client_id, lease.scheduled_at) if one.id not in seen]:
            for found in page:
                if lease.out_of_time():
                    lease.commit([], figures)
                    return lease.stop(figures)
                seen.add(found.id)
                self._try(found, lease, figures)
        return lease.finish([], figures)

    def _try(self, found: Snapshot, lease: Lease, figures: dict[str, int]) -> None:
        letter = dead_letter_from(found.data)
        next_try_at = self.policy.after_retry(letter.retries + 1, lease.scheduled_at)
        expired = found.data["expires_at"] <= lease.scheduled_at
        figures["parked" if expired else "retried"] += 1
        try:
            lease.commit([claim(found, None if expired else next_try_at, lease.scheduled_at)], figures)
        except LeaseLostError:
            raise
        except ConflictError:  # somebody else was quicker: it is theirs
            figures["parked" if expired else "retried"] -= 1
            return
        if expired or lease.dry_run:
            return
        taken = self._taken(letter)
        figures["taken" if taken else "failed"] += 1
        if not taken and next_try_at is None:
            figures["parked"] += 1

    def _taken(self, letter: DeadLetter) -> bool:
        """Replay the failed step and say whether all of it was taken; a failure is noted on the letter."""
        try:
            if letter.stage == JOB_STAGE:
                self.replay.run_again(letter)
                return True
            return asyncio.run(self._replayed(letter))
        except BrainError as error:
            failure(self.store, letter.dead_letter_id, error.code, error.message, passing=error.retryable)
        except Exception as error:  # noqa: BLE001 - one letter's fault must not keep the others from being tried
            self.failed("retry_dead_letter", error)
        return False

    async def _replayed(self, letter: DeadLetter) -> bool:
        try:
            done = await self.replay(letter)
        finally:
            await self.replay.ingest.writer.aclose()  # this event loop ends with the letter
        return all(item.outcome not in (Outcome.DEAD_LETTERED, Outcome.UNAVAILABLE) for item in done.items)
