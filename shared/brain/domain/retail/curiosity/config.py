"""The questions and the limits of curiosity (``config/hypotheses.yaml``)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from brain.domain.types import OpenFraction, PositiveInt, StrictModel


class Transformation(StrictModel):
    """What is made of a signal: at most one limit turns it into yes or no, then runs and weekdays narrow it down.

    ``above``, ``below``: the reading itself. ``rise``, ``fall``: its change since yesterday. ``unusually_high``,
    ``unusually_low``: its distance from the season's usual, in standard deviations. ``spell``: yes for at least so
    many days up to this one. ``first_after``: yes today after so many days of no. ``days``: only these.
    """

    above: float | None = None
    below: float | None = None
    rise: float | None = None
    fall: float | None = None
    unusually_high: float | None = None
    unusually_low: float | None = None
    spell: PositiveInt | None = None
    first_after: PositiveInt | None = None
    days: Literal["weekend", "workday"] | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The limit, by name; empty when the reading is taken as it is."""
        named = ("above", "below", "rise", "fall", "unusually_high", "unusually_low")
        return {name: value for name in named if (value := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if len(self.limits) > 1:
            raise ValueError(f"a transformation has at most one limit, got {', '.join(self.limits)}")
        return self


class Template(StrictModel):
    """One question, asked of every store and product: does the signal move sales ``window`` days later?

    ``signal`` is ``weather.<variable>``, ``calendar.<signal>`` or ``event.<class>`` (``event.any``: all classes).
    ``window`` is the first and last day of the outcome, counted from the signal's day; negative is before it.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    question: Annotated[str, Field(min_length=8, max_length=200)]
    signal: Annotated[str, Field(pattern=r"^(weather|calendar|event)\.[a-z0-9_]+$")]
    transformation: Transformation = Transformation()
    window: tuple[Annotated[int, Field(ge=-14, le=14)], Annotated[int, Field(ge=-14, le=14)]] = (0, 0)

    @model_validator(mode="after")
    def _window_in_order(self) -> Self:
        if self.window[0] > self.window[1]:
            raise ValueError(f"window {self.window} ends before it begins")
        return self


class Limits(StrictModel):
    """When a question can be asked and what counts as an answer.

    ``lead_level``: false discovery rate of a night's leads. ``finding_level``: of all findings, for ever.
    ``totals_share``: the part of a night's level that belongs to stores' totals; the rest is for their products.
    """

    lead_level: OpenFraction
    finding_level: OpenFraction
    interval: OpenFraction
    power: OpenFraction
    totals_share: OpenFraction
    products_per_store: Annotated[int, Field(ge=0, le=50)]
    least_days: PositiveInt
    least_spells: PositiveInt
    confirm_days_least: PositiveInt
    confirm_days_most: PositiveInt
    confirm_spells: PositiveInt
    postpone_days: PositiveInt
    ask_again_after_days: PositiveInt
    retire_below_share: OpenFraction
    memory_days: PositiveInt
    winsor_sd: Annotated[float, Field(ge=2, le=10)]
    placebo_dates: PositiveInt
    dummy_outcomes: PositiveInt


class CuriosityConfig(StrictModel):
    """All of ``config/hypotheses.yaml``."""

    limits: Limits
    templates: Annotated[tuple[Template, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [template.id for template in self.templates]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"templates need different ids; twice: {', '.join(twice)}")
        return self
