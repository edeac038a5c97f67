"""Stores a failed request as a dead letter, its original bytes sealed, so that it can be inspected and replayed."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from brain.domain.events import SOURCES
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.bodies import media_type
from brain.domain.gateway.dead_letters import (
    MAX_SEALED_BYTES,
    RETENTION,
    DeadLetter,
    RetryPolicy,
    derive_dead_letter_id,
)
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import ItemResult
from brain.errors import PayloadTooLargeError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, EventWriter, Increment, Update, WriteStatus
from brain.ports.sealing import Sealer
from brain.repositories import paths

FEEDS = frozenset(map(str, SOURCES))
# The source in an address may be anything, a person's name included. A replay of this one is rejected as unknown.
UNKNOWN_FEED = "unknown"
_JSON = "application/json"
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")


@dataclass(slots=True)
class StoreDeadLetter:
    """Writes one dead letter per request; the same request, sent again, counts as another attempt."""

    writer: EventWriter
    sealer: Sealer
    clock: Clock
    policy: RetryPolicy

    async def __call__(
        self, request: IngestRequest, stage: str, failed_results: Sequence[ItemResult], context: FeedContext
    ) -> str:
        """Return the id of the dead letter that holds the request.

        Raises:
            StoreUnavailableError: it could not be stored now; the sender must send the request again.
            PayloadTooLargeError: the request is too large to be stored, even compressed.
        """
        # Sealing compresses and encrypts, for up to half a second.
        letter = await asyncio.to_thread(self._build_letter, request, stage, failed_results, context)
        path = paths.dead_letter(letter.dead_letter_id)
        write: Create | Update
        if request.replay_of:
            write = Update(path, self._changes_of_replay(letter, failed_results))
        else:
            write = Create(path, letter.to_document())
        (write_result,) = await self.writer.write([write])
        if write_result.status is WriteStatus.EXISTS:
            (write_result,) = await self.writer.write([Update(path, _changes_of_resend(letter))])
        if write_result.status is not WriteStatus.WRITTEN:
            raise StoreUnavailableError(
                "the dead letter could not be stored; send the request again"
            ) from write_result.error
        return letter.dead_letter_id

    def _build_letter(
        self, request: IngestRequest, stage: str, failed_results: Sequence[ItemResult], context: FeedContext
    ) -> DeadLetter:
        sealed = self.sealer.seal(request.body)
        if len(sealed) > MAX_SEALED_BYTES:
            raise PayloadTooLargeError(
                f"the request could not be read, and as a dead letter it has at most {MAX_SEALED_BYTES} bytes, "
                f"got {len(sealed)}; split the request"
            )
        now = self.clock.now()
        kind = media_type(request.content_type)
        return DeadLetter(
            dead_letter_id=request.replay_of or name_dead_letter(request, context),
            client_id=request.client_id,
            source=request.source if request.source in FEEDS else UNKNOWN_FEED,
            content_type=kind if _MEDIA_TYPE.fullmatch(kind) else "",
            stage=stage,
            error_code=failed_results[0].error_code or "internal",
            message=failed_results[0].message or "",
            sealed=sealed,
            first_seen=now,
            last_seen=now,
            next_try_at=self.policy.next_try(stage, _error_codes(failed_results), 0, now),
            correlation_id=request.correlation_id,
            signed_at=context.signed_at,
            backfill=context.backfill,
            vertical=context.vertical,
            field_map=context.field_map.model_dump_json() if context.field_map else None,
            property_id=context.property_id,
            is_single_property=context.is_single_property,
        )

    def _changes_of_replay(self, letter: DeadLetter, failed_results: Sequence[ItemResult]) -> dict[str, Any]:
        """Return what a failed replay changes; its caller counts the attempt, a permanent error parks the letter."""
        changes = {"last_seen": letter.last_seen, "error_code": letter.error_code, "message": letter.message}
        next_try_at = self.policy.next_try(letter.stage, _error_codes(failed_results), 0, letter.last_seen)
        return changes if next_try_at is not None else changes | {"next_try_at": None}


def name_dead_letter(request: IngestRequest, context: FeedContext) -> str:
    """Return the id of the dead letter of a request, one for each way in which its bytes were to be read."""
    kind = media_type(request.content_type)
    reading = {
        "content type": "" if kind == _JSON else kind,
        "field map": context.field_map.model_dump_json() if context.field_map else "",
        "property": context.property_id or "",
        "history": "yes" if context.backfill else "",
    }
    known = [f"{name}={text}" for name, text in reading.items() if text]
    return derive_dead_letter_id(request.client_id, request.source, request.body, known)


def _changes_of_resend(letter: DeadLetter) -> dict[str, Any]:
    """Return what the same request, sent again, changes; as after the first attempt, the next one is a full delay away.

    It is kept as long as a new one, also if the earlier one has expired and was not deleted yet.

    The bytes are replaced: a person may have been erased from the stored ones, and what is sent later is new data.
    """
    names = ("last_seen", "error_code", "message", "next_try_at", "sealed")
    changes = {name: getattr(letter, name) for name in names}
    return changes | {"attempts": Increment(1), "expires_at": letter.last_seen + RETENTION}


def _error_codes(failed_results: Sequence[ItemResult]) -> set[str]:
    return {result.error_code or "internal" for result in failed_results}
