"""Hours and ISO weeks in UTC: where they start and what they are called."""

from datetime import UTC, date, datetime, timedelta


def truncate_to_hour(moment: datetime) -> datetime:
    """Return the start of the UTC hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def truncate_to_week(moment: datetime) -> datetime:
    """Return the start of the UTC week, a Monday."""
    return truncate_to_hour(moment).replace(hour=0) - timedelta(days=moment.astimezone(UTC).weekday())


def format_hour(moment: datetime) -> str:
    """Return the UTC hour, such as ``2026-11-22T07``."""
    return truncate_to_hour(moment).strftime("%Y-%m-%dT%H")


def format_week(day: date) -> str:
    """Return the ISO week of a day, such as ``2026-W47``; of a datetime, the week in UTC."""
    year, week, _ = (day.astimezone(UTC) if isinstance(day, datetime) else day).isocalendar()
    return f"{year}-W{week:02d}"
