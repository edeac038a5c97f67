"""Meta: Marketing API insights with their actions, warehouse rows, and leads by webhook."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, select_dimensions

# One purchase is listed under several types, of which only the first listed one counts. "omni" is Meta's own union.
_PURCHASE_TYPES: Final = (
    "omni_purchase", "purchase", "onsite_web_app_purchase", "onsite_web_purchase",
    "offsite_conversion.fb_pixel_purchase", "web_in_store_purchase", "web_app_in_store_purchase",
    "app_custom_event.fb_mobile_purchase", "onsite_conversion.purchase",
)  # fmt: skip
_LEAD_TYPES: Final = ("lead", "onsite_web_lead", "offsite_conversion.fb_pixel_lead", "onsite_conversion.lead_grouped")
_ACTION_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "likes": ("post_reaction",),
    "comments": ("comment",),
    "shares": ("post",),
    "views": ("video_view",),
    "engagements": ("post_engagement", "page_engagement"),
}
_PLATFORMS: Final = frozenset({"instagram", "messenger", "audience_network", "threads", "whatsapp"})
_ID_COLUMNS: Final = ("ad_id", "adset_id", "ad_set_id", "campaign_id", "account_id")
_BREAKDOWN_COLUMNS: Final = (
    "publisher_platform", "platform_position", "device_platform", "impression_device", "age", "gender", "country",
    "region", "dma", "hourly_stats_aggregated_by_advertiser_time_zone",
    "hourly_stats_aggregated_by_audience_time_zone", "product_id", "frequency_value", "body_asset", "image_asset",
    "video_asset", "title_asset", "link_url_asset", "call_to_action_asset", "description_asset", "ad_format_asset",
    "user_segment_key", "place_page_id", "mmm", "action_type", "index",
)  # fmt: skip
_ACTION_ROW_COLUMNS: Final = ("action_type", "value")
_METRIC_COLUMNS: Final = ("impressions", "spend", "clicks", "inline_link_clicks", "reach", "actions")


def matches_page(payload: JsonObject) -> bool:
    """Recognize a page by its first row of insights."""
    data = payload.get("data")
    return isinstance(data, list) and bool(data) and isinstance(data[0], Mapping) and matches_row(data[0])


def read_page(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every row of a page of insights."""
    return [
        _read_row(row) if isinstance(row, Mapping) else reject_shape("insights rows in data")
        for row in to_list(payload.get("data"))
    ]


def matches_row(payload: JsonObject) -> bool:
    """Recognize a row by Meta's pair of dates, or by a date, an ad's id and the reach, without Google's micros."""
    row = lowercase_names(payload)
    has_id = has_any(row, _ID_COLUMNS)
    has_date = "date" in row and has_id
    if _is_action_row(row) and has_date:
        return True
    has_period = "date_start" in row and ("date_stop" in row or has_id)
    has_reach = has_date and "reach" in row and "cost_micros" not in row
    return has_any(row, _METRIC_COLUMNS) and (has_period or has_reach)


def _is_action_row(row: JsonObject) -> bool:
    """Return whether the row is one action of an ad, as warehouses list them."""
    return all(name in row for name in _ACTION_ROW_COLUMNS)


def matches_plain_row(payload: JsonObject) -> bool:
    """Recognize a row that could also be another network's."""
    row = lowercase_names(payload)
    return (
        has_any(row, ("date", "date_start"))
        and "cost_micros" not in row
        and has_any(row, _ID_COLUMNS)
        and has_any(row, _METRIC_COLUMNS)
    )


def read_row(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row that was sent without its page."""
    return [_read_row(payload)]


def _read_row(payload: JsonObject) -> Draft | Rejected:
    row = lowercase_names(payload)
    builder = DraftBuilder(payload)
    builder.add_count("impressions", row, "impressions")
    builder.add_count("clicks", row, "inline_link_clicks", "link_clicks", "clicks")
    builder.add_amount("spend", row, "spend")
    breakdown = select_dimensions(row, _BREAKDOWN_COLUMNS)
    if not breakdown:
        builder.add_count("audience_size", row, "reach")  # the reach of one segment cannot be added to others
    _add_action_metrics(builder, row)
    start, stop = builder.read_time(row, "date_start", "date"), builder.read_time(row, "date_stop")
    is_one_day = stop is None or start == stop
    publisher = (to_text(row.get("publisher_platform")) or "").lower()
    return builder.build(
        FeedType.ADS_META,
        start if is_one_day else stop,
        content_key=_build_key(row, start, is_one_day, breakdown),
        cumulative=True,
        currency=first_text(row, ("account_currency", "currency")),
        content_id=first_text(row, _ID_COLUMNS),
        content_type="ad",
        platform=publisher if publisher in _PLATFORMS else "facebook",
        volatile=VOLATILE_COLUMNS,
    )


def _build_key(
    row: JsonObject, start: datetime | None, is_one_day: bool, breakdown: tuple[str, ...]
) -> tuple[str, ...]:
    """Return what the row counts; a period of several days is one total, which is revised every day."""
    start_date = "" if start is None else start.date().isoformat()
    return ("day" if is_one_day else "from", start_date, *select_dimensions(row, _ID_COLUMNS), *breakdown)


def _add_action_metrics(builder: DraftBuilder, row: JsonObject) -> None:
    """Add what people did after they saw the ad; an action that is listed under several types counts once."""
    actions = _index_by_type(builder, [row] if _is_action_row(row) else row.get("actions"))
    values = _index_by_type(builder, row.get("action_values"))
    for metric, action_types in _ACTION_TYPES.items():
        builder.add_count(metric, actions, *action_types)
    if "clicks" not in builder.metrics:
        builder.add_count("clicks", actions, "link_click")
    # A row of one action does not show the other types it is listed under, so only the two unambiguous ones count.
    conversion_types = (*_PURCHASE_TYPES, *_LEAD_TYPES) if "action_type" not in row else ("purchase", "lead")
    builder.add_amount("conversions", actions, *conversion_types)
    builder.add_amount("revenue", values, *_PURCHASE_TYPES)
    if "conversions" not in builder.metrics and not isinstance(row.get("conversions"), list):
        builder.add_amount("conversions", row, "conversions", "purchases")


def _index_by_type(builder: DraftBuilder, actions: Any) -> dict[str, Any]:
    """Return the value of every action by its type; of a repeated type the first."""
    values: dict[str, Any] = {}
    for action in to_list(actions):
        action_type = to_text(to_object(action).get("action_type"))
        if action_type is None:
            builder.faults.append("actions: expected a list of action_type and value")
            return {}
        values.setdefault(action_type, to_object(action).get("value"))
    return values


def matches_webhook(payload: JsonObject) -> bool:
    """Recognize a lead webhook by its object and field, a verification by its challenge."""
    if has_any(payload, ("hub.challenge", "hub_challenge")):
        return True
    changes = [change for entry in to_list(payload.get("entry")) for change in to_list(to_object(entry).get("changes"))]
    return payload.get("object") == "page" and any(to_object(change).get("field") == "leadgen" for change in changes)


def read_webhook(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one conversion per lead; Meta's verification of the URL is ignored."""
    if "entry" not in payload:
        return [Ignored("Meta's verification of the webhook URL")]
    return [
        _read_lead(to_object(entry), to_object(change), context)
        for entry in to_list(payload.get("entry"))
        for change in to_list(to_object(entry).get("changes"))
    ]


def _read_lead(entry: JsonObject, change: JsonObject, context: FeedContext) -> Draft | Rejected:
    details = to_object(change.get("value"))
    builder = DraftBuilder({"entry_id": entry.get("id"), "time": entry.get("time"), **change})
    is_lead = change.get("field") == "leadgen"
    if is_lead:
        builder.metrics["conversions"] = 1.0
    lead_id = to_text(details.get("leadgen_id"))
    return builder.build(
        FeedType.ADS_META if is_lead else FeedType.CUSTOM,
        builder.read_time(details, "created_time") or builder.read_time(entry, "time") or context.signed_at,
        provider_event_id=f"leadgen {lead_id}" if lead_id else None,
        content_id=first_text(details, ("ad_id", "form_id")),
        content_type="lead_ad" if is_lead else to_text(change.get("field")),
        platform="facebook",
        personal=frozenset({"leadgenid"}),
    )


SHAPES = (
    PayloadShape(
        FeedType.ADS_META, "a page of Meta insights (data with date_start, impressions, spend)", matches_page, read_page
    ),
    PayloadShape(
        FeedType.ADS_META,
        "rows of Meta insights (date_start or date, ad_id, impressions, spend)",
        matches_row,
        read_row,
    ),
    PayloadShape(FeedType.ADS_META, "plain rows per day and ad_id", matches_plain_row, read_row, is_ambiguous=True),
    PayloadShape(FeedType.ADS_META, "a lead webhook (object page, field leadgen)", matches_webhook, read_webhook),
)
