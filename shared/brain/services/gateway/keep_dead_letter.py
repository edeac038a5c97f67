"""Keeps what could not be taken, with its original bytes sealed, so that it can be looked at and replayed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.dead_letters import MAX_SEALED_BYTES, DeadLetter, RetryPolicy, dead_letter_id
from brain.domain.gateway.results import Item
from brain.errors import PayloadTooLargeError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, EventWriter, Increment, Update, WriteStatus
from brain.ports.sealing import Sealer
from brain.repositories import paths

FEEDS = frozenset(str(feed) for feed in FeedType)
# An address may name anything, people included; a replay of this is refused as any unknown feed is.
UNKNOWN_FEED = "unknown"
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came, from an authenticated sender.

    ``delivery`` tells one sending from another where that is known: what an earlier attempt of the same sending wrote
    is no duplicate. ``replay_of`` is the dead letter that is being replayed.
    """

    client_id: str
    source: str
    content_type: str
    body: bytes
    correlation_id: str
    delivery: str = ""
    replay_of: str | None = None


@dataclass(slots=True)
class KeepDeadLetter:
    """Writes one dead letter a request; the same request again counts as another attempt."""

    writer: EventWriter
    sealer: Sealer
    clock: Clock
    policy: RetryPolicy

    async def __call__(self, request: Received, stage: str, failed: Sequence[Item], context: FeedContext) -> str:
        """Return the id of the dead letter that now has the request.

        Raises:
            StoreUnavailableError: it could not be kept now; the sender must send again.
            PayloadTooLargeError: the request is too large to keep, even compressed.
        """
        letter = self._letter(request, stage, failed, context)
        place = paths.dead_letter(letter.dead_letter_id)
        if request.replay_of:
            write: Create | Update = Update(place, self._failed_again(letter, failed))
        else:
            write = Create(place, letter.document())
        (result,) = await self.writer.write([write])
        if result.status is WriteStatus.EXISTS:
            (result,) = await self.writer.write([Update(place, _sent_again(letter))])
        if result.status is not WriteStatus.WRITTEN:
            raise StoreUnavailableError("the request could not be kept; send it again") from result.error
        return letter.dead_letter_id

    def _letter(self, request: Received, stage: str, failed: Sequence[Item], context: FeedContext) -> DeadLetter:
        sealed = self.sealer.seal(request.body)
        if len(sealed) > MAX_SEALED_BYTES:
            message = "the request cannot be read and is too large to keep aside; send it in smaller parts"
            raise PayloadTooLargeError(message)
        now = self.clock.now()
        return DeadLetter(
            dead_letter_id=request.replay_of or dead_letter_id(request.client_id, request.source, request.body),
            client_id=request.client_id,
            source=request.source if request.source in FEEDS else UNKNOWN_FEED,
            content_type=_media_type(request.content_type),
            stage=stage,
            error_code=failed[0].error_code or "internal",
            message=failed[0].message or "",
            sealed=sealed,
            first_seen=now,
            last_seen=now,
            next_try_at=self.policy.next_try(stage, _codes(failed), 0, now),
            correlation_id=request.correlation_id,
            signed_at=context.signed_at,
            backfill=context.backfill,
            vertical=context.vertical,
            field_map=context.field_map.model_dump_json() if context.field_map else None,
        )

    def _failed_again(self, letter: DeadLetter, failed: Sequence[Item]) -> dict[str, Any]:
        """Return what a failed replay changes: whoever started it counted the attempt; what cannot pass is parked."""
        changes = {"last_seen": letter.last_seen, "error_code": letter.error_code, "message": letter.message}
        passing = self.policy.next_try(letter.stage, _codes(failed), 0, letter.last_seen) is not None
        return changes if passing else changes | {"next_try_at": None}


def _sent_again(letter: DeadLetter) -> dict[str, Any]:
    """Return what the same request, sent again, changes: this was a try, so the next is as far off as after the first.

    The bytes are kept anew: a person may have been erased from them meanwhile, and what comes later is new data.
    """
    names = ("last_seen", "error_code", "message", "next_try_at", "sealed")
    return {name: getattr(letter, name) for name in names} | {"attempts": Increment(1)}


def _codes(failed: Sequence[Item]) -> set[str]:
    return {item.error_code or "internal" for item in failed}


def _media_type(content_type: str) -> str:
    """Return the media type alone: a reader needs no more, and the rest may be anything."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else ""
