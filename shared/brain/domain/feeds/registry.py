"""Every shape the Brain reads, by feed; a new provider is one module and one line here."""

from collections.abc import Mapping
from typing import Final

from brain.domain.events import FeedType, Rejected
from brain.domain.feeds import (
    canonical,
    cloud_events,
    google_ads,
    instagram,
    linkedin,
    meta_ads,
    sendgrid,
    tiktok,
    x_posts,
    youtube,
)
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.shapes import Item, Shape

_ALL: Final[tuple[Shape, ...]] = (
    *cloud_events.SHAPES,
    *canonical.SHAPES,
    *sendgrid.SHAPES,
    *x_posts.SHAPES,
    *instagram.SHAPES,
    *youtube.SHAPES,
    *linkedin.SHAPES,
    *tiktok.SHAPES,
    *google_ads.SHAPES,
    *meta_ads.SHAPES,
)
SHAPES: Final[Mapping[FeedType, tuple[Shape, ...]]] = {
    feed: tuple(shape for shape in _ALL if shape.feed_type is feed) for feed in FeedType
}


def read_item(item: Item, source: FeedType, context: FeedContext) -> list[Outcome]:
    """Return what one object holds, read by the shape that it has.

    A shape of ``source`` comes first. An object that plainly has another feed's shape is refused as
    ``source_mismatch``, except that ``custom`` events may come by any address; one of no known shape is
    ``unknown_shape``, with what was expected.
    """
    for shape in SHAPES[source]:
        if shape.matches(item):
            return list(shape.read(item, context))
    for shape in SHAPES[FeedType.CUSTOM]:
        if shape.matches(item):
            return list(shape.read(item, context))
    other = _shape_elsewhere(item, source)
    if other is not None:
        return [
            Rejected(
                "source_mismatch",
                f"This is {other.expects}, which belongs to the feed {other.feed_type}; it was sent to {source}. "
                f"Send it to {other.feed_type}.",
            )
        ]
    expected = "; ".join(shape.expects for shape in (*SHAPES[source], *SHAPES[FeedType.CUSTOM]))
    return [Rejected("unknown_shape", f"Expected for {source} one of: {expected}. None of these came.")]


def _shape_elsewhere(item: Item, source: FeedType) -> Shape | None:
    for shape in _ALL:
        if shape.feed_type is not source and not shape.vague and shape.matches(item):
            return shape
    return None
