"""Meta: insights of the Marketing API with their actions, rows of warehouses, and leads by webhook."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, lowered, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE, dimensions
from brain.domain.feeds.shapes import Item, Shape

# One purchase is listed under several types; the first that is there counts, alone. "omni" is Meta's own union.
_PURCHASE: Final = (
    "omni_purchase", "purchase", "onsite_web_app_purchase", "onsite_web_purchase",
    "offsite_conversion.fb_pixel_purchase",
    "web_in_store_purchase", "web_app_in_store_purchase", "app_custom_event.fb_mobile_purchase",
    "onsite_conversion.purchase",
)  # fmt: skip
_LEAD: Final = ("lead", "onsite_web_lead", "offsite_conversion.fb_pixel_lead", "onsite_conversion.lead_grouped")
_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "likes": ("post_reaction",),
    "comments": ("comment",),
    "shares": ("post",),
    "views": ("video_view",),
    "engagements": ("post_engagement", "page_engagement"),
}
_PLATFORMS: Final = frozenset({"instagram", "messenger", "audience_network", "threads", "whatsapp"})
_IDS: Final = ("ad_id", "adset_id", "ad_set_id", "campaign_id", "account_id")
_BREAKDOWNS: Final = (
    "publisher_platform", "platform_position", "device_platform", "impression_device", "age", "gender", "country",
    "region", "dma",
    "hourly_stats_aggregated_by_advertiser_time_zone", "hourly_stats_aggregated_by_audience_time_zone", "product_id",
    "frequency_value", "body_asset", "image_asset", "video_asset", "title_asset", "link_url_asset",
    "call_to_action_asset",
    "description_asset", "ad_format_asset", "user_segment_key", "place_page_id", "mmm", "action_type", "index",
)  # fmt: skip
_ACTION_ROW: Final = ("action_type", "value")
_MEASURES: Final = ("impressions", "spend", "clicks", "inline_link_clicks", "reach", "actions")


def matches_page(item: Item) -> bool:
    """Tell a page by rows of insights under ``data``, or an empty one by Meta's paging."""
    data = item.get("data")
    return isinstance(data, list) and bool(data) and isinstance(data[0], Mapping) and matches_row(data[0])


def read_page(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return every row of a page of insights."""
    return [
        _row(row)
        if isinstance(row, Mapping)
        else Rejected("unknown_shape", "Expected rows of insights under data; another value came.")
        for row in sequence(item.get("data"))
    ]


def matches_row(item: Item) -> bool:
    """Tell a row by Meta's pair of dates, or by a date beside an ad's id and a measure, without Google's micros."""
    row = lowered(item)
    if all(name in row for name in _ACTION_ROW) and "date" in row and any(name in row for name in _IDS):
        return True
    if not any(name in row for name in _MEASURES):
        return False
    if "date_start" in row and ("date_stop" in row or any(name in row for name in _IDS)):
        return True
    return "date" in row and "cost_micros" not in row and any(name in row for name in _IDS) and "reach" in row


def matches_plain_row(item: Item) -> bool:
    """Tell a bare row that could be another network's too."""
    row = lowered(item)
    return (
        any(name in row for name in ("date", "date_start"))
        and "cost_micros" not in row
        and any(name in row for name in _IDS)
        and any(name in row for name in _MEASURES)
    )


def read_row(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return one row that came without its page."""
    return [_row(item)]


def _row(item: Item) -> Draft | Rejected:
    row = lowered(item)
    reading = Reading(item)
    reading.count("impressions", row, "impressions")
    reading.count("clicks", row, "inline_link_clicks", "link_clicks", "clicks")
    reading.amount("spend", row, "spend")
    broken_down = dimensions(row, _BREAKDOWNS)
    if not broken_down:
        reading.count("audience_size", row, "reach")  # the reach of a slice is no part of a sum
    _actions(reading, row)
    start, stop = reading.time(row, "date_start", "date"), reading.time(row, "date_stop")
    one_day = stop is None or start == stop
    content = next(((name, found) for name in _IDS if (found := text(row.get(name)))), None)
    publisher = (text(row.get("publisher_platform")) or "").lower()
    return reading.outcome(
        FeedType.ADS_META,
        start if one_day else stop,
        content_key=_key(row, start, one_day, broken_down),
        cumulative=True,
        currency=text(row.get("account_currency")) or text(row.get("currency")),
        content_id=content[1] if content else None,
        content_type="ad",
        platform=publisher if publisher in _PLATFORMS else "facebook",
        volatile=VOLATILE,
    )


def _key(row: Item, start: datetime | None, one_day: bool, broken_down: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the row counts; a period still running is one total, known anew each day."""
    period = "" if start is None else start.date().isoformat()
    return ("day" if one_day else "from", period, *dimensions(row, _IDS), *broken_down)


def _actions(reading: Reading, row: Item) -> None:
    """Read what people did after they saw the ad, each thing once however many names it is listed under."""
    actions = _by_type(reading, [row] if all(name in row for name in _ACTION_ROW) else row.get("actions"))
    values = _by_type(reading, row.get("action_values"))
    for metric, kinds in _ACTIONS.items():
        reading.count(metric, actions, *kinds)
    if "clicks" not in reading.metrics:
        reading.count("clicks", actions, "link_click")
    # A row of one action alone cannot show its other names, so only the names that are nobody's other name count.
    names = (*_PURCHASE, *_LEAD) if "action_type" not in row else ("purchase", "lead")
    reading.amount("conversions", actions, *names)
    reading.amount("revenue", values, *_PURCHASE)
    if "conversions" not in reading.metrics and not isinstance(row.get("conversions"), list):
        reading.amount("conversions", row, "conversions", "purchases")


def _by_type(reading: Reading, listed: Any) -> dict[str, Any]:
    """Return the values by action type; a list of actions is also found as text in warehouses' rows."""
    found: dict[str, Any] = {}
    for action in sequence(listed):
        kind = text(mapping(action).get("action_type"))
        if kind is None:
            reading.faults.append("actions: expected a list of action_type and value")
            return {}
        found.setdefault(kind, mapping(action).get("value"))
    return found


def matches_webhook(item: Item) -> bool:
    """Tell a lead's webhook by its object and field; a verification by its own names."""
    if "hub.challenge" in item or "hub_challenge" in item:
        return True
    changes = [change for entry in sequence(item.get("entry")) for change in sequence(mapping(entry).get("changes"))]
    return item.get("object") == "page" and any(mapping(change).get("field") == "leadgen" for change in changes)


def read_webhook(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one conversion for each lead; Meta's verification makes no event."""
    if "entry" not in item:
        return [Ignored("Meta's verification of the address")]
    return [
        _lead(mapping(entry), mapping(change), context)
        for entry in sequence(item.get("entry"))
        for change in sequence(mapping(entry).get("changes"))
    ]


def _lead(entry: Item, change: Item, context: FeedContext) -> Draft | Rejected:
    value = mapping(change.get("value"))
    reading = Reading({"entry_id": entry.get("id"), "time": entry.get("time"), **change})
    is_lead = change.get("field") == "leadgen"
    if is_lead:
        reading.metrics["conversions"] = 1.0
    lead = text(value.get("leadgen_id"))
    return reading.outcome(
        FeedType.ADS_META if is_lead else FeedType.CUSTOM,
        reading.time(value, "created_time") or reading.time(entry, "time") or context.signed_at,
        provider_event_id=f"leadgen {lead}" if lead else None,
        content_id=text(value.get("ad_id")) or text(value.get("form_id")),
        content_type="lead_ad" if is_lead else text(change.get("field")),
        platform="facebook",
        personal=frozenset({"leadgenid"}),
    )


SHAPES = (
    Shape(
        FeedType.ADS_META, "a page of Meta insights (data with date_start, impressions, spend)", matches_page, read_page
    ),
    Shape(
        FeedType.ADS_META,
        "rows of Meta insights (date_start or date, ad_id, impressions, spend)",
        matches_row,
        read_row,
    ),
    Shape(FeedType.ADS_META, "plain rows by day and ad_id", matches_plain_row, read_row, vague=True),
    Shape(FeedType.ADS_META, "a lead's webhook (object page, field leadgen)", matches_webhook, read_webhook),
)
