"""A whole Brain in memory whose readers and store can be broken for a while, and a sender to it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from brain import bootstrap
from brain.bootstrap import Brain
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.delivery import derive_delivery_id
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import IngestResult
from brain.services.gateway.rate_limits import UnlimitedBudgets
from brain.settings.environment import read_settings
from brain.testing.manual_clock import ManualClock

CLIENT = "acme"
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


class MutableSecrets:
    """Secrets that an operator may change at any time."""

    def __init__(self) -> None:
        self.texts = {
            "BRAIN_HASH_SALT": "the first salt of a test",
            "BRAIN_SEAL_KEY": "the first key of a test, sealing",
        }

    def read(self, name: str) -> str:
        """Return the secret's text now."""
        return self.texts[name]


def build_memory_brain(clock: ManualClock | None = None, vault: MutableSecrets | None = None) -> Brain:
    """Return a Brain on an empty store in memory that refuses nobody for sending much."""
    settings = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
    brain = bootstrap.build_brain(settings, clock=clock or ManualClock(NOW), secrets=vault or MutableSecrets())
    brain.ingest.limits = UnlimitedBudgets()
    return brain


def build_post_payload(number: int, **fields: Any) -> dict[str, Any]:
    """A canonical event that happened an hour before ``NOW``."""
    return {"event_id": f"post-{number}", "occurred_at": "2026-11-22T06:30:00Z", "likes": number} | fields


def build_request(
    body: Any, source: str = "custom", name: str = "", content_type: str = "application/json"
) -> IngestRequest:
    """Return a request; one with a ``name`` is the same sending however often it is sent."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    delivery = derive_delivery_id(CLIENT, source, name, content) if name else ""
    return IngestRequest(CLIENT, source, content_type, content, name or "corr", delivery)


def send_request(brain: Brain, body: Any, source: str = "custom", name: str = "", **context: Any) -> IngestResult:
    """Send one request and return what became of it."""
    feed_context = FeedContext(CLIENT, brain.clock.now(), correlation_id=name or "corr", **context)
    return asyncio.run(brain.ingest(build_request(body, source, name), feed_context))


class BrokenReader:
    """A reader of feeds that raises while ``broken``, as a fault of ours would."""

    def __init__(self, whole: Callable[..., Any]) -> None:
        self.whole = whole
        self.broken = True
        self.calls = 0

    def __call__(self, *given: Any) -> Any:
        """Read, or fail."""
        self.calls += 1
        if self.broken:
            raise KeyError("a fault of our reader")
        return self.whole(*given)
