"""Campaigns that a client planned: their days are no alarm, and reports say what they brought."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from brain.errors import MisconfiguredError


@dataclass(frozen=True, slots=True)
class Campaign:
    """A promotion, launch or giveaway on local days ``start`` to ``end``, both included; on one platform or on all."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    start: date
    end: date
    platform: str | None = None

    def covers(self, platform: str, day: date) -> bool:
        """Whether the day of the platform belongs to the campaign."""
        return self.platform in (None, platform) and self.start <= day <= self.end

    def document(self) -> dict[str, Any]:
        """Return the campaign as plain values."""
        document: dict[str, Any] = _CAMPAIGN.dump_python(self, mode="json")
        return document


_CAMPAIGN = TypeAdapter(Campaign)


def campaigns_from(documents: Iterable[Mapping[str, Any]]) -> tuple[Campaign, ...]:
    """Return the campaigns of a client's document.

    Raises:
        MisconfiguredError: one lacks a name or a day, or ends before it starts.
    """
    found = []
    for document in documents:
        try:
            campaign = _CAMPAIGN.validate_python(document)
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(map(str, first["loc"]))
            message = f"expected a campaign with name, start and end; {where}: {first['msg']}; correct the client"
            raise MisconfiguredError(message) from exc
        if campaign.end < campaign.start:
            raise MisconfiguredError(f"campaign {campaign.name!r} ends before it starts; correct the client")
        found.append(campaign)
    return tuple(found)
