"""Plain rows of a warehouse or a CSV file whose columns are named like the fields of an event."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import (
    first_text,
    has_any,
    lowercase_names,
    snake_case_names,
    to_snake_case,
)
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_periods import read_period
from brain.domain.feeds.report_rows import (
    STATE_COLUMNS,
    TIME_COLUMNS,
    VOLATILE_COLUMNS,
    check_ids,
    is_deleted_row,
    read_row_time,
    select_dimensions,
)
from brain.domain.feeds.row_dimensions import RowDimensions, is_dimension_text, select_unknown_dimensions

# Columns that are read as a metric where no field map says what they mean.
METRIC_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "impressions": ("impressions", "impression_count"),
    "audience_size": ("audience_size", "reach", "followers"),
    "engagements": ("engagements", "engagement_count", "total_engagements"),
    "likes": ("likes", "like_count", "reactions"),
    "comments": ("comments", "comment_count"),
    "shares": ("shares", "share_count"),
    "clicks": ("clicks", "click_count"),
    "opens": ("opens", "open_count"),
    "sends": ("sends", "sent", "emails_sent"),
    "bounces": ("bounces", "bounce_count"),
    "unsubscribes": ("unsubscribes", "unsubscribed"),
    "views": ("views", "view_count", "page_views", "pageviews"),
    "conversions": ("conversions", "orders", "purchases"),
    "spend": ("spend", "cost"),
    "revenue": ("revenue", "sales"),
}
_ALL_METRIC_COLUMNS: Final = frozenset(name for names in METRIC_COLUMNS.values() for name in names)
NAMED_TIME_COLUMNS: Final = (
    "occurred_at",
    "timestamp",
    "event_time",
    "datetime",
    "date",
    "day",
    "created_at",
    "published_at",
)
_PERIOD_COLUMNS: Final = (
    "date_hour", "datehour", "date_hour_minute", "year_month", "yearmonth", "year_week", "yearweek",
    "iso_year_iso_week", "iso_year", "iso_week", "year", "month", "week",
)  # fmt: skip
_CURRENCIES: Final = ("currency", "currency_code")
_DAY: Final = re.compile(r"\d{4}-?\d\d?-?\d\d?(?:[T ]00:00(?::00(?:\.0{1,9})?)?(?:Z| ?UTC|[+]00:?00)?)?", re.ASCII)
_ROW_COLUMNS: Final = frozenset({*TIME_COLUMNS, *STATE_COLUMNS})
ID_COLUMNS: Final = ("content_id", "post_id", "ad_id", "campaign_id", "page_id", "video_id", "message_id", "id")


def matches_named_row(payload: JsonObject) -> bool:
    """Recognize a row by a time and at least one metric with well-known names."""
    row = snake_case_names(payload)
    has_time = has_any(row, NAMED_TIME_COLUMNS) or has_any(row, _PERIOD_COLUMNS)
    return has_time and any(name in row for name in _ALL_METRIC_COLUMNS)


def matches_page(payload: JsonObject) -> bool:
    """Recognize a page of such rows in ``data``, as services that join the reports of several providers send it."""
    rows = payload.get("data")
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], Mapping) and matches_named_row(rows[0])


def read_page(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every row of a page."""
    return [
        outcome
        for row in payload["data"]
        for outcome in (
            read_named_row(row, context)
            if isinstance(row, Mapping) and matches_named_row(row)
            else [reject_shape("rows with a date or timestamp, and impressions, clicks or others, in data")]
        )
    ]


def read_named_row(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row read by its column names; its other texts are the dimensions of its breakdown."""
    row = lowercase_names(payload)
    columns = snake_case_names(payload)
    builder = DraftBuilder(payload)
    for metric, names in METRIC_COLUMNS.items():
        builder.add_metric(metric, columns, *names)
    check_ids(builder, row, ID_COLUMNS)
    content_id = first_text(row, ID_COLUMNS)
    is_total = content_id is not None or _is_of_a_period(row)
    return [
        builder.build(
            FeedType.WAREHOUSE,
            _read_named_time(builder, row, columns) or context.signed_at,
            cumulative=is_total,
            was_event=is_total and content_id is None,
            currency=first_text(columns, _CURRENCIES),
            content_id=content_id,
            content_type=first_text(columns, ("content_type", "type")),
            platform=first_text(row, ("platform", "channel")),
            creator=first_text(row, ("author", "creator")),
            volatile=VOLATILE_COLUMNS,
            **(_read_named_total(builder, row, columns) if is_total else {}),
        )
    ]


def _read_named_total(builder: DraftBuilder, row: JsonObject, columns: JsonObject) -> dict[str, Any]:
    """Return what only a running total has: its key, the time of its figures, and its state."""
    names, former_names = _list_key_columns(row)
    key, former_key = (("row", *select_dimensions(row, listed)) for listed in (names, former_names))
    unknown = _select_unknown(row, columns, names)
    return {
        "content_key": key,
        "former_key": former_key if former_key != key else (),
        "dimensions": unknown.dimensions,
        "notices": unknown.notices,
        "as_of": read_row_time(builder, columns),
        "retracted": is_deleted_row(columns),
    }


def _read_named_time(builder: DraftBuilder, row: JsonObject, columns: JsonObject) -> datetime | None:
    """Return the time of a row, or the start of the month, week or hour that its columns name."""
    if has_any(row, NAMED_TIME_COLUMNS):
        return builder.read_time(row, *NAMED_TIME_COLUMNS, naive_is_utc=True)
    return read_period(builder, {name: value for name, value in columns.items() if name in _PERIOD_COLUMNS})


def _is_of_a_period(row: JsonObject) -> bool:
    """Return whether a row is about a day or a longer period, and not about a moment, at which something happened."""
    times = [row[name] for name in NAMED_TIME_COLUMNS if row.get(name) not in (None, "")]
    return not times or _DAY.fullmatch(str(times[0]).strip()) is not None


def _list_key_columns(row: JsonObject) -> tuple[list[str], list[str]]:
    """Return the columns of the key of a row, and those of the key that version 0.1 gave it.

    That one contained when the row was last written and whether it still exists, and numbers and descriptions that are
    texts, so that every update of a row was another total.
    """
    breakdown = sorted(
        name
        for name, value in row.items()
        if isinstance(value, str) and name not in _ALL_METRIC_COLUMNS and name not in VOLATILE_COLUMNS
    )
    former_names = list(dict.fromkeys((*NAMED_TIME_COLUMNS, *ID_COLUMNS, *breakdown)))
    fixed = {*NAMED_TIME_COLUMNS, *ID_COLUMNS, *_PERIOD_COLUMNS, *_CURRENCIES}
    names = [
        name
        for name in former_names
        if name not in _ROW_COLUMNS and (name in fixed or name not in row or is_dimension_text(name, row))
    ]
    return names, former_names


def _select_unknown(row: JsonObject, columns: JsonObject, key_columns: Sequence[str]) -> RowDimensions:
    """Return the dimensions besides times, ids and texts, which are in the key already."""
    in_key = {to_snake_case(name) for name in key_columns}
    texts = {name for name, value in columns.items() if isinstance(value, str) and name.replace("_", "") in in_key}
    read = {*_ALL_METRIC_COLUMNS, *NAMED_TIME_COLUMNS, *ID_COLUMNS, *in_key, *texts}
    periods = tuple(name for name in _PERIOD_COLUMNS if name in columns and name not in read)
    unknown = select_unknown_dimensions(columns, read | set(periods))
    has_time = has_any(row, NAMED_TIME_COLUMNS)
    return (
        unknown
        if has_time
        else unknown._replace(dimensions=(*select_dimensions(columns, periods), *unknown.dimensions))
    )


SHAPES = (
    PayloadShape(
        FeedType.WAREHOUSE,
        "rows with columns named like the fields of an event (date or timestamp, and impressions, clicks or others)",
        matches_named_row,
        read_named_row,
        is_ambiguous=True,
        names=(*NAMED_TIME_COLUMNS, *_PERIOD_COLUMNS),
    ),
    PayloadShape(
        FeedType.WAREHOUSE, "a page of such rows in data", matches_page, read_page, is_ambiguous=True, names=("data",)
    ),
)
