"""Keeps what could not be taken, with its original bytes sealed, so that it can be looked at and replayed."""

from collections.abc import Sequence
from dataclasses import dataclass

from brain.domain.dead_letters import MAX_SEALED_BYTES, DeadLetter, dead_letter_id
from brain.domain.ingested import Item
from brain.errors import PayloadTooLargeError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Create, EventWriter, Increment, Update, WriteStatus
from brain.ports.sealing import Sealer
from brain.repositories import paths


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came, from an authenticated sender."""

    client_id: str
    source: str
    content_type: str
    body: bytes
    correlation_id: str


@dataclass(slots=True)
class KeepDeadLetter:
    """Writes one dead letter a request; the same request again counts as another attempt."""

    writer: EventWriter
    sealer: Sealer
    clock: Clock

    async def __call__(self, request: Received, stage: str, failed: Sequence[Item]) -> str:
        """Return the id of the dead letter that now has the request.

        Raises:
            StoreUnavailableError: it could not be kept now; the sender must send again.
            PayloadTooLargeError: the request is too large to keep, even compressed.
        """
        letter = self._letter(request, stage, failed)
        place = paths.dead_letter(letter.dead_letter_id)
        (result,) = await self.writer.write([Create(place, letter.document())])
        if result.status is WriteStatus.EXISTS:
            again = {"attempts": Increment(1), "last_seen": letter.last_seen, "error_code": letter.error_code}
            (result,) = await self.writer.write([Update(place, again)])
        if result.status is not WriteStatus.WRITTEN:
            raise StoreUnavailableError("the request could not be kept; send it again") from result.error
        return letter.dead_letter_id

    def _letter(self, request: Received, stage: str, failed: Sequence[Item]) -> DeadLetter:
        sealed = self.sealer.seal(request.body)
        if len(sealed) > MAX_SEALED_BYTES:
            message = "the request cannot be read and is too large to keep aside; send it in smaller parts"
            raise PayloadTooLargeError(message)
        now = self.clock.now()
        return DeadLetter(
            dead_letter_id=dead_letter_id(request.client_id, request.source, request.body),
            client_id=request.client_id,
            source=request.source,
            content_type=request.content_type,
            stage=stage,
            error_code=failed[0].error_code or "internal",
            message=failed[0].message or "",
            sealed=sealed,
            first_seen=now,
            last_seen=now,
            next_try_at=None,
            correlation_id=request.correlation_id,
        )
