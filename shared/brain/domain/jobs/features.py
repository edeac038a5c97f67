"""Feature flags, enabled for a percentage of the clients or for individual clients."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, RootModel, model_validator

from brain.domain.jobs.steps import JOBS
from brain.domain.types import StrictModel


class FeatureFlag(StrictModel):
    """A flag that applies to clients only while it is ``enabled``; ``clients`` takes precedence over ``percentage``."""

    enabled: bool
    percentage: Annotated[float, Field(ge=0, le=100)] = 100
    clients: Mapping[str, bool] = {}

    def is_on(self, name: str, client_id: str) -> bool:
        """Whether the flag is on for a client; as the percentage grows, no client is switched off again."""
        if not self.enabled:
            return False
        return self.clients.get(client_id, _percentile(name, client_id) < self.percentage)


class FeatureFlags(RootModel[Mapping[str, FeatureFlag]]):
    """The flags of ``config/brain_features.yaml``, one for each job of the table and no others."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        unknown, missing = sorted(set(self.root) - set(JOBS)), sorted(set(JOBS) - set(self.root))
        if unknown:
            raise ValueError(f"flags must be of {', '.join(JOBS)}, got {', '.join(unknown)}")
        if missing:
            raise ValueError(f"every job must have a flag, got none for {', '.join(missing)}; add enabled: false")
        return self

    def get_flag(self, job: str) -> FeatureFlag:
        """Return the flag of a job; one that is not configured is off."""
        return self.root.get(job, FeatureFlag(enabled=False))


def _percentile(name: str, client_id: str) -> float:
    """Return the client's fixed position between 0 and 100 for this flag, by a hash."""
    digest = hashlib.sha256(f"{name}|{client_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 * 100
