"""The alarm budget: the only sensitivity setting, "at most N false alarms per period"."""

import re
from dataclasses import dataclass
from datetime import timedelta

from brain.errors import InvalidInputError

_GRAMMAR = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)/(\d{1,6})([hdw])", re.ASCII)
_MAX_DAYS = timedelta(days=999_999)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class AlarmBudget:
    """At most ``alarms`` false alarms per ``per`` on a series whose behaviour does not change.

    ``str()`` returns the text that :meth:`parse` reads.

    Raises:
        InvalidInputError: A number or period that is not above zero.

    Example:
        >>> budget = AlarmBudget.parse("2/4w")
        >>> budget.alarms, budget.per.days, str(budget)
        (2.0, 28, '2/28d')
    """

    alarms: float
    per: timedelta

    def __post_init__(self) -> None:
        if not (self.alarms > 0 and self.per > timedelta(0)):
            raise InvalidInputError(
                f"an alarm budget must have a number of alarms and a period above zero, got {str(self)!r}; "
                "use for example 1/30d"
            )

    @classmethod
    def parse(cls, text: str) -> "AlarmBudget":
        """Parse ``ALARMS/PERIOD``: a number, a slash, a whole number and ``h``, ``d`` or ``w``, such as ``1/30d``.

        Raises:
            InvalidInputError: The text has another form.
        """
        match = _GRAMMAR.fullmatch(text.strip())
        if match is None:
            raise InvalidInputError(
                f"an alarm budget must be ALARMS/PERIOD with the period in h, d or w, got {text!r}; "
                "use for example 1/30d or 0.5/4w"
            )
        alarms, length, unit = match.groups()
        return cls(alarms=float(alarms), per=int(length) * _UNITS[unit])

    def __str__(self) -> str:
        unit = "d" if self.per % _UNITS["d"] == timedelta(0) else "h"
        if self.per > _MAX_DAYS:
            unit = "w"
        return f"{_to_decimal(self.alarms)}/{_to_decimal(self.per / _UNITS[unit])}{unit}"

    def split(self, series: int) -> "AlarmBudget":
        """Return the share of each of ``series`` series that have this budget together."""
        return AlarmBudget(self.alarms / max(series, 1), self.per)

    def share_of_readings(self, interval_seconds: float) -> float:
        """Return the fraction of readings that may be false alarms at one per ``interval_seconds``; at most 1/2."""
        return min(0.5, self.alarms * interval_seconds / self.per.total_seconds())


def _to_decimal(number: float) -> str:
    """Return a number without an exponent, which the grammar does not allow."""
    return f"{number:.9f}".rstrip("0").rstrip(".")
