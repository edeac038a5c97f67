"""When a job is due and when each client's task may start, in UTC."""

import hashlib
from datetime import UTC, datetime, timedelta


def last_due(schedule: str, now: datetime) -> datetime:
    """Return the latest time at or before ``now`` that matches ``schedule``.

    Args:
        schedule: ``MINUTE HOUR DAY * WEEKDAY`` with a fixed minute: hourly, daily, weekly or monthly.
        now: The current time.

    Searches backwards hour by hour, at most 31 days.
    """
    minute, hour, day, _, weekday = schedule.split()
    latest = now.astimezone(UTC).replace(second=0, microsecond=0)
    due_at = (latest - timedelta(minutes=int(minute))).replace(minute=int(minute))
    while not _matches(due_at, hour, day, weekday):
        due_at -= timedelta(hours=1)
    return due_at


def _matches(time: datetime, hour: str, day: str, weekday: str) -> bool:
    sunday_first = time.isoweekday() % 7
    fields = ((hour, time.hour), (day, time.day), (weekday, sunday_first))
    return all(field in ("*", str(number)) for field, number in fields)


def not_before(job: str, client_id: str, scheduled_at: datetime, jitter: timedelta) -> datetime:
    """Return the time from which the client's task may start, within ``jitter`` after ``scheduled_at``.

    The offset is a hash of the job and the client, so it is the same for every run.
    """
    digest = hashlib.sha256(f"{job}|{client_id}".encode()).digest()
    return scheduled_at + jitter * (int.from_bytes(digest[:4], "big") / 2**32)
