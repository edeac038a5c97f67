"""The archive of a client's days, split by month so that no part of it outgrows a document."""

from collections.abc import Mapping

from brain.domain.days.sums import Days

ARCHIVED_DAYS = 150
MONTH_DAYS = 31


def get_month(day: str) -> str:
    """Return the month of a key of ``Days``.

    Example:
        >>> get_month("2026-11-22")
        '2026-11'
    """
    return day[:7]


def split_by_month(days: Days) -> dict[str, Days]:
    """Return the days of each month, such as ``2026-11``."""
    months: dict[str, Days] = {}
    for day in sorted(days):
        months.setdefault(get_month(day), {})[day] = days[day]
    return months


def select_kept_months(day_counts: Mapping[str, int]) -> list[str]:
    """Return the latest months that hold at least ``ARCHIVED_DAYS`` together, in order; all if there are fewer.

    Args:
        day_counts: How many days each month holds.

    Example:
        >>> select_kept_months({"2026-01": 31, "2026-03": 31, "2026-06": 120})
        ['2026-03', '2026-06']
    """
    kept: list[str] = []
    for month in sorted(day_counts, reverse=True):
        if sum(day_counts[later] for later in kept) >= ARCHIVED_DAYS:
            break
        kept.append(month)
    return sorted(kept)


def keep_latest(archive: Days) -> Days:
    """Return the latest ``ARCHIVED_DAYS`` of an archive."""
    return {day: archive[day] for day in sorted(archive)[-ARCHIVED_DAYS:]}
