"""The shape of ``config/brain_retail.yaml``: what the shop's brain takes as given about events, terms and models."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
WholeDays = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EventClass(_Part):
    """When events of a class are known, the days around them they touch, and what is believed of their lift."""

    lead_days: WholeDays
    before_days: WholeDays
    after_days: WholeDays
    prior_mean: float
    prior_sd: Positive


class Events(_Part):
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


class Term(_Part):
    """One span of school or university time in a country (and subdivision), both days included."""

    kind: Literal["school_holidays", "university_term", "academic_finals", "move_in_days"]
    country: str
    subdivision: str | None = None
    start: date
    end: date

    def applies_to(self, country: str | None, subdivision: str | None) -> bool:
        """Whether a store at this place lives by this term."""
        return country == self.country and self.subdivision in (None, subdivision)


class WeatherLimits(_Part):
    """From where on a day counts as rainy, hot, windy and so on."""

    rain_mm: Positive
    heavy_rain_mm: Positive
    windy_kmh: Positive
    storm_kmh: Positive
    hot_c: float
    very_hot_c: float
    warm_c: float
    cold_c: float
    frost_c: float
    change_c: Positive
    spell_days: Count
    dry_spell_days: Count
    overcast_share: Share
    clear_share: Share


class Magnitudes(_Part):
    """How lifts are pooled, stated and retired."""

    between_signals_sd: Positive
    class_mean_sd: Positive
    interval: Share
    claim_sign_at: Share
    half_life_days: Positive
    retire_below: Share
    retire_unseen_days: Count


class Forecast(_Part):
    """How the forecast is fitted, combined and bounded."""

    refit_days: Count
    many_series: Count
    refit_days_of_many: Count
    half_life_days: Positive
    season_waves: tuple[Count, ...]
    fine_season_after_days: Count
    level_rates: tuple[Share, ...]
    robust_at_sd: Positive
    level_clip_sd: Positive
    replay_weeks: Count
    memory_weeks: Positive
    weight_power: Positive
    intermittent_share: Share
    interval_memory_weeks: Count
    starting_error: Positive
    rush_share: Share
    call_rush_at: Annotated[float, Field(ge=0.1, le=0.5)]

    def refit_every(self, series: int) -> int:
        """Return after how many days the fits of so many series are renewed."""
        return self.refit_days_of_many if series > self.many_series else self.refit_days


class RetailConfig(_Part):
    """All constants of the shop's signals, magnitudes and forecast."""

    events: Events
    terms: tuple[Term, ...]
    weather: WeatherLimits
    magnitudes: Magnitudes
    forecast: Forecast

    def seldom_refitted(self) -> "RetailConfig":
        """Return the same with fits renewed as seldom as those of many series."""
        days = {"refit_days": self.forecast.refit_days_of_many}
        return self.model_copy(update={"forecast": self.forecast.model_copy(update=days)})


def retail_config(parsed: Mapping[str, Any]) -> RetailConfig:
    """Return the configuration; pydantic's ``ValidationError`` names every field that is wrong."""
    return RetailConfig.model_validate(parsed)
