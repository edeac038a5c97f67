"""Google Analytics 4 in warehouses: the rows of reports as connectors store them, one column per name."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import FeedType
from brain.domain.feeds import named_rows
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.google_analytics import AMOUNTS, CONTENT_DIMENSIONS, COUNTS, PAGE_DIMENSIONS
from brain.domain.feeds.json_values import first_text, has_any, snake_case_names, to_snake_case, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.report_periods import read_period
from brain.domain.feeds.report_rows import (
    VOLATILE_COLUMNS,
    check_ids,
    is_deleted_row,
    read_row_time,
    select_dimensions,
    to_day,
)
from brain.domain.feeds.row_dimensions import select_unknown_dimensions

_PROPERTIES: Final = ("property_id", "property")
_PERIODS: Final = (
    "date", "date_hour", "date_hour_minute", "year_month", "year_week", "iso_year_iso_week", "iso_year", "iso_week",
    "year", "month", "week", "hour",
)  # fmt: skip
_METRICS: Final = frozenset(
    to_snake_case(name) for names in (*COUNTS.values(), *AMOUNTS.values()) for name in names
) | {
    "total_users", "active_users", "new_users", "sessions", "event_count", "user_engagement_duration",
    "sessions_per_user", "average_session_duration", "bounce_rate", "engagement_rate", "event_count_per_user",
    "screen_page_views_per_session", "event_value", "add_to_carts", "checkouts",
}  # fmt: skip
_FIGURES: Final = re.compile(
    r".+(?:_users|_views|_rate|_duration|_revenue|_count|_value|_per_.+|_sessions|_conversions)"
)


def matches(payload: JsonObject) -> bool:
    """Recognize a row by its property, its period and a metric with GA4's own name."""
    row = snake_case_names(payload)
    is_report_row = has_any(row, _PROPERTIES) and has_any(row, _PERIODS) and not _METRICS.isdisjoint(row)
    return is_report_row and not named_rows.matches_named_row(payload)


def read(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row of a report; its users are not an audience."""
    row = snake_case_names(payload)
    builder = DraftBuilder(payload)
    for metric, names in (*COUNTS.items(), *AMOUNTS.items()):
        builder.add_metric(metric, row, *map(to_snake_case, names))
    check_ids(builder, row, _PROPERTIES)
    periods: Mapping[str, Any] = {name: to_day(row[name]) for name in _PERIODS if name in row}
    unknown = select_unknown_dimensions(row, {*_PROPERTIES, *_PERIODS, *_METRICS, "start_date", "end_date"}, _FIGURES)
    return [
        builder.build(
            FeedType.WAREHOUSE,
            read_period(builder, periods),
            content_key=("ga4 row", *select_dimensions(row, _PROPERTIES), *select_dimensions(periods, _PERIODS)),
            dimensions=unknown.dimensions,
            notices=unknown.notices,
            as_of=read_row_time(builder, row),
            retracted=is_deleted_row(row),
            cumulative=True,
            currency=first_text(row, ("currency", "currency_code")),
            content_id=first_text(row, map(to_snake_case, CONTENT_DIMENSIONS)),
            content_type="page" if any(to_text(row.get(to_snake_case(name))) for name in PAGE_DIMENSIONS) else None,
            platform="web",
            volatile=VOLATILE_COLUMNS,
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.WAREHOUSE,
        "rows of GA4 reports (property_id, date and GA4's metrics)",
        matches,
        read,
        names=_PROPERTIES,
    ),
)
