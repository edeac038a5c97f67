"""The provider payloads of the tests, each with the events that a person would read out of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brain.domain.events import Draft, Event, Ignored, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import Completed, complete, normalize
from brain.domain.privacy.keys import IdentityKeys

FIXTURES = Path(__file__).parent / "fixtures"
RECEIVED = datetime(2026, 11, 22, tzinfo=UTC)
CONTEXT = FeedContext("acme", RECEIVED)
KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")


@dataclass(frozen=True)
class Case:
    """One payload of one provider's shape, what it holds, and texts that name people in it."""

    source: str
    name: str
    payload: Any
    events: list[dict[str, Any]]
    people: list[str]

    def __str__(self) -> str:
        return f"{self.source}-{self.name}"


def cases() -> Iterator[Case]:
    """Yield every fixture beside its expectation."""
    for file in sorted(FIXTURES.glob("*/*.expected.json")):
        expected = json.loads(file.read_text(encoding="utf-8"))
        payload = file.with_name(file.name.replace(".expected", ""))
        yield Case(
            file.parent.name,
            payload.stem,
            json.loads(payload.read_text(encoding="utf-8")),
            expected["events"],
            expected["people"],
        )


def take(source: str, payload: Any, context: FeedContext = CONTEXT) -> list[Completed | Rejected | Ignored]:
    """Return the finished outcome of everything in ``payload``."""
    return [
        complete(outcome, context, KEYS) if isinstance(outcome, Draft) else outcome
        for outcome in normalize(source, payload, context)
    ]


def take_one(source: str, payload: Any, context: FeedContext = CONTEXT) -> Event:
    """Return the one event in ``payload``."""
    (only,) = take(source, payload, context)
    assert isinstance(only, Completed), only
    return only.event


def reject_one(source: str, payload: Any, context: FeedContext = CONTEXT) -> Rejected:
    """Return the one rejection that ``payload`` earns."""
    (only,) = take(source, payload, context)
    assert isinstance(only, Rejected), only
    return only


def planted(payload: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return the payload with another value at one place; what is on the way there is copied, the rest is shared."""
    if not path:
        return value
    changed = payload.copy()
    changed[path[0]] = planted(payload[path[0]], path[1:], value)
    return changed
