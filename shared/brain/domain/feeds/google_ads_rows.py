"""Google Ads in warehouses: daily rows of connectors and of BigQuery's transfers."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.google_ads import add_metrics, select_content_type
from brain.domain.feeds.json_values import first_text, has_any, normalize_names, snake_case_names
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.report_rows import (
    SYNC_COLUMNS,
    VOLATILE_COLUMNS,
    check_ids,
    is_deleted_row,
    list_parent_names,
    read_row_time,
    select_dimensions,
    to_day,
)
from brain.domain.feeds.row_dimensions import RowDimensions, select_unknown_dimensions
from brain.domain.privacy.personal_fields import normalize_field_name

# Columns that identify what a row is about, normalized; names, bids and metrics do not.
_DIMENSIONS: Final = (
    "customerid", "accountid", "id", "campaignid", "adgroupid", "adid", "criterionid", "keywordid",
    "adgroupcriterioncriterionid", "adgroupadadid", "assetid", "keywordadgroupcriterion", "date", "day",
    "segmentsdate", "hour", "week", "month", "device", "adnetworktype", "adnetworktype1", "adnetworktype2",
    "network", "slot", "clicktype", "conversionaction", "conversionactioncategory", "conversionactionname",
    "keywordmatchtype", "searchterm", "searchtermmatchtype", "country", "countrycriterionid", "geotargetregion",
    "gender", "agerange",
)  # fmt: skip
_DATES: Final = ("date", "day", "segmentsdate", "week", "segmentsweek", "month", "segmentsmonth")
_CONTENT_IDS: Final = ("adid", "adgroupadadid", "keywordid", "adgroupid", "campaignid", "id")
_LEVELS: Final = ("ad", "ad_group_ad_ad", "ad_group", "campaign", "customer", "account")
_METRICS: Final = frozenset({
    "impressions", "clicks", "interactions", "engagements", "videoviews", "videotrueviewviews", "cost", "costmicros",
    "spend", "conversions", "conversionsvalue", "conversionvalue", "allconversions", "allconversionsvalue",
    "viewthroughconversions", "crossdeviceconversions", "ctr", "averagecpc", "averagecpm", "averagecpv", "averagecost",
    "conversionrate", "costperconversion", "engagementrate", "interactionrate", "videoviewrate",
    "activeviewimpressions", "activeviewctr", "activeviewviewability", "activeviewmeasurability",
    "activeviewmeasurableimpressions",
    "absolutetopimpressionpercentage", "topimpressionpercentage", "valueperconversion", "searchimpressionshare",
    "invalidclicks", "conversionsfrominteractionsrate", "costperallconversions", "valueperallconversions",
})  # fmt: skip


def matches_row(payload: JsonObject) -> bool:
    """Recognize a row by a date and micros, which only Google uses."""
    row = normalize_names(payload)
    return has_any(row, ("costmicros", "metricscostmicros")) and has_any(row, _DATES)


def read_row(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row that a connector synced."""
    row = {name.removeprefix("metrics"): value for name, value in normalize_names(payload).items()}
    row.update({name: to_day(row[name]) for name in _DATES if name in row})
    builder = DraftBuilder(payload)
    add_metrics(builder, row)
    network = first_text(row, ("adnetworktype", "adnetworktype1", "network")) or ""
    columns = snake_case_names(payload)
    check_ids(builder, row, _CONTENT_IDS)
    unknown = _select_unknown(columns)
    return [
        builder.build(
            FeedType.ADS_GOOGLE,
            builder.read_time(row, *_DATES, naive_is_utc=True),
            content_key=("row", *select_dimensions(row, _DIMENSIONS)),
            dimensions=unknown.dimensions,
            notices=unknown.notices,
            as_of=read_row_time(builder, columns, SYNC_COLUMNS),
            retracted=is_deleted_row(columns),
            cumulative=True,
            currency=first_text(row, ("currencycode", "customercurrencycode", "currency")),
            content_id=first_text(row, _CONTENT_IDS),
            content_type=select_content_type(network),
            platform="google_ads",
            volatile=VOLATILE_COLUMNS,
        )
    ]


def _select_unknown(columns: Mapping[str, Any]) -> RowDimensions:
    known = {name for name in columns if _is_metric(name)}
    in_key = {name for name in columns if _is_in_key(name)}
    return select_unknown_dimensions(columns, known | list_parent_names(columns, _LEVELS), in_key=in_key)


@lru_cache(maxsize=4096)
def _is_metric(name: str) -> bool:
    return normalize_field_name(name).removeprefix("metrics") in _METRICS


@lru_cache(maxsize=4096)
def _is_in_key(name: str) -> bool:
    return normalize_field_name(name) in _DIMENSIONS


SHAPES = (
    PayloadShape(
        FeedType.ADS_GOOGLE,
        "warehouse rows (cost_micros and date)",
        matches_row,
        read_row,
        is_warehouse_row=True,
        names=("cost_micros", "metrics.cost_micros"),
    ),
)
