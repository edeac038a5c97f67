"""The questions and limits of the curiosity engine (``config/hypotheses.yaml``)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from brain.domain.types import OpenFraction, PositiveInt, StrictModel


class SignalTransformation(StrictModel):
    """How a signal becomes an explanatory variable.

    At most one threshold turns it into a flag; ``spell``, ``first_after`` and ``days`` then narrow the flag down.

    Attributes:
        above: the reading is at least this.
        below: the reading is less than this.
        rise: the reading rose by at least this since yesterday.
        fall: the reading fell by at least this since yesterday.
        unusually_high: the reading is at least this many standard deviations above the usual of the season.
        unusually_low: the reading is at least this many standard deviations below the usual of the season.
        spell: the flag is set on at least this many days in a row, up to and including the day.
        first_after: the flag is set, and was not set on this many days before.
        days: the flag counts on these days only.
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
    def thresholds(self) -> dict[str, float]:
        """The threshold by name; empty when the reading is used as it is."""
        names = ("above", "below", "rise", "fall", "unusually_high", "unusually_low")
        return {name: threshold for name in names if (threshold := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _check_exclusive_options(self) -> Self:
        if len(self.thresholds) > 1:
            raise ValueError(f"a transformation has at most one threshold, got {', '.join(self.thresholds)}")
        if self.spell is not None and self.first_after is not None:
            raise ValueError("a transformation has at most one of spell and first_after, got both")
        return self


class QuestionTemplate(StrictModel):
    """A question asked about every store and product: does the signal move sales ``window`` days later?

    ``signal`` is ``weather.<variable>``, ``calendar.<signal>`` or ``event.<class>`` (``event.any``: all classes).
    ``window`` is the first and last day of the outcome relative to the day of the signal; negative days are before it.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    question: Annotated[str, Field(min_length=8, max_length=200)]
    signal: Annotated[str, Field(pattern=r"^(weather|calendar|event)\.[a-z0-9_]+$")]
    transformation: SignalTransformation = SignalTransformation()
    window: tuple[Annotated[int, Field(ge=-14, le=14)], Annotated[int, Field(ge=-14, le=14)]] = (0, 0)

    @model_validator(mode="after")
    def _check_window_order(self) -> Self:
        if self.window[0] > self.window[1]:
            raise ValueError(f"window must not end before it begins, got {list(self.window)}")
        return self


class CuriosityLimits(StrictModel):
    """Significance levels, and the amounts of data that questions and confirmations need.

    Attributes:
        lead_level: false discovery rate of the leads of one night.
        finding_level: false discovery rate of all findings over the lifetime of the shop.
        interval: coverage of the intervals of effects.
        power: probability with which a confirmation should find an effect of the lead's size.
        totals_share: share of a night's level spent on store totals; products get the rest.
        products_per_store: number of best-selling products per store that questions are asked about.
        least_days: open days with a known signal that a question needs.
        least_spells: occurrences of the signal that a question needs.
        confirm_days_least: minimum number of days from a lead to its confirmation.
        confirm_days_most: maximum number of days from a lead to its confirmation.
        confirm_spells: occurrences of the signal that a confirmation needs.
        postpone_days: days by which a confirmation with too few occurrences is postponed.
        ask_again_after_days: days that a dropped lead or retired finding rests.
        retire_below_share: a finding is retired when later days exclude this share of its confirmed effect.
        memory_days: number of recent days that a night looks at.
        winsor_sd: robust standard deviations to which surprises are limited.
        placebo_dates: number of placebo dates per lead.
        dummy_outcomes: number of dummy outcomes per lead.
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
    """The content of ``config/hypotheses.yaml``."""

    limits: CuriosityLimits
    templates: Annotated[tuple[QuestionTemplate, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_unique_ids(self) -> Self:
        ids = [template.id for template in self.templates]
        duplicates = sorted({template_id for template_id in ids if ids.count(template_id) > 1})
        if duplicates:
            raise ValueError(f"template ids must be unique, got more than one of {', '.join(duplicates)}")
        return self
