"""Health of this instance; a probe causes at most one read per half minute."""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from brain.domain.events import Event, FeedType
from brain.domain.scoring import ScoringConfig, score
from brain.errors import BrainError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.repositories import paths

CACHE_LIFETIME = timedelta(seconds=30)


class ScoringConfigLoader(Protocol):
    """Loads the constants of the score."""

    def __call__(self) -> ScoringConfig:
        """Return the constants; raises ``MisconfiguredError``."""


class _Probe(Protocol):
    def __call__(self) -> None: ...


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The health of one component; ``detail`` is for operators only."""

    name: str
    ok: bool
    latency_ms: float
    detail: str = ""


@dataclass(slots=True)
class Health:
    """Checks the store and the scorer."""

    store: DocumentStore
    clock: Clock
    load_config: ScoringConfigLoader
    _cached: tuple[datetime, tuple[HealthCheck, ...]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> tuple[HealthCheck, ...]:
        """Return the health of all components, at most half a minute old."""
        with self._lock:
            now = self.clock.now()
            if self._cached is None or now >= self._cached[0] + CACHE_LIFETIME:
                self._cached = now, (_run_probe("store", self._read), _run_probe("scorer", self._score))
            return self._cached[1]

    def is_ready(self) -> bool:
        """Return whether every component works."""
        return all(check.ok for check in self.check())

    def _read(self) -> None:
        self.store.get(paths.feature("health"))

    def _score(self) -> None:
        """Score an event at the baseline and the median, whose score is positive with only growth unknown."""
        now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        event = Event(
            event_id="self-test", client_id="self-test", feed_type=FeedType.CUSTOM, platform="linkedin",
            occurred_at=now, received_at=now, engagements=60, impressions=1000, audience_size=3000,
        )  # fmt: skip
        scored = score(event, as_of=now, config=self.load_config())
        if not scored.overall > 0 or scored.neutral != ("growth",):
            raise BrainError(f"the scorer's self-test expected a positive score, got {scored.overall}")


def _run_probe(name: str, probe: _Probe) -> HealthCheck:
    started_at = time.perf_counter()
    ok, detail = True, ""
    try:
        probe()
    except BrainError as error:
        ok, detail = False, error.message
    return HealthCheck(name, ok=ok, latency_ms=(time.perf_counter() - started_at) * 1000, detail=detail)
