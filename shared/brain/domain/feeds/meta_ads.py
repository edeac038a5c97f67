"""Meta: Marketing API insights with their actions, warehouse rows, and leads by webhook."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_list, to_object, to_text
from brain.domain.feeds.meta_action_rows import UNNAMED_TABLE, has_unnamed_table, is_action_row, is_value_row
from brain.domain.feeds.meta_actions import add_action_metrics
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.report_rows import (
    SYNC_COLUMNS,
    VOLATILE_COLUMNS,
    check_ids,
    is_deleted_row,
    list_parent_names,
    read_row_time,
    select_dimensions,
)
from brain.domain.feeds.row_dimensions import RowDimensions, select_unknown_dimensions

_PLATFORMS: Final = frozenset({"instagram", "messenger", "audience_network", "threads", "whatsapp"})
_ID_COLUMNS: Final = ("ad_id", "adset_id", "ad_set_id", "campaign_id", "account_id")
_BREAKDOWN_COLUMNS: Final = (
    "publisher_platform", "platform_position", "device_platform", "impression_device", "age", "gender", "country",
    "region", "dma", "hourly_stats_aggregated_by_advertiser_time_zone",
    "hourly_stats_aggregated_by_audience_time_zone", "product_id", "frequency_value", "body_asset", "image_asset",
    "video_asset", "title_asset", "link_url_asset", "call_to_action_asset", "description_asset", "ad_format_asset",
    "user_segment_key", "place_page_id", "mmm", "action_type", "index",
)  # fmt: skip
_LEVELS: Final = ("ad", "adset", "ad_set", "campaign", "account")
_METRIC_COLUMNS: Final = ("impressions", "spend", "clicks", "inline_link_clicks", "reach", "actions")
# Figures and settings of the ad, which are no dimensions. Rates and costs per action follow from the figures.
_READ_COLUMNS: Final = frozenset({
    *_METRIC_COLUMNS, "link_clicks", "date", "date_start", "date_stop", "account_currency", "action_values",
    "conversions", "conversion_values", "purchases", "value", "frequency", "cpc", "cpm", "cpp", "ctr", "social_spend",
    "attribution_setting", "wish_bid", "inline",
})  # fmt: skip
_FIGURES: Final = re.compile(
    r"(?:cost_per|unique|inline|outbound|video|estimated_ad|instant_experience|full_view|canvas|_\d+_d)_.+"
    r"|(?:.+_)?(?:ctr|cpc|cpm|cpp|rate|roas|clicks|impressions|actions|lift|percent|frequency)"
)
_KEY_COLUMNS: Final = frozenset({*_ID_COLUMNS, *_BREAKDOWN_COLUMNS})
COUNTED_ACTIONS: Final = "counted_actions"
_VOLATILE: Final = VOLATILE_COLUMNS | {COUNTED_ACTIONS}


def matches_row(payload: JsonObject) -> bool:
    """Recognize a row by Meta's pair of dates, or by a date, an ad's id and the reach, without Google's micros."""
    row = lowercase_names(payload)
    has_id = has_any(row, _ID_COLUMNS)
    has_date = "date" in row and has_id
    if is_action_row(row) and has_date:
        return True
    has_period = "date_start" in row and ("date_stop" in row or has_id)
    has_reach = has_date and "reach" in row and "cost_micros" not in row
    return has_any(row, _METRIC_COLUMNS) and (has_period or has_reach)


def matches_plain_row(payload: JsonObject) -> bool:
    """Recognize a row that could also be another network's."""
    row = lowercase_names(payload)
    return (
        has_any(row, ("date", "date_start"))
        and "cost_micros" not in row
        and has_any(row, _ID_COLUMNS)
        and has_any(row, _METRIC_COLUMNS)
    )


def read_row(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row that was sent without its page."""
    return [read_insights(payload, context)]


def read_insights(payload: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return one row of insights: what an ad, ad set, campaign or account did on a day or in a period."""
    row = lowercase_names(payload)
    builder = DraftBuilder(payload)
    builder.add_count("impressions", row, "impressions")
    builder.add_count("clicks", row, "inline_link_clicks", "link_clicks", "clicks")
    builder.add_amount("spend", row, "spend")
    breakdown = select_dimensions(row, _BREAKDOWN_COLUMNS)
    unknown = _select_unknown(row)
    check_ids(builder, row, _ID_COLUMNS)
    if not breakdown and not unknown.dimensions:
        builder.add_count("audience_size", row, "reach")  # the reach of one segment cannot be added to others
    counted = add_action_metrics(builder, row, context.meta_ads)
    start = builder.read_time(row, "date_start", "date", naive_is_utc=True)
    stop = builder.read_time(row, "date_stop", naive_is_utc=True)
    is_one_day = stop is None or start == stop
    publisher = (to_text(row.get("publisher_platform")) or "").lower()
    return builder.build(
        FeedType.ADS_META,
        start if is_one_day else stop,
        raw={**payload, COUNTED_ACTIONS: counted} if "actions" in row else payload,
        content_key=_build_key(row, start, is_one_day, breakdown),
        dimensions=unknown.dimensions,
        notices=(*unknown.notices, *([UNNAMED_TABLE] if has_unnamed_table(row, context.meta_ads.revenue) else ())),
        as_of=read_row_time(builder, row, SYNC_COLUMNS),
        retracted=is_deleted_row(row),
        cumulative=True,
        currency=first_text(row, ("account_currency", "currency")),
        content_id=first_text(row, _ID_COLUMNS),
        content_type="ad",
        platform=publisher if publisher in _PLATFORMS else "facebook",
        volatile=_VOLATILE,
    )


def _build_key(
    row: JsonObject, start: datetime | None, is_one_day: bool, breakdown: tuple[str, ...]
) -> tuple[str, ...]:
    """Return what the row counts; a period of several days is one total, which is revised every day."""
    start_date = "" if start is None else start.date().isoformat()
    kind = ("action_values",) if is_value_row(row) else ()
    return ("day" if is_one_day else "from", start_date, *select_dimensions(row, _ID_COLUMNS), *breakdown, *kind)


def _select_unknown(row: JsonObject) -> RowDimensions:
    """Return the breakdowns that are not listed here, and assets, which Meta writes as objects."""
    return select_unknown_dimensions(row, _READ_COLUMNS | list_parent_names(row, _LEVELS), _FIGURES, _KEY_COLUMNS)


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
    builder = DraftBuilder({"entry_id": entry.get("id"), "time": entry.get("time"), **change})
    details = builder.read_object(change, "value")
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
        FeedType.ADS_META,
        "rows of Meta insights (date_start or date, ad_id, impressions, spend)",
        matches_row,
        read_row,
        is_warehouse_row=True,
        names=("date", "date_start"),
    ),
    PayloadShape(
        FeedType.ADS_META,
        "plain rows per day and ad_id",
        matches_plain_row,
        read_row,
        is_ambiguous=True,
        names=("date", "date_start"),
    ),
    PayloadShape(
        FeedType.ADS_META,
        "a lead webhook (object page, field leadgen)",
        matches_webhook,
        read_webhook,
        names=("hub.challenge", "entry"),
    ),
)
