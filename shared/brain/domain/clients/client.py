"""Whose data it is: what the jobs and reports need to know of a client."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from brain.domain.clients.campaigns import Campaign

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its operator set it up; one never set up is known by its id and keeps UTC.

    ``stores`` are the ids of its own stores in the shop's database; a client without any has no shop.
    """

    client_id: str
    name: str
    vertical: str | None = None
    time_zone: ZoneInfo = UTC
    currency: str | None = None
    stores: tuple[str, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
