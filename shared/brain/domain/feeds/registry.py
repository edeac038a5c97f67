"""All payload shapes by feed; a new provider is one module and one line here."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from brain.domain.events import FeedType, Rejected
from brain.domain.feeds import (
    amazon_ses,
    bigquery,
    braze,
    brevo,
    canonical,
    cloud_events,
    customer_io,
    generic_email,
    google_ads,
    google_ads_rows,
    google_analytics,
    google_analytics_export,
    google_analytics_rows,
    hubspot,
    hubspot_email,
    hubspot_webhooks,
    instagram,
    instagram_rows,
    instagram_webhooks,
    iterable,
    linkedin,
    linkedin_notifications,
    linkedin_rows,
    mailchimp,
    mailersend,
    mailgun,
    mailjet,
    mandrill,
    meta_ads,
    meta_pages,
    named_rows,
    plain_rows,
    postmark,
    provider_errors,
    resend,
    salesforce,
    salesforce_changes,
    sendgrid,
    sparkpost,
    tiktok,
    x_activities,
    x_posts,
    x_rows,
    youtube,
    youtube_reports,
)
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.privacy.personal_fields import normalize_field_name

_ALL: Final[tuple[PayloadShape, ...]] = (
    *cloud_events.SHAPES,
    *canonical.SHAPES,
    *sendgrid.SHAPES,
    *postmark.SHAPES,
    *mailgun.SHAPES,
    *amazon_ses.SHAPES,
    *sparkpost.SHAPES,
    *mailchimp.SHAPES,
    *mandrill.SHAPES,
    *brevo.SHAPES,
    *mailjet.SHAPES,
    *customer_io.SHAPES,
    *iterable.SHAPES,
    *braze.SHAPES,
    *resend.SHAPES,
    *mailersend.SHAPES,
    *generic_email.SHAPES,
    *x_posts.SHAPES,
    *x_rows.SHAPES,
    *x_activities.SHAPES,
    *instagram.SHAPES,
    *instagram_webhooks.SHAPES,
    *instagram_rows.SHAPES,
    *youtube.SHAPES,
    *youtube_reports.SHAPES,
    *linkedin.SHAPES,
    *linkedin_notifications.SHAPES,
    *linkedin_rows.SHAPES,
    *tiktok.SHAPES,
    *hubspot_webhooks.SHAPES,
    *hubspot.SHAPES,
    *hubspot_email.SHAPES,
    *salesforce_changes.SHAPES,
    *salesforce.SHAPES,
    *google_analytics.SHAPES,
    *google_analytics_export.SHAPES,
    *google_analytics_rows.SHAPES,
    *bigquery.SHAPES,
    *named_rows.SHAPES,
    *google_ads.SHAPES,
    *google_ads_rows.SHAPES,
    *meta_pages.SHAPES,
    *meta_ads.SHAPES,
    *provider_errors.SHAPES,
)
SHAPES: Final[Mapping[FeedType, tuple[PayloadShape, ...]]] = {
    feed: tuple(shape for shape in _ALL if shape.feed_type is feed) for feed in FeedType
}


_WAREHOUSE_ROWS: Final = tuple(shape for shape in _ALL if shape.is_warehouse_row)
# By feed: its own and custom shapes, which of them are distinct and which ambiguous, and the shapes of other feeds.
# ``custom`` names no provider, so that the payload's own shape decides; of ambiguous shapes only rows of no provider.
_ACCEPTED: Final = {
    feed: (*SHAPES[feed], *(_ALL if feed is FeedType.CUSTOM else SHAPES[FeedType.CUSTOM])) for feed in FeedType
}
_DISTINCT: Final = {
    feed: tuple(
        dict.fromkeys(
            (
                *(shape for shape in accepted if not shape.is_ambiguous),
                *(_WAREHOUSE_ROWS if feed is FeedType.WAREHOUSE else ()),
            )
        )
    )
    for feed, accepted in _ACCEPTED.items()
}
_AMBIGUOUS: Final = {
    feed: tuple(
        shape
        for shape in (*SHAPES[feed], *SHAPES[FeedType.WAREHOUSE if feed is FeedType.CUSTOM else FeedType.CUSTOM])
        if shape.is_ambiguous
    )
    for feed in FeedType
}
_FOREIGN: Final = {
    feed: tuple(shape for shape in _ALL if not shape.is_ambiguous and shape not in _DISTINCT[feed]) for feed in FeedType
}
_NAMES: Final = {shape: frozenset(map(normalize_field_name, shape.names)) for shape in _ALL}
_KNOWN_NAMES: Final = frozenset().union(*_NAMES.values())


class _Candidates(NamedTuple):
    """The shapes that a payload may have at one URL, each kind in the order in which they are tried."""

    distinct: tuple[PayloadShape, ...]
    foreign: tuple[PayloadShape, ...]
    ambiguous: tuple[PayloadShape, ...]


def read_object(payload: JsonObject, source: FeedType, context: FeedContext) -> list[FeedOutcome]:
    """Read one object of a payload by the shape that it has.

    A field map of the request decides alone. Otherwise the shapes of ``source`` are tried first, then those of
    ``custom``, which are accepted at every URL; at ``custom`` those of every feed are. Ambiguous shapes are tried only
    when the object has no shape of another feed, which is rejected as ``source_mismatch``. An object without a known
    shape is rejected as ``unknown_shape``.
    """
    if context.field_map is not None and not (bigquery.matches(payload) or google_analytics.matches_report(payload)):
        return [plain_rows.read_mapped_row(payload, context.field_map)]
    candidates = _select_candidates(source, _KNOWN_NAMES.intersection(map(normalize_field_name, payload)))
    shape = _find_shape(payload, candidates.distinct)
    if shape is None:
        foreign_shape = _find_shape(payload, candidates.foreign)
        if foreign_shape is not None:
            return [_reject_mismatch(foreign_shape, source)]
        shape = _find_shape(payload, candidates.ambiguous)
    if shape is None:
        return [Rejected("unknown_shape", _list_expected(source))]
    return list(shape.read(payload, context))


@lru_cache(maxsize=4096)
def _select_candidates(source: FeedType, names: frozenset[str]) -> _Candidates:
    """Return the shapes of a payload that has ``names`` of those that are known to the shapes, and no others."""

    def select(shapes: tuple[PayloadShape, ...]) -> tuple[PayloadShape, ...]:
        return tuple(shape for shape in shapes if not shape.names or not names.isdisjoint(_NAMES[shape]))

    return _Candidates(select(_DISTINCT[source]), select(_FOREIGN[source]), select(_AMBIGUOUS[source]))


def _find_shape(payload: JsonObject, shapes: tuple[PayloadShape, ...]) -> PayloadShape | None:
    for shape in shapes:
        if shape.matches(payload):
            return shape
    return None


def _reject_mismatch(shape: PayloadShape, source: FeedType) -> Rejected:
    return Rejected(
        "source_mismatch",
        f"expected a payload of {source}, got one of {shape.feed_type} ({shape.description}); send it there",
    )


@cache
def _list_expected(source: FeedType) -> str:
    """Return the message for a payload of no known shape; ``custom`` reads those of all feeds, and lists its own."""
    shapes = (*_DISTINCT[source], *_AMBIGUOUS[source])
    if source is FeedType.CUSTOM:
        shapes = tuple(shape for shape in shapes if shape.feed_type is source)
    descriptions = list(dict.fromkeys(shape.description for shape in shapes))
    if source is FeedType.CUSTOM:
        descriptions.append("a payload of another feed (sent to the URL of that feed, its shapes are listed)")
    return f"expected one of the following for {source}, got another shape: {'; '.join(descriptions)}"
