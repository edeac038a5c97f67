"""A client: what the jobs and reports need to know about the owner of the events."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from brain.domain.clients.alarm_budget import AlarmBudget
from brain.domain.clients.campaigns import Campaign

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its operator set it up; one never set up has its id as its name and UTC as its time zone.

    ``stores`` are the ids of its own stores in the shop's database; a client without any has no shop. Without an
    ``alarm_budget`` of its own it has that of ``config/brain_analysis.yaml``. ``ga4_property`` is its only GA4
    property; a client with several has none here, and its senders name one.
    """

    client_id: str
    name: str
    vertical: str | None = None
    time_zone: ZoneInfo = UTC
    currency: str | None = None
    stores: tuple[str, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    alarm_budget: AlarmBudget | None = None
    ga4_property: str | None = None
