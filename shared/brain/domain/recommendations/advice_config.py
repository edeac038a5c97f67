"""The shape of ``config/brain_advice.yaml``: which days a reading is from, and when an outcome can be measured."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from brain.errors import MisconfiguredError

Days = Annotated[int, Field(ge=1, le=150)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Readings(_Part):
    """The windows of readings, and how much a rate must rest on."""

    recent_days: Days
    usual_days: Days
    weekday_days: Days
    weeks: Annotated[int, Field(ge=8, le=21)]
    remembered_days: Days
    minimum_trials: Annotated[int, Field(ge=2)]
    silence_chance: Annotated[float, Field(gt=0, lt=0.5)]


class Measuring(_Part):
    """The days before and after a move that its outcome compares."""

    before_days: Days
    after_days: Days
    settle_days: Annotated[int, Field(ge=0, le=14)]
    minimum_days: Annotated[int, Field(ge=2)]


class AdviceConfig(_Part):
    """All constants of advice that the policy itself does not state."""

    readings: Readings
    outcomes: Measuring
    answers_days: Days
    kept_moves: Annotated[int, Field(ge=10, le=1000)]
    policy_before_days: Days


def load_advice_config(parsed: Mapping[str, Any]) -> AdviceConfig:
    """Return the checked constants from the parsed YAML.

    Raises:
        MisconfiguredError: a constant is missing, unknown or out of range.
    """
    try:
        return AdviceConfig.model_validate(parsed)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise MisconfiguredError(f"config/brain_advice.yaml is wrong at {place}: {first['msg']}.") from exc
