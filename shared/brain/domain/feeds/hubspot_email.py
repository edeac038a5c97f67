"""HubSpot's marketing e-mail: statistics of e-mails in several API versions, and single events of recipients."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, snake_case_names, to_list, to_object, to_text, to_texts
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import (
    SYNC_COLUMNS,
    VOLATILE_COLUMNS,
    is_deleted_row,
    read_row_time,
    resolve_total_time,
)

# HubSpot counts the people who opened and clicked, once each; its ratios are not read.
_COUNTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "sends": ("sent",),
    "opens": ("open", "opened"),
    "clicks": ("click", "clicked"),
    "bounces": ("bounce", "bounced"),
    "unsubscribes": ("unsubscribed",),
    "audience_size": ("delivered",),
}
_EVENT_METRICS: Final[Mapping[str, str | None]] = {
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
_EVENT_ID_FIELDS: Final = ("emailCampaignId", "portalId", "email_campaign_id", "portal_id")
_COUNTER_CONTAINERS: Final = ("stats", "aggregate", "aggregations", "aggregateStatistic")


def _find_counters(statistics: Any) -> Mapping[str, Any]:
    """Return the counters of an e-mail, an aggregate, or one period of a histogram."""
    statistics = to_object(statistics)
    containers = (to_object(statistics[name]) for name in _COUNTER_CONTAINERS if name in statistics)
    return next((to_object(container["counters"]) for container in containers if "counters" in container), {})


def matches_statistics(payload: JsonObject) -> bool:
    """Recognize statistics by their counters, alone or in a page."""
    emails = to_list(payload.get("objects")) or to_list(payload.get("results"))
    first_email = emails[0] if emails else None
    return bool(_find_counters(payload)) or bool(_find_counters(first_email)) or "campaignAggregations" in payload


def read_statistics(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the totals of every e-mail; of an aggregate, those of its campaigns if it lists any, else its own."""
    campaigns = to_object(payload.get("campaignAggregations"))
    if campaigns:
        return [_read_statistics({"id": name, "stats": campaign}, context) for name, campaign in campaigns.items()]
    emails = to_list(payload.get("objects")) or to_list(payload.get("results")) or [payload]
    return [
        _read_statistics(email, context) if isinstance(email, Mapping) else reject_shape("e-mails with stats.counters")
        for email in emails
    ]


def _read_statistics(statistics: JsonObject, context: FeedContext) -> Draft | Rejected | Ignored:
    counters = _find_counters(statistics)
    if not counters:
        return Ignored("an e-mail or a period without counters")
    builder = DraftBuilder(statistics)
    for metric, names in _COUNTERS.items():
        builder.add_count(metric, counters, *names)
    interval = to_object(statistics.get("interval"))
    published_at = builder.read_time(statistics, "publishDate", "publishedAt", "publish_date")
    row = snake_case_names(statistics)
    total_time = resolve_total_time(builder, published_at or builder.read_time(interval, "start"), context)
    email_id = to_text(statistics.get("id"))
    period = to_texts([interval.get("start"), interval.get("end")])
    email_ids = sorted(to_texts(statistics.get("emails")))
    return builder.build(
        FeedType.CRM_HUBSPOT,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("email", email_id or "", *period, *email_ids),
        cumulative=True,
        is_record=email_id is not None and not period,
        as_of=read_row_time(builder, row, SYNC_COLUMNS),  # HubSpot's updatedAt is the last edit, not that of figures
        retracted=is_deleted_row(row),
        content_id=email_id,
        content_type="email",
        platform="email",
        volatile=VOLATILE_COLUMNS | {"updated", "updatedAt", "lastUpdated"},
    )


def matches_events(payload: JsonObject) -> bool:
    """Recognize an event by its type, time and campaign, a page by its first event."""
    events = to_list(payload.get("events"))
    return _is_event(events[0] if events else payload)


def _is_event(event: Any) -> bool:
    return isinstance(event, Mapping) and "type" in event and "created" in event and has_any(event, _EVENT_ID_FIELDS)


def read_events(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of one recipient, or every event of a page."""
    return [
        _read_event(event) if _is_event(event) else reject_shape("e-mail events (id, type, created) in events")
        for event in (to_list(payload.get("events")) or [payload])
    ]


def _read_event(event: JsonObject) -> Draft | Rejected:
    builder = DraftBuilder(event)
    kind = to_text(event.get("type")) or ""
    metric = _EVENT_METRICS.get(kind)
    if metric:
        builder.metrics[metric] = 1
    if kind == "STATUSCHANGE" and _is_unsubscribe(event):
        builder.metrics["unsubscribes"] = 1
    event_id = to_text(event.get("id"))
    qualities = _read_machine_mark(builder, event, kind)
    return builder.build(
        FeedType.CRM_HUBSPOT if kind in _EVENT_METRICS else FeedType.CUSTOM,
        builder.read_time(event, "created", naive_is_utc=True),
        provider_event_id=f"email {event_id}" if event_id else None,
        qualities=qualities,
        content_id=first_text(event, ("emailCampaignId", "email_campaign_id")),
        content_type="email",
        platform="email",
        personal=frozenset({"hmid"}),
    )


def _read_machine_mark(builder: DraftBuilder, event: JsonObject, kind: str) -> dict[str, float]:
    """Return the share of bots of an open or a click that HubSpot marks, and count an open of a machine as one."""
    is_machine = event.get("filteredEvent", event.get("filtered_event"))
    if not isinstance(is_machine, bool) or kind not in {"OPEN", "CLICK"}:
        return {}
    if kind == "OPEN":
        builder.metrics["machine_opens"] = int(is_machine)
    return {"bot_ratio": float(is_machine)}


def _is_unsubscribe(event: JsonObject) -> bool:
    changes = [to_object(change) for change in to_list(event.get("subscriptions"))]
    return event.get("portalSubscriptionStatus") == "UNSUBSCRIBED" or any(
        change.get("status") == "UNSUBSCRIBED" for change in changes
    )


SHAPES = (
    PayloadShape(
        FeedType.CRM_HUBSPOT,
        "HubSpot e-mail statistics (stats.counters, or aggregate.counters)",
        matches_statistics,
        read_statistics,
        names=("objects", "results", "campaignAggregations", *_COUNTER_CONTAINERS),
    ),
    PayloadShape(
        FeedType.CRM_HUBSPOT,
        "HubSpot e-mail events (type, created, emailCampaignId)",
        matches_events,
        read_events,
        names=("events", "created"),
    ),
)
