"""Puts an alarm into a sentence: what was expected, what came, and how unusual that is."""

from dataclasses import dataclass
from datetime import timedelta
from math import exp

_TEN_YEARS_DAYS = 3652.0
_YEAR_DAYS = 365.25


def number(value: float) -> str:
    """Return a number with the digits a person reads."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - from here on digits are noise


def how_often(per: timedelta, surprise_beyond: float) -> str:
    """Return in words how rarely something ``exp(surprise_beyond)`` times rarer than once ``per`` comes by chance."""
    days = per / timedelta(days=1) * exp(min(surprise_beyond, 20.0))
    if days >= _TEN_YEARS_DAYS:
        return "by chance not once in ten years"
    if days >= 2 * _YEAR_DAYS:
        return f"by chance about once in {days / _YEAR_DAYS:.0f} years"
    return f"by chance about once in {days:.3g} days"


@dataclass(slots=True)
class Extremes:
    """The lowest and the highest value so far, and how many there were."""

    count: int = 0
    lowest: float = float("inf")
    highest: float = float("-inf")

    def add(self, value: float) -> None:
        """Take a value."""
        self.count += 1
        if value < self.lowest:  # noqa: PLR1730 - once a reading
            self.lowest = value
        if value > self.highest:  # noqa: PLR1730 - once a reading
            self.highest = value

    def record(self, value: float) -> str:
        """Return in words whether ``value`` is a record, empty when it is none."""
        if value < self.lowest:
            return f"lower than any of the {self.count} readings before"
        if value > self.highest:
            return f"higher than any of the {self.count} readings before"
        return ""


def explanation(value: float, band: tuple[float, float, float], extremes: Extremes, rarity: str) -> str:
    """Return the sentence of an alarm: the expectation and its ``band`` (lower, expected, upper), what came, how rare.

    A value that lies within its band is unusual only together with those before it.
    """
    lower, expected, upper = band
    record = extremes.record(value)
    if not record and lower <= value <= upper:
        record = "unusual together with the readings just before"
    reasons = ", ".join(reason for reason in (record, rarity) if reason)
    return f"expected {number(expected)} ({number(lower)} to {number(upper)}), came {number(value)}: {reasons}"
