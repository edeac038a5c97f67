"""The shape of ``config/brain_learning.yaml``: learning rates, pooling, promotion rules and policy evaluation."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, field_validator, model_validator

from brain.domain.learning.outcome_rule import MoveType, OutcomeRule
from brain.domain.learning.promotion import PromotionPolicy
from brain.domain.policy_evaluation.evaluation import PolicyEvaluationConfig
from brain.domain.types import Fraction, PositiveFloat, StrictModel


class WeightLimits(StrictModel):
    """The initial value of every weight and the bounds it stays within."""

    default: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(
                f"default must be from minimum {self.minimum} to maximum {self.maximum}, got {self.default}"
            )
        return self


class StepSize(StrictModel):
    """How far one outcome moves a weight: the learning rate, its decay, and the largest step."""

    limit: PositiveFloat
    rate: PositiveFloat
    decay: PositiveFloat
    rate_floor: PositiveFloat


class DriftRule(StrictModel):
    """The running error that signals drift, and how much faster to learn while it lasts."""

    error_alpha: Fraction
    error_target: PositiveFloat
    alarm_ratio: PositiveFloat
    rate_factor: PositiveFloat
    rate_maximum: PositiveFloat


class PoolingRule(StrictModel):
    """How many clients and outcomes pooling needs, and the standard deviations of its priors."""

    minimum_clients: int = Field(ge=2)
    minimum_outcomes: int = Field(ge=1)
    remembered_outcomes: int = Field(ge=1)
    default_sd: PositiveFloat
    vague_sd: PositiveFloat


class ChallengerRule(StrictModel):
    """When to fit a challenger, to how many outcomes, and which ridge penalties to try."""

    every_outcomes: int = Field(ge=1)
    fitted_to: int = Field(ge=10)
    folds: int = Field(ge=2)
    penalties: tuple[PositiveFloat, ...] = Field(min_length=1)
    smallest_gain: Fraction


class LearningConfig(StrictModel):
    """All constants of learning, promotion and policy evaluation."""

    weights: WeightLimits
    step: StepSize
    drift: DriftRule
    outcomes: OutcomeRule
    move_weights: Mapping[MoveType, Fraction]
    pooling: PoolingRule
    challenger: ChallengerRule
    promotion: PromotionPolicy
    rollback: PromotionPolicy
    own_weights: PromotionPolicy
    policy_evaluation: PolicyEvaluationConfig

    @field_validator("move_weights")
    @classmethod
    def _check_move_types(cls, move_weights: Mapping[MoveType, float]) -> Mapping[MoveType, float]:
        if missing := [move for move in MoveType if move not in move_weights]:
            raise ValueError(f"move_weights must have every type of move, got none for {', '.join(missing)}")
        return move_weights
