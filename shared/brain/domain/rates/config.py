"""The shape of ``config/brain_limits.yaml``: how much a minute may bring."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import StrictModel

Budget = Annotated[int, Field(ge=0)]


class LimitsConfig(StrictModel):
    """Events a client and in all, and requests an address, a minute over all instances; 0 refuses everything."""

    events_a_client_a_minute: Budget
    events_in_all_a_minute: Budget
    requests_an_address_a_minute: Budget
