"""Payload shapes: one form of payload that one provider sends, how to recognize it and how to read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from brain.domain.events import FeedType, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome

JsonObject = Mapping[str, Any]


class PayloadMatcher(Protocol):
    """Recognizes a shape by the payload's content alone."""

    def __call__(self, payload: JsonObject, /) -> bool:
        """Return whether the payload has the shape."""


class PayloadReader(Protocol):
    """Reads a payload of a shape."""

    def __call__(self, payload: JsonObject, context: FeedContext, /) -> Iterable[FeedOutcome]:
        """Return what the payload contains: several outcomes for a page or a report."""


@dataclass(frozen=True, slots=True)
class PayloadShape:
    """One form of payload.

    ``description`` names it for a sender whose payload has no shape of the feed. An ``is_ambiguous`` shape is too
    unspecific to prove that a payload belongs to this feed and not to another. An ``is_warehouse_row`` is how a
    connector stores the feed in a warehouse, and is accepted at the URL of ``warehouse`` too.

    Every payload of the shape has at least one of ``names``, whatever their case and separators, so that only those
    payloads are matched. A shape without names may match any payload.
    """

    feed_type: FeedType
    description: str
    matches: PayloadMatcher
    read: PayloadReader
    is_ambiguous: bool = False
    is_warehouse_row: bool = False
    names: tuple[str, ...] = ()


def reject_shape(expected: str) -> Rejected:
    """Return the rejection of a part of a payload that has another shape than ``expected``."""
    return Rejected("unknown_shape", f"expected {expected}, got another shape")
