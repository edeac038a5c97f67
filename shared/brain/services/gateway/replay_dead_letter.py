"""Replays a dead letter by the same path as any request; events that are stored already stay as they are."""

from dataclasses import dataclass
from datetime import datetime

from brain.domain.events import Draft, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.gateway.bodies import parse_body
from brain.domain.gateway.dead_letters import SCORE_STAGE, DeadLetter, is_dead_letter_id
from brain.domain.gateway.normalize import normalize
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import IngestResult, IngestStatus
from brain.errors import InvalidInputError, LeaseHeldError, NotFoundError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.sealing import Sealer
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import (
    DeadLetters,
    build_rescoring_writes,
    event_id_from_body,
    task_from_dead_letter,
)
from brain.services.gateway.bounded_writes import bound_ingest
from brain.services.gateway.ga4_properties import Ga4Properties
from brain.services.gateway.ingest import Ingest
from brain.services.jobs.lease import Figures
from brain.services.jobs.perform import TaskPerformer


@dataclass(slots=True)
class ReplayDeadLetter:
    """Finds, previews, replays and purges dead letters. Replaying one twice has the effect of once."""

    store: DocumentStore
    sealer: Sealer
    ingest: Ingest
    perform: TaskPerformer
    clock: Clock

    def find(self, dead_letter_id: str) -> DeadLetter:
        """Return the dead letter; raises ``NotFoundError`` when it does not exist or has expired."""
        is_valid = is_dead_letter_id(dead_letter_id)
        letter = DeadLetters(self.store).get(dead_letter_id, self.clock.now()) if is_valid else None
        if letter is None:
            raise NotFoundError(
                f"the dead letter must be one that `brain dead-letters list` lists, got {dead_letter_id!r}"
            )
        return letter

    def preview(self, letter: DeadLetter) -> dict[str, int]:
        """Return what reading the original bytes would give now, without writing anything."""
        if letter.is_work:
            return {"events" if letter.stage == SCORE_STAGE else "runs": 1}
        counts = {"events": 0, "rejected": 0, "unreadable": 0, "ignored": 0}
        try:
            payloads = parse_body(self.sealer.open(letter.sealed), letter.content_type)
        except InvalidInputError:
            return counts | {"unreadable": 1}
        context = self._restore_context(letter)
        for payload in payloads:
            if isinstance(payload, InvalidInputError):
                counts["unreadable"] += 1
                continue
            for outcome in normalize(letter.source, payload, context):
                accepted = "events" if isinstance(outcome, Draft) else "ignored"
                counts["rejected" if isinstance(outcome, Rejected) else accepted] += 1
        return counts

    async def __call__(self, letter: DeadLetter, claimed_until: datetime | None = None) -> IngestResult:
        """Ingest the original bytes as of when they were received, and remove the letter unless an item failed again.

        The letter is claimed before it is opened, unless its caller has claimed it until ``claimed_until``: an erasure
        waits for the end of the claim, after which the replay writes nothing.

        The result says what failed again; ``conflict_count`` of it are conflicts, which no further replay resolves.
        Events that an earlier replay of the letter stored count as stored by this one, so that a replay that was killed
        and repeated leaves the same counters.

        Raises:
            NotFoundError: the letter was settled, has expired or was erased meanwhile.
            LeaseHeldError: another replay is at the letter, or failed lately.
            StoreUnavailableError: the store did not answer, or the replay took longer than its claim; replay it again.
        """
        letters = DeadLetters(self.store)
        if claimed_until is None:
            letter = letters.claim(letter.dead_letter_id, self.clock.now())
            claimed_until = letter.claimed_until or self.clock.now()
        body = self.sealer.open(letter.sealed)
        letter_id = letter.dead_letter_id
        request = IngestRequest(
            letter.client_id,
            letter.source,
            letter.content_type,
            body,
            letter.correlation_id,
            letter_id,
            replay_of=letter_id,
        )
        ingest = bound_ingest(self.ingest, claimed_until, self.clock)
        ingest_result = await ingest(request, self._restore_context(letter))
        counts = ingest_result.count_outcomes()
        event_count = counts[IngestStatus.STORED] + counts[IngestStatus.REVISED]
        if ingest_result.is_final:
            letters.settle(letter, "replayed", event_count, self.clock.now())
        else:  # a write whose response was lost may still arrive: such a claim ends with its time
            has_ended = ingest_result.is_certain and self.clock.now() < claimed_until
            letters.end_replay(letter_id, event_count, has_ended=has_ended)
        return ingest_result

    def _restore_context(self, letter: DeadLetter) -> FeedContext:
        """Return the context of a request, with the GA4 property that the client's settings name by now."""
        context = context_from_dead_letter(letter)
        if context.is_single_property is None:
            return context
        return Ga4Properties(self.store).add_to(context, letter.source)

    def repeat_work(self, letter: DeadLetter) -> Figures:
        """Repeat what a letter without a request is about, and remove it; if that raises, the letter stays."""
        return self.rescore_event(letter) if letter.stage == SCORE_STAGE else self.rerun_job(letter)

    def rerun_job(self, letter: DeadLetter) -> Figures:
        """Perform a job's task again and remove the letter; if the job raises, or stops at its limit, it stays."""
        figures = self.perform(task_from_dead_letter(letter, self.sealer.open(letter.sealed)))
        if figures["status"] != "stopped":
            DeadLetters(self.store).settle(letter, "run again", 0, self.clock.now())
        return figures

    def rescore_event(self, letter: DeadLetter) -> Figures:
        """Mark an event for the next hourly run and remove the letter; raises ``NotFoundError`` without the event."""
        event_id, now = event_id_from_body(self.sealer.open(letter.sealed)), self.clock.now()
        writes = build_rescoring_writes(letter.client_id, event_id, now)
        try:
            DeadLetters(self.store).settle(letter, "scored again", 0, now, writes)
        except NotFoundError as exc:
            message = f"event {event_id} must be stored to be scored again, got none; purge the dead letter"
            raise NotFoundError(message) from exc
        return {"status": "success", "marked": 1}

    def purge(self, letter: DeadLetter) -> None:
        """Remove a letter with its original bytes; the counters record that it existed.

        Raises:
            LeaseHeldError: a replay is at the letter; an erasure must be able to see that.
        """
        now = self.clock.now()
        stored_letter = self.store.get(paths.dead_letter(letter.dead_letter_id))
        if stored_letter is None:
            return
        latest = DeadLetter.from_document(stored_letter.data)
        if claim_end := latest.find_claim_end(now):
            raise LeaseHeldError(f"a replay is at this letter; purge it after {claim_end:%H:%M:%S} UTC")
        DeadLetters(self.store).settle(latest, "purged", latest.taken, now, expect=stored_letter.version)


def context_from_dead_letter(letter: DeadLetter) -> FeedContext:
    """Return the context in which the request was received."""
    return FeedContext(
        letter.client_id,
        letter.first_seen,
        letter.signed_at,
        letter.vertical,
        letter.correlation_id,
        letter.backfill,
        FieldMap.model_validate_json(letter.field_map) if letter.field_map else None,
        property_id=letter.property_id,
        is_single_property=letter.is_single_property,
    )
