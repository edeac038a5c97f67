"""Whose data it is: what the jobs and reports need to know of a client."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its operator set it up; one never set up is known by its id and keeps UTC."""

    client_id: str
    name: str
    vertical: str | None = None
    time_zone: ZoneInfo = UTC
    currency: str | None = None
