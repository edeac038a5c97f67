"""Plain rows of a warehouse or a CSV file, read by a field map or by columns named like an event's fields."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.field_maps import FieldMap, TimeParts
from brain.domain.feeds.moments import day_and_hour
from brain.domain.feeds.reading import MICROS, Reading, lowered, text
from brain.domain.feeds.rows import VOLATILE, dimensions
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.privacy.personal_fields import normalize_field_name
from brain.errors import InvalidInputError

_AMOUNTS: Final = frozenset({"conversions", "spend", "revenue"})
_DAYS_IN_WEEK: Final = 7
# Columns that mean an event's field when nobody has said what they mean.
_OWN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
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
_TIMES: Final = ("occurred_at", "timestamp", "event_time", "datetime", "date", "day", "created_at", "published_at")
_IDS: Final = ("content_id", "post_id", "ad_id", "campaign_id", "page_id", "video_id", "message_id", "id")


def read_mapped(item: Item, field_map: FieldMap) -> Draft | Rejected:
    """Return one row read by ``field_map``; a row without any of its columns is ``unknown_shape``."""
    expected = {column for columns in field_map.metrics.values() for column in columns}
    if expected.isdisjoint(item):
        return Rejected(
            "unknown_shape", f"Expected the columns of the field map ({', '.join(sorted(expected))}); none came."
        )
    reading = Reading(item)
    for metric, columns in field_map.metrics.items():
        if metric in _AMOUNTS:
            reading.amount(metric, item, *columns, unit=MICROS if metric in field_map.micros else 1)
        else:
            reading.total(metric, item, *columns)
    at = _time(reading, item, field_map.time)
    kind = text(item.get(field_map.content_type_column)) if field_map.content_type_column else None
    return reading.outcome(
        field_map.feed_type,
        at,
        undated=field_map.time.constant is not None,
        content_key=("row", *dimensions(item, field_map.key)) if field_map.key else (),
        cumulative=field_map.cumulative and any(text(item.get(column)) for column in field_map.key),
        currency=_column(item, field_map.currency_column) or field_map.currency,
        content_id=_column(item, field_map.content_id),
        content_type=field_map.content_types.get(kind, kind.lower()) if kind else field_map.content_type,
        platform=_column(item, field_map.platform_column) or field_map.platform,
        creator=_column(item, field_map.creator_column),
        volatile=VOLATILE | frozenset(field_map.volatile),
        personal=frozenset(
            normalize_field_name(column) for column in (*field_map.personal, *filter(None, (field_map.creator_column,)))
        ),
    )


def _column(item: Item, name: str | None) -> str | None:
    return text(item.get(name)) if name else None


def _time(reading: Reading, item: Item, parts: TimeParts) -> datetime | None:
    if parts.constant is not None:
        return datetime(parts.constant.year, parts.constant.month, parts.constant.day, tzinfo=UTC)
    if parts.column is not None and parts.format is not None:
        return _formatted(reading, item, parts.column, parts.format)
    if parts.column is not None:
        return reading.time(item, parts.column, naive_is_utc=parts.naive_is_utc)
    return _from_parts(reading, item, parts)


def _formatted(reading: Reading, item: Item, column: str, form: str) -> datetime | None:
    written = text(item.get(column))
    if written is None:
        return None
    try:
        at = datetime.strptime(written, form)  # noqa: DTZ007 - the map declares times without an offset to be UTC
    except ValueError:
        reading.faults.append(f"{column}: expected a time written as {form}, another text came")
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _from_parts(reading: Reading, item: Item, parts: TimeParts) -> datetime | None:
    """Return the time that month, day or weekday, and hour of a row name together."""
    year = parts.constant_year if parts.year is None else reading.figure(item, parts.year, whole=True)
    month = reading.figure(item, parts.month or "", whole=True)
    inner = reading.figure(item, parts.day or parts.weekday or "", whole=True)
    hour = reading.figure(item, parts.hour, whole=True) if parts.hour else 0
    if year is None or month is None or inner is None or hour is None:
        return None
    try:
        day = date(year, month, inner) if parts.day else _first_weekday(year, month, inner, parts.week_starts)
        return day_and_hour(day.isoformat(), hour)
    except (ValueError, InvalidInputError):
        reading.faults.append(f"{parts.month}: expected parts of a time that exists, others came")
        return None


def _first_weekday(year: int, month: int, weekday: int, week_starts: str) -> date:
    """Return the first day of a month that is the given day of the week (1 to 7)."""
    if not 1 <= weekday <= _DAYS_IN_WEEK:
        raise ValueError("a week has seven days")
    monday_based = (weekday - 1) if week_starts == "monday" else (weekday - 2) % _DAYS_IN_WEEK
    first = date(year, month, 1)
    return first + timedelta(days=(monday_based - first.weekday()) % _DAYS_IN_WEEK)


def matches_named(item: Item) -> bool:
    """Tell a row whose columns name their meaning: a time and at least one measure."""
    row = lowered(item)
    return any(name in row for name in _TIMES) and any(name in row for names in _OWN_NAMES.values() for name in names)


def read_named(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one row read by its own column names; other columns with texts are what the row is broken down by."""
    row = lowered(item)
    reading = Reading(item)
    for metric, names in _OWN_NAMES.items():
        if metric in _AMOUNTS:
            reading.amount(metric, row, *names)
        else:
            reading.count(metric, row, *names)
    at = reading.time(row, *_TIMES, naive_is_utc=True) or context.signed_at
    content = next((found for name in _IDS if (found := text(row.get(name)))), None)
    measures = {name for names in _OWN_NAMES.values() for name in names}
    broken_down = sorted(
        name for name, value in row.items() if isinstance(value, str) and name not in measures and name not in VOLATILE
    )
    key = dimensions(row, dict.fromkeys((*_TIMES, *_IDS, *broken_down)))
    return [
        reading.outcome(
            FeedType.WAREHOUSE,
            at,
            content_key=("row", *key) if content else (),
            cumulative=content is not None,
            currency=text(row.get("currency")),
            content_id=content,
            content_type=text(row.get("content_type")) or text(row.get("type")),
            platform=text(row.get("platform")) or text(row.get("channel")),
            creator=text(row.get("author")) or text(row.get("creator")),
            volatile=VOLATILE,
        )
    ]


SHAPES = (
    Shape(
        FeedType.WAREHOUSE,
        "rows with columns named like an event's fields (date or timestamp, and impressions, clicks, spend or others)",
        matches_named,
        read_named,
        vague=True,
    ),
)
