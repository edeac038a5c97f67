"""The alarm budget: the only sensitivity setting, "at most N false alarms in a period"."""

import re
from dataclasses import dataclass
from datetime import timedelta

from brain.errors import InvalidInputError

_GRAMMAR = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)/(\d{1,6})([hdw])", re.ASCII)
_UNIT = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class AlarmBudget:
    """At most ``alarms`` false alarms in ``per`` on a series whose behaviour does not change.

    Raises:
        InvalidInputError: when either is not above zero.
    """

    alarms: float = 1
    per: timedelta = timedelta(days=30)

    def __post_init__(self) -> None:
        if not (self.alarms > 0 and self.per > timedelta(0)):
            raise InvalidInputError(
                f"an alarm budget needs a number of alarms and a period above zero, such as 1/30d; got {self.text}"
            )

    @classmethod
    def parse(cls, text: str) -> "AlarmBudget":
        """Read ``ALARMS/PERIOD``: a number, a slash, a whole number and ``h``, ``d`` or ``w``; such as ``1/30d``.

        Raises:
            InvalidInputError: for any other text.
        """
        match = _GRAMMAR.fullmatch(text.strip())
        if match is None:
            raise InvalidInputError(
                f"an alarm budget is ALARMS/PERIOD with the period in h, d or w, such as 1/30d or 0.5/4w; got {text!r}"
            )
        alarms, length, unit = match.groups()
        return cls(alarms=float(alarms), per=int(length) * _UNIT[unit])

    @property
    def text(self) -> str:
        """The budget as :meth:`parse` reads it."""
        hours = self.per / timedelta(hours=1)
        return f"{self.alarms:g}/{hours / 24:g}d" if hours % 24 == 0 else f"{self.alarms:g}/{hours:g}h"

    def per_reading(self, interval_seconds: float) -> float:
        """The share of readings that may be false alarms when one comes every ``interval_seconds``; at most 1/2."""
        return min(0.5, self.alarms * interval_seconds / self.per.total_seconds())
