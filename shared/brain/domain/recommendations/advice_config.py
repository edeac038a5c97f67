"""The model of ``config/brain_advice.yaml``: the windows of readings, and when an outcome can be measured."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import StrictModel

WindowDays = Annotated[int, Field(ge=1, le=150)]


class ReadingWindows(StrictModel):
    """The windows of readings in days, and how much data a rate needs."""

    recent_days: WindowDays
    usual_days: WindowDays
    weekday_days: WindowDays
    weeks: Annotated[int, Field(ge=8, le=21)]
    remembered_days: WindowDays
    minimum_trials: Annotated[int, Field(ge=2)]
    silence_chance: Annotated[float, Field(gt=0, lt=0.5)]


class OutcomeWindows(StrictModel):
    """The days before and after a move that its outcome compares."""

    before_days: WindowDays
    after_days: WindowDays
    settle_days: Annotated[int, Field(ge=0, le=14)]
    minimum_days: Annotated[int, Field(ge=2)]


class AdviceConfig(StrictModel):
    """All constants of advice that are not part of the policy."""

    readings: ReadingWindows
    outcomes: OutcomeWindows
    answers_days: WindowDays
    kept_moves: Annotated[int, Field(ge=10, le=1000)]
    policy_before_days: WindowDays
