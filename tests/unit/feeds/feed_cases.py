"""The provider payloads of the tests, each with the events that a person read out of it by hand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brain.domain.events import Draft, Event, Ignored, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.domain.privacy.keys import IdentityKeys

FIXTURES = Path(__file__).parent / "fixtures"
RECEIVED_AT = datetime(2026, 11, 22, tzinfo=UTC)
CONTEXT = FeedContext("acme", RECEIVED_AT)
KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")


@dataclass(frozen=True)
class FeedCase:
    """One payload of one provider's shape, the expected events, and texts in it that identify people."""

    source: str
    name: str
    payload: Any
    events: list[dict[str, Any]]
    people: list[str]

    def __str__(self) -> str:
        return f"{self.source}-{self.name}"


def load_cases() -> Iterator[FeedCase]:
    """Yield every fixture with its expectation."""
    for file in sorted(FIXTURES.glob("*/*.expected.json")):
        expected = json.loads(file.read_text(encoding="utf-8"))
        payload = file.with_name(file.name.replace(".expected", ""))
        yield FeedCase(
            file.parent.name,
            payload.stem,
            json.loads(payload.read_text(encoding="utf-8")),
            expected["events"],
            expected["people"],
        )


def complete_payload(
    source: str, payload: Any, context: FeedContext = CONTEXT
) -> list[IdentifiedEvent | Rejected | Ignored]:
    """Return the completed outcomes of a payload."""
    return [
        build_event(outcome, context, KEYS) if isinstance(outcome, Draft) else outcome
        for outcome in normalize(source, payload, context)
    ]


def complete_event(source: str, payload: Any, context: FeedContext = CONTEXT) -> Event:
    """Return the one event in ``payload``."""
    (outcome,) = complete_payload(source, payload, context)
    assert isinstance(outcome, IdentifiedEvent), outcome
    return outcome.event


def reject_one(source: str, payload: Any, context: FeedContext = CONTEXT) -> Rejected:
    """Return the one rejection of ``payload``."""
    (outcome,) = complete_payload(source, payload, context)
    assert isinstance(outcome, Rejected), outcome
    return outcome


def replace_at(payload: Any, path: tuple[Any, ...], replacement: Any) -> Any:
    """Return a copy of the payload with one part replaced; parts that are not on the path are shared."""
    if not path:
        return replacement
    changed = payload.copy()
    changed[path[0]] = replace_at(payload[path[0]], path[1:], replacement)
    return changed
