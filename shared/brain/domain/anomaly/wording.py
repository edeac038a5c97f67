"""The sentence of an alarm: what was expected, what was observed, and how unusual that is."""

from dataclasses import dataclass
from datetime import timedelta
from math import exp

_TEN_YEARS_DAYS = 3652.0
_YEAR_DAYS = 365.25


def format_number(number: float) -> str:
    """Return a number with three significant digits below a thousand, and as a whole number from there.

    Example:
        >>> format_number(12.345), format_number(1234.5)
        ('12.3', '1,234')
    """
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"  # noqa: PLR2004 - digits beyond it are noise


def describe_rarity(per: timedelta, surprise_beyond: float) -> str:
    """Return in words how often chance alone produces what is ``exp(surprise_beyond)`` times rarer than once ``per``.

    Example:
        >>> describe_rarity(timedelta(days=30), surprise_beyond=2.0)
        'by chance about once in 222 days'
    """
    days = per / timedelta(days=1) * exp(min(surprise_beyond, 20.0))
    if days >= _TEN_YEARS_DAYS:
        return "by chance not once in ten years"
    if days >= 2 * _YEAR_DAYS:
        return f"by chance about once in {days / _YEAR_DAYS:.0f} years"
    return f"by chance about once in {days:.3g} days"


@dataclass(slots=True)
class Extremes:
    """The lowest and the highest value so far, and the number of values."""

    count: int = 0
    lowest: float = float("inf")
    highest: float = float("-inf")

    def add(self, value: float) -> None:
        """Include a value."""
        self.count += 1
        if value < self.lowest:  # noqa: PLR1730 - runs once per reading
            self.lowest = value
        if value > self.highest:  # noqa: PLR1730 - runs once per reading
            self.highest = value

    def describe_record(self, value: float) -> str:
        """Return in words whether ``value`` is a record, or an empty text when it is none."""
        if value < self.lowest:
            return f"lower than any of the {self.count} readings before"
        if value > self.highest:
            return f"higher than any of the {self.count} readings before"
        return ""


def explain_alarm(value: float, band: tuple[float, float, float], extremes: Extremes, rarity: str) -> str:
    """Return the sentence of an alarm.

    A value within its band is unusual only together with those before it.

    Args:
        value: What was observed.
        band: The lower bound, the expectation and the upper bound, in the unit of ``value``.
        extremes: The values before.
        rarity: How rare the value is, in words.

    Example:
        >>> explain_alarm(3.0, (80.0, 120.0, 160.0), Extremes(count=2, lowest=100.0, highest=150.0), "rare")
        'expected 120 (80 to 160), got 3: lower than any of the 2 readings before, rare'
    """
    lower, expected, upper = band
    record = extremes.describe_record(value)
    if not record and lower <= value <= upper:
        record = "unusual together with the readings just before"
    reasons = ", ".join(reason for reason in (record, rarity) if reason)
    bounds = f"{format_number(lower)} to {format_number(upper)}"
    return f"expected {format_number(expected)} ({bounds}), got {format_number(value)}: {reasons}"
