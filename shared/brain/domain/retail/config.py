"""The shape of ``config/brain_retail.yaml``: the assumptions about events, terms, weather, lifts and the forecast."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from brain.domain.types import OpenFraction, PositiveFloat, PositiveInt, StrictModel

WholeDays = Annotated[int, Field(ge=0)]


class EventClass(StrictModel):
    """When events of a class become known, how many days around them they affect, and the prior of their lift."""

    lead_days: WholeDays
    before_days: WholeDays
    after_days: WholeDays
    prior_mean: float
    prior_sd: PositiveFloat


class EventClasses(StrictModel):
    """The event classes by name; ``other`` applies to classes that are not listed."""

    classes: dict[str, EventClass]

    @model_validator(mode="after")
    def _check_other_exists(self) -> Self:
        if "other" not in self.classes:
            raise ValueError(
                "events.classes must have an entry `other` for classes that are not listed, got none; add it"
            )
        return self

    def get(self, event_class: str) -> EventClass:
        """Return the settings of ``event_class``, or those of ``other``."""
        return self.classes.get(event_class, self.classes["other"])


class SchoolTerm(StrictModel):
    """A period of the school or university year in a country or subdivision, both days included."""

    kind: Literal["school_holidays", "university_term", "academic_finals", "move_in_days"]
    country: str
    subdivision: str | None = None
    start: date
    end: date

    def applies_to(self, country: str | None, subdivision: str | None) -> bool:
        """Return whether the term holds for a store in ``country`` and ``subdivision``."""
        return country == self.country and self.subdivision in (None, subdivision)


class WeatherThresholds(StrictModel):
    """The thresholds from which a day counts as rainy, hot, windy and so on."""

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
    """How lifts are pooled, reported and retired."""

    between_signals_sd: PositiveFloat
    class_mean_sd: PositiveFloat
    interval: OpenFraction
    claim_sign_at: OpenFraction
    half_life_days: PositiveFloat
    retire_below: OpenFraction
    retire_unseen_days: PositiveInt


class ForecastConfig(StrictModel):
    """How the forecast is fitted and combined, how its intervals are built, and when a rush day is called."""

    refit_days: PositiveInt
    many_series: PositiveInt
    refit_days_of_many: PositiveInt
    half_life_days: PositiveFloat
    season_waves: tuple[PositiveInt, ...]
    fine_season_min_history_days: PositiveInt
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

    def refit_interval(self, series_count: int) -> int:
        """Return the days between two fits of a panel with ``series_count`` series."""
        return self.refit_days_of_many if series_count > self.many_series else self.refit_days


class RetailConfig(StrictModel):
    """All constants of the shop's signals, lifts and forecast."""

    events: EventClasses
    terms: tuple[SchoolTerm, ...]
    weather: WeatherThresholds
    magnitudes: LiftConfig
    forecast: ForecastConfig

    def with_rare_refits(self) -> "RetailConfig":
        """Return a copy that refits every panel as rarely as one with many series."""
        refit_days = {"refit_days": self.forecast.refit_days_of_many}
        return self.model_copy(update={"forecast": self.forecast.model_copy(update=refit_days)})
