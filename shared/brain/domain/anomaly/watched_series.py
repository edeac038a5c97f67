"""The daily series that the detector watches: one per platform and metric, up to the last complete day."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from brain.domain.days import sums
from brain.domain.days.platforms import select_platforms
from brain.domain.days.sums import Days, parse_platform

DailySeries: TypeAlias = list[tuple[date, float | None]]


def list_watched_series(
    days: Days, as_of: datetime, time_zone: ZoneInfo, metrics: Sequence[str]
) -> Iterator[tuple[str, str, DailySeries]]:
    """Yield (platform, metric, series) of every series with a known value, of at most ``MAX_PLATFORMS`` platforms.

    Example:
        >>> from datetime import UTC
        >>> days = {"2026-01-01": {"linkedin|photo": {"events": 2, "clicks": 5}}}
        >>> as_of = datetime(2026, 1, 2, 6, tzinfo=UTC)
        >>> list(list_watched_series(days, as_of, ZoneInfo("UTC"), ["clicks", "conversions"]))
        [('linkedin', 'clicks', [(datetime.date(2026, 1, 1), 5.0)])]
    """
    for platform in select_platforms(days):
        first = min(day for day, groups in days.items() if any(parse_platform(group) == platform for group in groups))
        end = find_first_incomplete_day(days, platform, as_of, time_zone)
        for metric in metrics:
            series = select_series(days, platform, metric, date.fromisoformat(first), end)
            if any(value is not None for _, value in series):
                yield platform, metric, series


def select_series(days: Days, platform: str, metric: str, start: date, end: date) -> DailySeries:
    """Return the daily sums of a platform's metric from ``start`` up to, not including, ``end``.

    A day without events counts 0 events; every other metric is then unknown.

    Example:
        >>> days = {"2026-01-01": {"linkedin|photo": {"events": 2, "clicks": 5}, "linkedin|text": {"events": 1}}}
        >>> select_series(days, "linkedin", "events", date(2026, 1, 1), date(2026, 1, 3))
        [(datetime.date(2026, 1, 1), 3.0), (datetime.date(2026, 1, 2), 0.0)]
        >>> [value for _, value in select_series(days, "linkedin", "clicks", date(2026, 1, 1), date(2026, 1, 3))]
        [5.0, None]
    """
    series: DailySeries = []
    for offset in range((end - start).days):
        day = start + timedelta(days=offset)
        groups = [s for group, s in days.get(day.isoformat(), {}).items() if parse_platform(group) == platform]
        total = sums.sum_metric(groups, metric) if metric == "events" else sums.sum_if_reported(groups, metric)
        series.append((day, None if total is None else float(total)))
    return series


def find_first_incomplete_day(days: Days, platform: str, as_of: datetime, time_zone: ZoneInfo) -> date:
    """Return the first day of a platform that cannot be judged yet as of a moment.

    A day can be judged once it is over and as much later as the platform's events usually arrive after their day.

    Example:
        Events usually arrive twelve hours late, so in the morning yesterday is not complete.

        >>> from datetime import UTC
        >>> days = {"2026-01-01": {"linkedin|photo": {"events": 2, "late_seconds": 2 * 12 * 3600}}}
        >>> find_first_incomplete_day(days, "linkedin", datetime(2026, 1, 5, 6, tzinfo=UTC), ZoneInfo("UTC"))
        datetime.date(2026, 1, 4)
    """
    groups = [s for groups in days.values() for group, s in groups.items() if parse_platform(group) == platform]
    events = max(sums.sum_metric(groups, "events"), 1)
    usual_delay = timedelta(seconds=sums.sum_metric(groups, "late_seconds") / events)
    day = sums.to_local_day(as_of, time_zone)
    while sums.end_of_day(day, time_zone) + usual_delay > as_of:
        day -= timedelta(days=1)
    return day + timedelta(days=1)
