"""The shape of ``config/brain_learning.yaml``: how the Brain learns, and when it believes that it has."""

from collections.abc import Mapping

from pydantic import Field

from brain.domain.learning.outcome_rule import MoveType, OutcomeRule
from brain.domain.learning.promotion import PromotionPolicy
from brain.domain.policy_evaluation.evaluation import PolicyEvaluationConfig
from brain.domain.types import Fraction, PositiveFloat, StrictModel


class WeightLimits(StrictModel):
    """Where the weights start and how far they may go."""

    default: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat


class Step(StrictModel):
    """How far one outcome moves a weight."""

    limit: PositiveFloat
    rate: PositiveFloat
    decay: PositiveFloat
    rate_floor: PositiveFloat


class Drift(StrictModel):
    """When the error is so large that the world must have changed, and how much faster to learn then."""

    error_alpha: Fraction
    error_target: PositiveFloat
    alarm_ratio: PositiveFloat
    rate_factor: PositiveFloat
    rate_maximum: PositiveFloat


class Pooling(StrictModel):
    """How many clients and outcomes it takes before clients learn from each other, and how far they stray without."""

    minimum_clients: int = Field(ge=2)
    minimum_outcomes: int = Field(ge=1)
    remembered_outcomes: int = Field(ge=1)
    default_sd: PositiveFloat
    vague_sd: PositiveFloat


class ChallengerRule(StrictModel):
    """When a challenger is fitted and to how many outcomes, and how strongly it is held to the champion."""

    every_outcomes: int = Field(ge=1)
    fitted_to: int = Field(ge=10)
    folds: int = Field(ge=2)
    penalties: tuple[PositiveFloat, ...] = Field(min_length=1)
    smallest_gain: Fraction


class LearningConfig(StrictModel):
    """All constants of learning, promotion and policy evaluation."""

    weights: WeightLimits
    step: Step
    drift: Drift
    outcomes: OutcomeRule
    move_weights: Mapping[MoveType, Fraction]
    pooling: Pooling
    challenger: ChallengerRule
    promotion: PromotionPolicy
    rollback: PromotionPolicy
    own_weights: PromotionPolicy
    policy_evaluation: PolicyEvaluationConfig
