"""When a prediction meets its observation, and why a move was made; apart from the rest, since scores need no more."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from brain.domain.types import Fraction, PositiveFloat, StrictModel


class MoveType(StrEnum):
    """Why a move was made: because it works, to make sure that it does, or to find out."""

    EXPLOIT = "exploit"
    VALIDATION = "validation"
    SELF_GENERATED = "self_generated"


class Usual(StrictModel):
    """What content is compared with: the latest of its kind, and how sure an interval is."""

    minimum: int = Field(ge=2)
    remembered: int = Field(ge=10)
    kinds: int = Field(ge=1)
    coverage: Annotated[float, Field(gt=0.5, lt=1)]


class OutcomeRule(StrictModel):
    """When a prediction may meet its observation."""

    minimum_wait_minutes: PositiveFloat
    latest_maturity_hours: PositiveFloat
    seen_share: Fraction
    settling_hours: PositiveFloat
    usual: Usual
