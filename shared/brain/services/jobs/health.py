"""Whether this instance is alive, and whether it can do its work; a probe costs one read in half a minute at most."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from brain.domain.events import Event, FeedType
from brain.domain.scoring import ScoringConfig, score
from brain.errors import BrainError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.repositories import paths

REMEMBERED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Check:
    """One component's state; ``detail`` is for operators only."""

    name: str
    ok: bool
    latency_ms: float
    detail: str = ""


@dataclass(slots=True)
class Health:
    """Looks at the store and at the scorer."""

    store: DocumentStore
    clock: Clock
    config: Callable[[], ScoringConfig]
    _last: tuple[datetime, tuple[Check, ...]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def checks(self) -> tuple[Check, ...]:
        """Return all components' states, at most half a minute old."""
        with self._lock:
            now = self.clock.now()
            if self._last is None or now >= self._last[0] + REMEMBERED:
                self._last = now, (_timed("store", self._read), _timed("scorer", self._score))
            return self._last[1]

    def ready(self) -> bool:
        """Whether every component works."""
        return all(check.ok for check in self.checks())

    def _read(self) -> None:
        self.store.get(paths.feature("health"))

    def _score(self) -> None:
        """Score an event whose score is known by hand: at the baseline, at the median, nothing else known."""
        at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        event = Event(
            event_id="self-test", client_id="self-test", feed_type=FeedType.CUSTOM, platform="linkedin",
            occurred_at=at, received_at=at, engagements=60, impressions=1000, audience_size=3000,
        )  # fmt: skip
        found = score(event, as_of=at, config=self.config())
        if not found.overall > 0 or found.neutral != ("growth",):
            raise BrainError(f"the scorer's self-test gave {found.overall} with {found.neutral} unknown")


def _timed(name: str, look: Callable[[], None]) -> Check:
    started = time.perf_counter()
    try:
        look()
    except BrainError as error:
        return Check(name, ok=False, latency_ms=(time.perf_counter() - started) * 1000, detail=error.message)
    return Check(name, ok=True, latency_ms=(time.perf_counter() - started) * 1000)
