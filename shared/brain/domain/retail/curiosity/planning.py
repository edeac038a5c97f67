"""Plan when a lead can be confirmed, and predict when a question will have enough data."""

from datetime import date, timedelta
from math import ceil

from scipy.special import ndtri

from brain.domain.retail.curiosity.config import CuriosityLimits

MIN_Z = 0.5


def plan_confirmation(asked_on: date, z: float, days_observed: int, level: float, limits: CuriosityLimits) -> date:
    """Return the day by which later data will confirm an effect of the lead's size with the configured power.

    A lead was selected for being large, so its z is shrunk to z - 1/z to allow for the winner's curse.
    """
    needed_z = float(-ndtri(level)) + float(ndtri(limits.power))
    shrunk_z = max(abs(z) - 1 / max(abs(z), 1.0), MIN_Z)
    days = ceil(days_observed * (needed_z / shrunk_z) ** 2)
    return asked_on + timedelta(days=min(max(days, limits.confirm_days_least), limits.confirm_days_most))


def predict_ready_date(last_day: date, days: int, occurrences: int, limits: CuriosityLimits) -> date | None:
    """Return the day on which a question will have enough data at its present rate; None without any occurrence."""
    if not occurrences or not days:
        return None
    days_for_spells = ceil((limits.least_spells - occurrences) * days / occurrences)
    return last_day + timedelta(days=max(limits.least_days - days, days_for_spells, 1))
