"""The shape of ``config/brain_learning.yaml``: how the Brain learns, and when it believes that it has."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from brain.domain.learning.outcome_rule import MoveType, OutcomeRule
from brain.domain.learning.promotion import PromotionPolicy
from brain.domain.policy_evaluation.evaluation import PolicyEvaluationConfig

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WeightLimits(_Part):
    """Where the weights start and how far they may go."""

    default: Positive
    minimum: Positive
    maximum: Positive


class Step(_Part):
    """How far one outcome moves a weight."""

    limit: Positive
    rate: Positive
    decay: Positive
    rate_floor: Positive


class Drift(_Part):
    """When the error is so large that the world must have changed, and how much faster to learn then."""

    error_alpha: Share
    error_target: Positive
    alarm_ratio: Positive
    rate_factor: Positive
    rate_maximum: Positive


class Pooling(_Part):
    """How many clients and outcomes it takes before clients learn from each other, and how far they stray without."""

    minimum_clients: int = Field(ge=2)
    minimum_outcomes: int = Field(ge=1)
    remembered_outcomes: int = Field(ge=1)
    default_sd: Positive
    vague_sd: Positive


class ChallengerRule(_Part):
    """When a challenger is fitted and to how many outcomes, and how strongly it is held to the champion."""

    every_outcomes: int = Field(ge=1)
    fitted_to: int = Field(ge=10)
    folds: int = Field(ge=2)
    penalties: tuple[Positive, ...] = Field(min_length=1)
    smallest_gain: Share


class LearningConfig(_Part):
    """All constants of learning, promotion and policy evaluation."""

    weights: WeightLimits
    step: Step
    drift: Drift
    outcomes: OutcomeRule
    move_weights: Mapping[MoveType, Share]
    pooling: Pooling
    challenger: ChallengerRule
    promotion: PromotionPolicy
    rollback: PromotionPolicy
    own_weights: PromotionPolicy
    policy_evaluation: PolicyEvaluationConfig


def learning_config(parsed: Mapping[str, Any]) -> LearningConfig:
    """Return the configuration; pydantic's ``ValidationError`` names every field that is wrong."""
    return LearningConfig.model_validate(parsed)
