"""The shape of ``config/brain_advice.yaml``: which days a reading is from, and when an outcome can be measured."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import StrictModel

Days = Annotated[int, Field(ge=1, le=150)]


class Readings(StrictModel):
    """The windows of readings, and how much a rate must rest on."""

    recent_days: Days
    usual_days: Days
    weekday_days: Days
    weeks: Annotated[int, Field(ge=8, le=21)]
    remembered_days: Days
    minimum_trials: Annotated[int, Field(ge=2)]
    silence_chance: Annotated[float, Field(gt=0, lt=0.5)]


class Measuring(StrictModel):
    """The days before and after a move that its outcome compares."""

    before_days: Days
    after_days: Days
    settle_days: Annotated[int, Field(ge=0, le=14)]
    minimum_days: Annotated[int, Field(ge=2)]


class AdviceConfig(StrictModel):
    """All constants of advice that the policy itself does not state."""

    readings: Readings
    outcomes: Measuring
    answers_days: Days
    kept_moves: Annotated[int, Field(ge=10, le=1000)]
    policy_before_days: Days
