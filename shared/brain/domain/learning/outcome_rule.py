"""When content is mature enough to be an outcome, and why a move was made.

A module of its own because the scoring jobs import it and need nothing else of learning.
"""

import math
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from brain.domain.scoring import ScoringConfig
from brain.domain.types import Fraction, PositiveFloat, StrictModel


class MoveType(StrEnum):
    """Why a move was made: because it works, to confirm that it works, or to explore."""

    EXPLOIT = "exploit"
    VALIDATION = "validation"
    SELF_GENERATED = "self_generated"


class BaselineRule(StrictModel):
    """How much content a group's baseline needs and remembers, how many groups, and the interval's coverage."""

    minimum: int = Field(ge=2)
    remembered: int = Field(ge=10)
    kinds: int = Field(ge=1)
    coverage: Annotated[float, Field(gt=0.5, lt=1)]


class OutcomeRule(StrictModel):
    """When a prediction may be compared with its observation."""

    minimum_wait_minutes: PositiveFloat
    latest_maturity_hours: PositiveFloat
    seen_share: Fraction
    settling_hours: PositiveFloat
    usual: BaselineRule


def compute_maturity_age(platform: str | None, rule: OutcomeRule, config: ScoringConfig) -> timedelta:
    """Return the age at which content is mature: when T′ reaches its floor, at most a week.

    The age depends on the platform's decay rate.
    """
    decay = config.baselines.get(platform or "", config.other_baseline).decay
    return timedelta(hours=min(-math.log(config.temporal.minimum) / decay, rule.latest_maturity_hours))
