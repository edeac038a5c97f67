"""Dead letters: what an authenticated sender sent and we could not take, kept whole so that nothing is lost."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from brain.domain.types import StrictModel

KEPT: Final = timedelta(days=30)
MAX_SEALED_BYTES: Final = 900_000
# What of an item we could not read or store; every other rejection is the sender's to mend, and the answer says how.
CODES: Final = frozenset({"unreadable_body", "unknown_shape", "conflict", "store_refused", "internal"})
# The stage of a job's task, as against those of a request.
JOB_STAGE: Final = "job"
# Faults that may pass without anyone changing what was sent; a request's conflict never does, a job's may.
PASSING: Final = frozenset({"store_refused", "internal"})
JOB_PASSING: Final = PASSING | {"store_unavailable", "conflict", "lease_held", "lease_lost", "rate_limited"}


class RetryPolicy(StrictModel):
    """How often and how far apart a dead letter is tried again by itself."""

    retries: Annotated[int, Field(ge=0, le=100)]
    first_delay_seconds: Annotated[float, Field(gt=0)]
    multiplier: Annotated[float, Field(ge=1)]
    longest_delay_seconds: Annotated[float, Field(gt=0)]

    def next_try(self, stage: str, codes: Iterable[str], retries: int, now: datetime) -> datetime | None:
        """Return when to try again what failed with ``codes``, or None: parked, since it cannot pass or never did."""
        passing = JOB_PASSING if stage == JOB_STAGE else PASSING
        return None if passing.isdisjoint(codes) else self.after_retry(retries, now)

    def after_retry(self, retries: int, now: datetime) -> datetime | None:
        """Return when to try again what may pass, ``retries`` retries having begun; None when that was the last."""
        if retries >= self.retries:
            return None
        # The exponent is bounded so that no policy can make the delay overflow before it is capped.
        delay = self.first_delay_seconds * self.multiplier ** min(retries, 64)
        return now + timedelta(seconds=min(delay, self.longest_delay_seconds))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One request, or one job's task, that failed in part or whole at ``stage``; ``sealed`` has the original bytes.

    ``attempts`` counts every failure, ``retries`` those of them that were tried by themselves. ``next_try_at`` is None
    for one that is parked. ``taken`` is how many events replays have made of it so far. ``signed_at``, ``backfill``,
    ``vertical`` and ``field_map`` (JSON) are what was known beside the bytes, so that a replay reads them as they came.
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

    @property
    def parked(self) -> bool:
        """Whether only an operator tries it again."""
        return self.next_try_at is None

    def document(self) -> dict[str, Any]:
        """Return the dead letter as a document that expires by itself."""
        return asdict(self) | {"expires_at": self.first_seen + KEPT}


def dead_letter_id(client_id: str, source: str, body: bytes) -> str:
    """Return an id that the same request always gets, so that a resend is the same dead letter."""
    digest = hashlib.sha256(b"\x00".join((client_id.encode(), source.encode(), body))).hexdigest()
    return f"dl_{digest[:24]}"


def dead_letter_from(document: Mapping[str, Any]) -> DeadLetter:
    """Return the dead letter that a document holds; one written before a field was there has its default."""
    return DeadLetter(**{name: document[name] for name in DeadLetter.__slots__ if name in document})
