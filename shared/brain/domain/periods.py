"""A client's books: the hours and weeks it sent something in, and one entry for each request with an end of note."""

import hashlib
from datetime import UTC, datetime, timedelta


def hour_of(at: datetime) -> datetime:
    """Return the start of the UTC hour."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def week_of(at: datetime) -> datetime:
    """Return the start of the UTC week, a Monday."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def hour_name(at: datetime) -> str:
    """Return the hour as the books name it, such as ``2026-11-22T07``."""
    return hour_of(at).strftime("%Y-%m-%dT%H")


def week_name(at: datetime) -> str:
    """Return the week as the books name it, such as ``2026-W47``."""
    year, week, _ = week_of(at).isocalendar()
    return f"{year}-W{week:02d}"


def delivery_id(client_id: str, source: str, correlation_id: str, body: bytes) -> str:
    """Return what tells one sending of a request from another (``snd_`` and 24 hex digits).

    The same bytes under the same correlation id are one sending, however often the sender had to try.
    """
    head = f"{client_id}\n{source}\n{correlation_id}\n".encode("utf-8", "surrogatepass")
    return f"snd_{hashlib.sha256(head + body).hexdigest()[:24]}"
