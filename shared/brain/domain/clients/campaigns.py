"""Campaigns that a client planned: their days raise no alarm, and reports say what they achieved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from brain.domain.types import explain_validation_error, to_key_name
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
        """Return whether a day of a platform belongs to the campaign."""
        return self.runs_on(platform) and self.start <= day <= self.end

    def runs_on(self, platform: str) -> bool:
        """Return whether the campaign includes a platform; its name may be the short one of stored keys."""
        return self.platform is None or platform in {self.platform, to_key_name(self.platform)}

    def to_document(self) -> dict[str, Any]:
        """Return the campaign as it is stored on the client's document."""
        document: dict[str, Any] = _CAMPAIGN.dump_python(self, mode="json")
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Campaign":
        """Return the campaign that a client's document stores.

        Raises:
            MisconfiguredError: It lacks a name or a day, or ends before it starts.
        """
        try:
            campaign = _CAMPAIGN.validate_python(document)
        except ValidationError as exc:
            reasons = explain_validation_error(exc, document="the campaign")
            raise MisconfiguredError(f"campaign: {reasons}; correct the client") from exc
        if campaign.end < campaign.start:
            raise MisconfiguredError(
                f"campaign {campaign.name!r} must end on or after its start {campaign.start}, got {campaign.end}; "
                "correct the client"
            )
        return campaign


_CAMPAIGN = TypeAdapter(Campaign)
