"""Feature flags: switched on as a whole, for a share of the clients, or for single ones."""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, RootModel

from brain.domain.types import StrictModel


class Flag(StrictModel):
    """One flag; ``clients`` decides before ``percentage`` does, and nothing does when it is not ``enabled``."""

    enabled: bool
    percentage: Annotated[float, Field(ge=0, le=100)] = 100
    clients: Mapping[str, bool] = {}

    def is_on(self, name: str, client_id: str) -> bool:
        """Whether the flag is on for a client; the same clients stay on as the percentage grows."""
        if not self.enabled:
            return False
        return self.clients.get(client_id, _place(name, client_id) < self.percentage)


class FeatureFlags(RootModel[Mapping[str, Flag]]):
    """The flags of ``config/brain_features.yaml``, by job or feature name."""

    def flag(self, name: str) -> Flag:
        """Return a flag; one that nobody configured is off."""
        return self.root.get(name, Flag(enabled=False))


def _place(name: str, client_id: str) -> float:
    digest = hashlib.sha256(f"{name}|{client_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 * 100
