"""A shape is one form of payload that one provider sends: how to know it, and how to read it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, Outcome

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of payload. ``expects`` names it for a sender whose payload is none of a feed's shapes.

    ``matches`` looks at content alone. ``read`` returns what one item holds: several events for a page or a report.
    ``vague`` shapes are too unspecific to prove that a payload belongs to this feed and not to another.
    """

    feed_type: FeedType
    expects: str
    matches: Callable[[Item], bool]
    read: Callable[[Item, FeedContext], Iterable[Outcome]]
    vague: bool = False
