"""HubSpot's marketing e-mail: statistics of e-mails in their several versions, and single events of recipients."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.rows import known
from brain.domain.feeds.shapes import Item, Shape

# HubSpot counts opens and clicks of people, not of times; ratios are in percent and are left alone.
_COUNTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "sends": ("sent",),
    "opens": ("open", "opened"),
    "clicks": ("click", "clicked"),
    "bounces": ("bounce", "bounced"),
    "unsubscribes": ("unsubscribed",),
    "audience_size": ("delivered",),
}
_KINDS: Final[Mapping[str, str | None]] = {
    "SENT": "sends",
    "PROCESSED": None,
    "DELIVERED": None,
    "DEFERRED": None,
    "DROPPED": None,
    "BOUNCE": "bounces",
    "OPEN": "opens",
    "CLICK": "clicks",
    "PRINT": None,
    "FORWARD": "shares",
    "SPAMREPORT": None,
    "STATUSCHANGE": None,
    "SUPPRESSED": None,
    "UNBOUNCE": None,
}
_EVENT_IDS: Final = ("emailCampaignId", "portalId", "email_campaign_id", "portal_id")
_PERIODS: Final = ("aggregations", "aggregateStatistic")


def _counters(item: Any) -> Mapping[str, Any]:
    """Return the counters of an e-mail, of an aggregate, or of one period of a histogram."""
    stats = mapping(mapping(item).get("stats"))
    for part in (stats, *(mapping(mapping(item).get(name)) for name in ("aggregate", *_PERIODS))):
        if isinstance(part.get("counters"), Mapping):
            return mapping(part["counters"])
    return {}


def matches_statistics(item: Item) -> bool:
    """Tell by counters, alone or in a page."""
    first = next((values[0] for name in ("objects", "results") if (values := sequence(item.get(name)))), None)
    return bool(_counters(item)) or bool(_counters(first)) or "campaignAggregations" in item


def read_statistics(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return the totals of each e-mail; of an aggregate those of each of its campaigns, or else its own."""
    campaigns = mapping(item.get("campaignAggregations"))
    if campaigns:
        return [_statistics({"id": name, "stats": campaign}, context) for name, campaign in campaigns.items()]
    page = sequence(item.get("objects")) or sequence(item.get("results")) or [item]
    return [
        _statistics(one, context)
        if isinstance(one, Mapping)
        else Rejected("unknown_shape", "Expected e-mails with stats.counters; another value came.")
        for one in page
    ]


def _statistics(item: Item, context: FeedContext) -> Draft | Rejected | Ignored:
    counters = _counters(item)
    if not counters:
        return Ignored("an e-mail or a period without figures")
    reading = Reading(item)
    for metric, names in _COUNTERS.items():
        reading.count(metric, counters, *names)
    interval = mapping(item.get("interval"))
    own = reading.time(item, "publishDate", "publishedAt", "publish_date") or reading.time(interval, "start")
    at = known(reading, own, context)
    email = text(item.get("id"))
    period = tuple(found for name in ("start", "end") if (found := text(interval.get(name))))
    emails = tuple(sorted(found for one in sequence(item.get("emails")) if (found := text(one))))
    return reading.outcome(
        FeedType.CRM_HUBSPOT,
        at.at,
        undated=at.undated,
        content_key=("email", email or "", *period, *emails),
        cumulative=True,
        content_id=email,
        content_type="email",
        platform="email",
        volatile=frozenset({"updated", "updatedAt", "lastUpdated"}),
    )


def matches_events(item: Item) -> bool:
    """Tell an event by its type, recipient and campaign, a page by events under ``events``."""
    events = sequence(item.get("events"))
    return _is_event(events[0] if events else item)


def _is_event(item: Any) -> bool:
    return (
        isinstance(item, Mapping) and "type" in item and "created" in item and any(name in item for name in _EVENT_IDS)
    )


def read_events(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return one event of one recipient, or every event of a page."""
    return [
        _event(one)
        if _is_event(one)
        else Rejected("unknown_shape", "Expected e-mail events (id, type, created) under events; another value came.")
        for one in (sequence(item.get("events")) or [item])
    ]


def _event(item: Item) -> Draft | Rejected:
    reading = Reading(item)
    kind = text(item.get("type")) or ""
    metric = _KINDS.get(kind)
    if metric:
        reading.metrics[metric] = 1
    if kind == "STATUSCHANGE" and _unsubscribed(item):
        reading.metrics["unsubscribes"] = 1
    bot = item.get("filteredEvent")
    return reading.outcome(
        FeedType.CRM_HUBSPOT if kind in _KINDS else FeedType.CUSTOM,
        reading.time(item, "created", naive_is_utc=True),
        provider_event_id=f"email {found}" if (found := text(item.get("id"))) else None,
        qualities={"bot_ratio": float(bot)} if isinstance(bot, bool) and kind in ("OPEN", "CLICK") else {},
        content_id=text(item.get("emailCampaignId")) or text(item.get("email_campaign_id")),
        content_type="email",
        platform="email",
        personal=frozenset({"hmid"}),
    )


def _unsubscribed(item: Item) -> bool:
    changes = [mapping(change) for change in sequence(item.get("subscriptions"))]
    return item.get("portalSubscriptionStatus") == "UNSUBSCRIBED" or any(
        change.get("status") == "UNSUBSCRIBED" for change in changes
    )


SHAPES = (
    Shape(
        FeedType.CRM_HUBSPOT,
        "HubSpot e-mail statistics (stats.counters, or aggregate.counters)",
        matches_statistics,
        read_statistics,
    ),
    Shape(FeedType.CRM_HUBSPOT, "HubSpot e-mail events (type, created, emailCampaignId)", matches_events, read_events),
)
