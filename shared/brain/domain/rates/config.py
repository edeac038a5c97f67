"""The shape of ``config/brain_limits.yaml``: how much a minute may bring."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Budget = Annotated[int, Field(ge=0)]


class LimitsConfig(BaseModel):
    """Events a client and in all, and requests an address, a minute over all instances; 0 refuses everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events_a_client_a_minute: Budget
    events_in_all_a_minute: Budget
    requests_an_address_a_minute: Budget


def limits_config(parsed: Mapping[str, Any]) -> LimitsConfig:
    """Return the configuration; pydantic's ``ValidationError`` names every field that is wrong."""
    return LimitsConfig.model_validate(parsed)
