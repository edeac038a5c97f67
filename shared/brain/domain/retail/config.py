"""The shape of ``config/brain_retail.yaml``: what the shop's brain takes as given about events, terms and models."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from brain.domain.types import OpenFraction, PositiveFloat, PositiveInt, StrictModel

WholeDays = Annotated[int, Field(ge=0)]


class EventClass(StrictModel):
    """When events of a class are known, the days around them they touch, and what is believed of their lift."""

    lead_days: WholeDays
    before_days: WholeDays
    after_days: WholeDays
    prior_mean: float
    prior_sd: PositiveFloat


class EventClasses(StrictModel):
    """Every class by name; ``other`` stands for those not listed."""

    classes: dict[str, EventClass]

    @model_validator(mode="after")
    def _has_other(self) -> Self:
        if "other" not in self.classes:
            raise ValueError("events.classes needs an entry `other` for classes not listed")
        return self

    def of(self, event_class: str) -> EventClass:
        """The settings of ``event_class``, or those of ``other``."""
        return self.classes.get(event_class, self.classes["other"])


class SchoolTerm(StrictModel):
    """One span of school or university time in a country (and subdivision), both days included."""

    kind: Literal["school_holidays", "university_term", "academic_finals", "move_in_days"]
    country: str
    subdivision: str | None = None
    start: date
    end: date

    def applies_to(self, country: str | None, subdivision: str | None) -> bool:
        """Whether a store at this place lives by this term."""
        return country == self.country and self.subdivision in (None, subdivision)


class WeatherThresholds(StrictModel):
    """From where on a day counts as rainy, hot, windy and so on."""

    rain_mm: PositiveFloat
    heavy_rain_mm: PositiveFloat
    windy_kmh: PositiveFloat
    storm_kmh: PositiveFloat
    hot_c: float
    very_hot_c: float
    warm_c: float
    cold_c: float
    frost_c: float
    change_c: PositiveFloat
    spell_days: PositiveInt
    dry_spell_days: PositiveInt
    overcast_share: OpenFraction
    clear_share: OpenFraction


class LiftConfig(StrictModel):
    """How lifts are pooled, stated and retired."""

    between_signals_sd: PositiveFloat
    class_mean_sd: PositiveFloat
    interval: OpenFraction
    claim_sign_at: OpenFraction
    half_life_days: PositiveFloat
    retire_below: OpenFraction
    retire_unseen_days: PositiveInt


class ForecastConfig(StrictModel):
    """How the forecast is fitted, combined and bounded."""

    refit_days: PositiveInt
    many_series: PositiveInt
    refit_days_of_many: PositiveInt
    half_life_days: PositiveFloat
    season_waves: tuple[PositiveInt, ...]
    fine_season_after_days: PositiveInt
    level_rates: tuple[OpenFraction, ...]
    robust_at_sd: PositiveFloat
    level_clip_sd: PositiveFloat
    replay_weeks: PositiveInt
    memory_weeks: PositiveFloat
    weight_power: PositiveFloat
    intermittent_share: OpenFraction
    interval_memory_weeks: PositiveInt
    starting_error: PositiveFloat
    rush_share: OpenFraction
    call_rush_at: Annotated[float, Field(ge=0.1, le=0.5)]
    sure_rush_at: OpenFraction

    @model_validator(mode="after")
    def _check_rush_thresholds(self) -> Self:
        if self.sure_rush_at < self.call_rush_at:
            raise ValueError(
                f"forecast.sure_rush_at must be at least call_rush_at {self.call_rush_at}, got {self.sure_rush_at}"
            )
        return self

    def refit_every(self, series: int) -> int:
        """Return after how many days the fits of so many series are renewed."""
        return self.refit_days_of_many if series > self.many_series else self.refit_days


class RetailConfig(StrictModel):
    """All constants of the shop's signals, magnitudes and forecast."""

    events: EventClasses
    terms: tuple[SchoolTerm, ...]
    weather: WeatherThresholds
    magnitudes: LiftConfig
    forecast: ForecastConfig

    def seldom_refitted(self) -> "RetailConfig":
        """Return the same with fits renewed as seldom as those of many series."""
        days = {"refit_days": self.forecast.refit_days_of_many}
        return self.model_copy(update={"forecast": self.forecast.model_copy(update=days)})
