"""The complete application on a store in memory, requests to its ingest, and a payload reader that fails on demand."""

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
    """Secrets that a test may change at any time, as an operator does.

    Example:
        >>> secrets = MutableSecrets()
        >>> secrets.texts["BRAIN_SEAL_KEY"] = "another key, long enough"
        >>> secrets.read("BRAIN_SEAL_KEY")
        'another key, long enough'
    """

    def __init__(self) -> None:
        self.texts = {
            "BRAIN_HASH_SALT": "the first salt of a test",
            "BRAIN_SEAL_KEY": "the first key of a test, sealing",
        }

    def read(self, name: str) -> str:
        """Return the current text of a secret."""
        return self.texts[name]


def build_memory_brain(clock: ManualClock | None = None, secrets: MutableSecrets | None = None) -> Brain:
    """Build the application on an empty store in memory, without rate limits.

    Args:
        clock: The clock; by default one that stands at ``NOW``.
        secrets: The secrets; by default new ones.

    Example:
        >>> brain = build_memory_brain()
        >>> result = send_request(brain, [build_post_payload(1), build_post_payload(2, likes=-1)])
        >>> result.count_outcomes()["stored"], result.count_outcomes()["dead_lettered"]
        (1, 1)
    """
    settings = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
    brain = bootstrap.build_brain(settings, clock=clock or ManualClock(NOW), secrets=secrets or MutableSecrets())
    brain.ingest.limits = UnlimitedBudgets()
    return brain


def build_post_payload(number: int, **fields: Any) -> dict[str, Any]:
    """Build the payload of a canonical event that happened an hour before ``NOW``; ``fields`` override."""
    return {"event_id": f"post-{number}", "occurred_at": "2026-11-22T06:30:00Z", "likes": number} | fields


def build_request(
    body: Any, source: str = "custom", name: str = "", content_type: str = "application/json"
) -> IngestRequest:
    """Build a request to ingest.

    Args:
        body: The payload, or bytes that are sent as they are.
        source: The feed.
        name: The correlation id; requests with the same name and content are retries of one delivery.
        content_type: The media type of the body.
    """
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    delivery = derive_delivery_id(CLIENT, source, name, content) if name else ""
    return IngestRequest(CLIENT, source, content_type, content, name or "corr", delivery)


def send_request(brain: Brain, body: Any, source: str = "custom", name: str = "", **context: Any) -> IngestResult:
    """Send one request to ingest and return its result; ``context`` are further fields of the ``FeedContext``."""
    feed_context = FeedContext(CLIENT, brain.clock.now(), correlation_id=name or "corr", **context)
    return asyncio.run(brain.ingest(build_request(body, source, name), feed_context))


class BrokenReader:
    """A function that raises ``KeyError`` while ``broken``, as a bug in a payload reader would; ``calls`` counts.

    Args:
        reader: The function that is called while the reader is not broken.

    Example:
        >>> reader = BrokenReader(str.upper)
        >>> reader.broken = False
        >>> reader("ok"), reader.calls
        ('OK', 1)
    """

    def __init__(self, reader: Callable[..., Any]) -> None:
        self.reader = reader
        self.broken = True
        self.calls = 0

    def __call__(self, *arguments: Any) -> Any:
        """Call the reader, or fail."""
        self.calls += 1
        if self.broken:
            raise KeyError("a bug in a payload reader")
        return self.reader(*arguments)
