"""Every shape the Brain reads, by feed; a new provider is one module and one line here."""

from collections.abc import Mapping
from typing import Final

from brain.domain.events import FeedType, Rejected
from brain.domain.feeds import (
    amazon_ses,
    bigquery,
    canonical,
    cloud_events,
    generic_email,
    google_ads,
    google_analytics,
    hubspot,
    hubspot_email,
    instagram,
    instagram_rows,
    linkedin,
    linkedin_rows,
    mailchimp,
    mailgun,
    meta_ads,
    plain_rows,
    postmark,
    salesforce,
    sendgrid,
    sparkpost,
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
    *postmark.SHAPES,
    *mailgun.SHAPES,
    *amazon_ses.SHAPES,
    *sparkpost.SHAPES,
    *mailchimp.SHAPES,
    *generic_email.SHAPES,
    *x_posts.SHAPES,
    *instagram.SHAPES,
    *instagram_rows.SHAPES,
    *youtube.SHAPES,
    *linkedin.SHAPES,
    *linkedin_rows.SHAPES,
    *tiktok.SHAPES,
    *hubspot.SHAPES,
    *hubspot_email.SHAPES,
    *salesforce.SHAPES,
    *google_analytics.SHAPES,
    *bigquery.SHAPES,
    *plain_rows.SHAPES,
    *google_ads.SHAPES,
    *meta_ads.SHAPES,
)
SHAPES: Final[Mapping[FeedType, tuple[Shape, ...]]] = {
    feed: tuple(shape for shape in _ALL if shape.feed_type is feed) for feed in FeedType
}


# By feed: what decides at once, what decides when no other feed's shape does, and the other feeds' shapes.
_OWN: Final = {
    feed: SHAPES[feed] if feed is FeedType.CUSTOM else (*SHAPES[feed], *SHAPES[FeedType.CUSTOM]) for feed in FeedType
}
_PLAIN: Final = {feed: tuple(shape for shape in own if not shape.vague) for feed, own in _OWN.items()}
_VAGUE: Final = {feed: tuple(shape for shape in own if shape.vague) for feed, own in _OWN.items()}
_FOREIGN: Final = {
    feed: tuple(shape for shape in _ALL if not shape.vague and shape not in _PLAIN[feed]) for feed in FeedType
}


def read_item(item: Item, source: FeedType, context: FeedContext) -> list[Outcome]:
    """Return what one object holds, read by the shape that it has.

    A field map of the request decides alone. Otherwise the shapes of ``source`` come first, then those of ``custom``,
    which may come by any address; vague ones wait until it is clear that the object has no other feed's shape, which
    is refused as ``source_mismatch``. An object of no known shape is ``unknown_shape``, with what was expected.
    """
    if context.field_map is not None and not bigquery.matches(item):
        return [plain_rows.read_mapped(item, context.field_map)]
    shape = _first(item, _PLAIN[source])
    if shape is None:
        other = _first(item, _FOREIGN[source])
        if other is not None:
            return [_mismatch(other, source)]
        shape = _first(item, _VAGUE[source])
    if shape is None:
        return [Rejected("unknown_shape", _expected(source))]
    return list(shape.read(item, context))


def _first(item: Item, shapes: tuple[Shape, ...]) -> Shape | None:
    for shape in shapes:
        if shape.matches(item):
            return shape
    return None


def _mismatch(other: Shape, source: FeedType) -> Rejected:
    return Rejected(
        "source_mismatch",
        f"This is {other.expects}, which belongs to the feed {other.feed_type}; it was sent to {source}. "
        f"Send it to {other.feed_type}.",
    )


def _expected(source: FeedType) -> str:
    expected = "; ".join(dict.fromkeys(shape.expects for shape in _OWN[source]))
    return f"Expected for {source} one of: {expected}. None of these came."
