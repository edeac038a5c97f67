"""When a job is due, for the schedules the table allows: hourly, daily, weekly, monthly, in UTC."""

from datetime import UTC, datetime, timedelta


def last_due(schedule: str, now: datetime) -> datetime:
    """Return the latest time at or before ``now`` at which ``MINUTE HOUR DAY * WEEKDAY`` was due.

    Looks back minute by minute over the fixed fields: at most 31 days of hours, which only a local server asks for.
    """
    minute, hour, day, _, weekday = schedule.split()
    at = now.astimezone(UTC).replace(second=0, microsecond=0)
    at = (
        at.replace(minute=int(minute))
        if at.minute >= int(minute)
        else at.replace(minute=int(minute)) - timedelta(hours=1)
    )
    while not _matches(at, hour, day, weekday):
        at -= timedelta(hours=1)
    return at


def _matches(at: datetime, hour: str, day: str, weekday: str) -> bool:
    sunday_first = at.isoweekday() % 7
    wanted = ((hour, at.hour), (day, at.day), (weekday, sunday_first))
    return all(field in ("*", str(value)) for field, value in wanted)
