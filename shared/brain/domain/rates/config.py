"""The shape of ``config/brain_limits.yaml``: rate limits per minute, and whose address counts."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import StrictModel

UnitsPerMinute = Annotated[int, Field(ge=0)]


class LimitsConfig(StrictModel):
    """Rate limits over all instances, per minute; 0 refuses everything.

    Attributes:
        events_a_client_a_minute: events of one client.
        events_in_all_a_minute: events of all clients.
        requests_an_address_a_minute: unauthenticated requests from one network address.
        trusted_hops: how many proxies append the address of their caller to X-Forwarded-For; 0 ignores the header.
    """

    events_a_client_a_minute: UnitsPerMinute
    events_in_all_a_minute: UnitsPerMinute
    requests_an_address_a_minute: UnitsPerMinute
    trusted_hops: Annotated[int, Field(ge=0)]
