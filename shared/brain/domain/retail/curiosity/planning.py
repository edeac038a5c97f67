"""How long a lead must wait before it can be confirmed, and when a question will have enough data to be asked."""

from datetime import date, timedelta
from math import ceil

from scipy.special import ndtri

from brain.domain.retail.curiosity.config import Limits


def due_on(asked_on: date, z: float, days_seen: int, level: float, limits: Limits) -> date:
    """The day by which later data will confirm an effect of the lead's size with the configured power.

    A lead was chosen for being large, so its z is taken as z - 1/z: what is left after the winner's curse.
    """
    needed = float(-ndtri(level)) + float(ndtri(limits.power))
    shrunk = max(abs(z) - 1 / max(abs(z), 1.0), LEAST_Z)
    days = ceil(days_seen * (needed / shrunk) ** 2)
    return asked_on + timedelta(days=min(max(days, limits.confirm_days_least), limits.confirm_days_most))


LEAST_Z = 0.5


def enough_by(last_day: date, days: int, occurrences: int, limits: Limits) -> date | None:
    """The day on which a question can be asked if it goes on as it did; None when the signal never said yes."""
    if not occurrences or not days:
        return None
    missing = max(limits.least_days - days, ceil((limits.least_spells - occurrences) * days / occurrences), 1)
    return last_day + timedelta(days=missing)
