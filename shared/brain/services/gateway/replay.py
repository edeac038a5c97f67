"""Replays a dead letter through the same path as any request; what is stored already stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass

from brain.domain.events import Draft, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.gateway.bodies import payloads
from brain.domain.gateway.dead_letters import JOB_STAGE, DeadLetter
from brain.domain.gateway.normalize import normalize
from brain.domain.gateway.results import Ingested, Outcome
from brain.errors import InvalidInputError, NotFoundError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.sealing import Sealer
from brain.ports.task_queue import Task
from brain.repositories.gateway.dead_letters import DeadLetters, task_from_dead_letter
from brain.services.gateway.ingest import Ingest
from brain.services.gateway.keep_dead_letter import Received
from brain.services.jobs.lease import Figures


@dataclass(slots=True)
class Replay:
    """The operator's tool; a replay that succeeds removes the dead letter, and twice is once."""

    store: DocumentStore
    sealer: Sealer
    ingest: Ingest
    perform: Callable[[Task], Figures]
    clock: Clock

    def find(self, dead_letter_id: str) -> DeadLetter:
        """Return the dead letter; raises ``NotFoundError`` when there is none or it has expired."""
        letter = DeadLetters(self.store).get(dead_letter_id, self.clock.now())
        if letter is None:
            raise NotFoundError(
                f"there is no dead letter {dead_letter_id}; `brain dead-letters list` shows those there are"
            )
        return letter

    def preview(self, letter: DeadLetter) -> dict[str, int]:
        """Return what reading the original bytes gives now, without writing anything."""
        if letter.stage == JOB_STAGE:
            return {"runs": 1}
        counts = {"events": 0, "rejected": 0, "unreadable": 0, "ignored": 0}
        try:
            values = payloads(self.sealer.open(letter.sealed), letter.content_type)
        except InvalidInputError:
            return counts | {"unreadable": 1}
        for value in values:
            if isinstance(value, InvalidInputError):
                counts["unreadable"] += 1
                continue
            for outcome in normalize(letter.source, value, context_of(letter)):
                kind = "events" if isinstance(outcome, Draft) else "ignored"
                counts["rejected" if isinstance(outcome, Rejected) else kind] += 1
        return counts

    async def __call__(self, letter: DeadLetter) -> Ingested:
        """Send the original bytes through ingest, as of when they came; remove the letter when all of it is taken.

        What an earlier replay of the same letter stored counts as stored by this one, so that a replay that was killed
        and taken up again ends in the same books.
        """
        body = self.sealer.open(letter.sealed)
        name = letter.dead_letter_id
        request = Received(
            letter.client_id, letter.source, letter.content_type, body, letter.correlation_id, name, replay_of=name
        )
        done = await self.ingest(request, context_of(letter))
        counts = done.counts()
        taken = counts[Outcome.STORED] + counts[Outcome.REVISED]
        letters = DeadLetters(self.store)
        if all(item.outcome not in (Outcome.DEAD_LETTERED, Outcome.UNAVAILABLE) for item in done.items):
            letters.settle(letter, "replayed", taken, self.clock.now())
        elif taken:
            letters.took(name, taken)
        return done

    def run_again(self, letter: DeadLetter) -> Figures:
        """Perform a job's task again and remove the letter; raises as the job does, and the letter stays then."""
        figures = self.perform(task_from_dead_letter(letter, self.sealer.open(letter.sealed)))
        DeadLetters(self.store).settle(letter, "run again", 0, self.clock.now())
        return figures

    def purge(self, letter: DeadLetter) -> None:
        """Remove a letter for good, original bytes and all; the books keep that there was one."""
        DeadLetters(self.store).settle(letter, "purged", letter.taken, self.clock.now())


def context_of(letter: DeadLetter) -> FeedContext:
    """Return what was known beside the bytes when they came."""
    return FeedContext(
        letter.client_id,
        letter.first_seen,
        letter.signed_at,
        letter.vertical,
        letter.correlation_id,
        letter.backfill,
        FieldMap.model_validate_json(letter.field_map) if letter.field_map else None,
    )
