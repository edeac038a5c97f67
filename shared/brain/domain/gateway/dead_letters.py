"""Dead letters: failed requests of authenticated senders and failed tasks, stored whole so that nothing is lost."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from brain.domain.types import StrictModel

RETENTION: Final = timedelta(days=30)
MAX_SEALED_BYTES: Final = 900_000
CLAIM_TIME: Final = timedelta(minutes=5)
"""How long a replay may write what it read from a letter."""
CLAIM_GRACE: Final = timedelta(minutes=1)
"""What a write that was sent in time may take, and how much the clocks of two machines may differ."""
# The sender cannot fix an item that failed with one of these. It is dead-lettered wherever it comes from; any other
# rejection of an import of history is not, since the operator has the file and fixes it there.
DEAD_LETTER_CODES: Final = frozenset({
    "unreadable_body", "unknown_shape", "ambiguous_key", "conflict", "store_refused", "internal",
})  # fmt: skip
# The stage of a failed task, as opposed to the stages of a request.
JOB_STAGE: Final = "job"
# The stage of an event that could not be scored.
SCORE_STAGE: Final = "score"
# Errors that may pass without a change to what was sent. A conflict of a request never does, one of a job may.
TRANSIENT_CODES: Final = frozenset({"store_refused", "internal"})
JOB_TRANSIENT_CODES: Final = TRANSIENT_CODES | {
    "store_unavailable", "conflict", "lease_held", "lease_lost", "rate_limited", "run_abandoned",
}  # fmt: skip


class RetryPolicy(StrictModel):
    """How often a dead letter is retried automatically, with exponential backoff."""

    retries: Annotated[int, Field(ge=0, le=100)]
    first_delay_seconds: Annotated[float, Field(gt=0)]
    multiplier: Annotated[float, Field(ge=1)]
    longest_delay_seconds: Annotated[float, Field(gt=0)]

    def next_try(self, stage: str, codes: Iterable[str], retries: int, now: datetime) -> datetime | None:
        """Return when to retry what failed with ``codes``; None (parked) without a transient error or a retry left."""
        transient_codes = JOB_TRANSIENT_CODES if stage == JOB_STAGE else TRANSIENT_CODES
        return None if transient_codes.isdisjoint(codes) else self.after_retry(retries, now)

    def after_retry(self, retries: int, now: datetime) -> datetime | None:
        """Return when to retry after ``retries`` retries have started; None if that was the last one."""
        if retries >= self.retries:
            return None
        # The exponent is bounded so that no policy can make the delay overflow before it is capped.
        delay = self.first_delay_seconds * self.multiplier ** min(retries, 64)
        return now + timedelta(seconds=min(delay, self.longest_delay_seconds))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One request, one job's task or one event's score that failed in part or as a whole.

    The names of the fields are the stored keys.

    Attributes:
        dead_letter_id: ``dl_`` and 24 hex digits.
        client_id: the client that sent the request or that the task is for.
        source: the feed, or the job.
        content_type: the media type of the body.
        stage: ``read`` or ``store`` for a request, ``job`` for a task, ``score`` for a stored event.
        error_code: the code of the latest error.
        message: the message of the latest error.
        sealed: the original bytes, encrypted.
        first_seen: when the request was received first.
        last_seen: the latest attempt.
        next_try_at: when it is retried automatically; None for a parked letter, which only an operator retries.
        correlation_id: the request's correlation id.
        attempts: the number of failures.
        retries: the number of automatic retries among the attempts.
        taken: the number of events that replays have made of it so far.
        signed_at: the time in the provider's signature.
        backfill: whether the request is history, without a limit on its age.
        vertical: the client's vertical when the request was received.
        field_map: the field map (JSON) that the request was read with.
        property_id: the GA4 property that the request named.
        is_single_property: whether the client had only one GA4 property when the request was received.
        claimed_until: when the claim of the latest replay ends; None for a letter that no replay is at.
    """

    dead_letter_id: str
    client_id: str
    source: str
    content_type: str
    stage: str
    error_code: str
    message: str
    sealed: bytes
    first_seen: datetime
    last_seen: datetime
    next_try_at: datetime | None
    correlation_id: str
    attempts: int = 1
    retries: int = 0
    taken: int = 0
    signed_at: datetime | None = None
    backfill: bool = False
    vertical: str | None = None
    field_map: str | None = None
    property_id: str | None = None
    is_single_property: bool | None = None
    claimed_until: datetime | None = None

    def find_claim_end(self, now: datetime) -> datetime | None:
        """Return when the replay that is at the letter has certainly ended; None if none is."""
        end = self.claimed_until + CLAIM_GRACE if self.claimed_until else now
        return end if end > now else None

    @property
    def parked(self) -> bool:
        """Whether only an operator retries it."""
        return self.next_try_at is None

    @property
    def is_work(self) -> bool:
        """Whether it is work of the Brain, a task or a stored event, and no request."""
        return self.stage in {JOB_STAGE, SCORE_STAGE}

    def to_document(self) -> dict[str, Any]:
        """Return the dead letter as a document with its expiry."""
        return asdict(self) | {"expires_at": self.first_seen + RETENTION}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "DeadLetter":
        """Return the dead letter of a document; fields that an older version did not store have their defaults."""
        return cls(**{name: document[name] for name in cls.__slots__ if name in document})


def is_dead_lettered(error_code: str, *, is_history: bool) -> bool:
    """Whether an item that failed is stored in a dead letter.

    Whatever an authenticated sender sent is: many providers never send again what was answered with 4xx.
    """
    return not is_history or error_code in DEAD_LETTER_CODES


def derive_dead_letter_id(client_id: str, source: str, body: bytes, reading: Sequence[str] = ()) -> str:
    """Return the id of a request's dead letter; the same request, sent again, has the same dead letter.

    ``reading`` is what else decides how the body is read, such as a field map: a replay of one letter reads it in one
    way only.
    """
    parts = (client_id.encode(), source.encode(), *(part.encode() for part in reading), body)
    digest = hashlib.sha256(b"\x00".join(parts)).hexdigest()
    return f"dl_{digest[:24]}"


def is_dead_letter_id(text: str) -> bool:
    """Return whether the text has the form of a dead letter's id."""
    return re.fullmatch(r"dl_[0-9a-f]{24}", text) is not None
