"""What becomes of leads and findings: tested once on later days, watched, retired when they end."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from brain.domain.retail.curiosity.config import Limits
from brain.domain.retail.curiosity.estimates import detectable
from brain.domain.retail.curiosity.ledger import Entry, State
from brain.domain.retail.curiosity.question import Question, answer


def waiting(night: date, question: Question, prior: Entry, limits: Limits) -> Entry:
    """A lead whose day has not come: as it was, with what all days say by now."""
    found = answer(question.asked, question.tests, question.row, limits)
    note = f"A lead, not a finding: it will be tested once on the days after {prior.asked_on}, on {prior.due_on}."
    return question.entry(night, State.LEAD, **_carried(prior), **found, note=note)


def can_be_confirmed(question: Question, prior: Entry, limits: Limits) -> bool:
    """Whether the days since the question saw the signal often enough for one test."""
    window = question.window(_asked_on(prior))
    return question.alone().occurrences(window)[0] >= limits.confirm_spells


def postponed(night: date, question: Question, prior: Entry, limits: Limits) -> Entry:
    """A lead that is due while its signal was too rare since; it waits a little longer."""
    due = night + timedelta(days=limits.postpone_days)
    found = answer(question.asked, question.tests, question.row, limits)
    note = f"A lead, not a finding: too few occurrences since {prior.asked_on}, so it waits until {due}."
    return question.entry(night, State.LEAD, **{**_carried(prior), "due_on": due}, **found, note=note)


def tested(night: date, question: Question, prior: Entry, level: float, limits: Limits) -> Entry:
    """The one test of a lead, in its own direction, on nothing but the days after it was asked."""
    window = question.window(_asked_on(prior))
    alone = question.alone()
    tests = alone.tests(window)
    direction = np.sign(prior.effect or 0.0)
    p_value = float(ndtr(-direction * tests.z[0])) if np.isfinite(tests.z[0]) else 1.0
    found = p_value <= level
    note = (
        f"Confirmed on the days after {prior.asked_on}."
        if found
        else f"Not confirmed on the days after {prior.asked_on}; it rests for {limits.ask_again_after_days} days."
    )
    return question.entry(
        night,
        State.FINDING if found else State.NOT_CONFIRMED,
        asked_on=prior.asked_on,
        due_on=night,
        tested_from=_asked_on(prior) + timedelta(days=1),
        p_value=p_value,
        alpha=level,
        refuters=prior.refuters,
        note=note,
        detectable_effect=_detectable(float(tests.slope_sd[0]), 2 * level, limits),
        **answer(alone, tests, 0, limits, window),
    )


def watched(night: date, question: Question, prior: Entry, limits: Limits) -> Entry:
    """A finding on a later night: its effect over all days since the question, retired when later days deny it."""
    window = question.window(_asked_on(prior))
    alone = question.alone()
    found = answer(alone, alone.tests(window), 0, limits, window)
    if _has_ended(question, prior, limits):
        note = f"Retired: the days after {prior.due_on} show less than half of what was confirmed."
        return question.entry(night, State.RETIRED, **{**_carried(prior), "due_on": night}, **found, note=note)
    return question.entry(night, State.FINDING, **_carried(prior), **found, note=prior.note)


def resting(night: date, question: Question, prior: Entry) -> Entry:
    """A question that was answered lately and is not asked again yet: the answer, unchanged."""
    kept: dict[str, Any] = {name: getattr(prior, name) for name in ("effect", "lower", "upper", "n", "occurrences")}
    return question.entry(night, prior.state, **_carried(prior), **kept, note=prior.note)


def _has_ended(question: Question, prior: Entry, limits: Limits) -> bool:
    """Whether the days after the confirmation exclude ``retire_below_share`` of the confirmed effect."""
    confirmed_on = prior.due_on or _asked_on(prior)
    alone, later = question.alone(), question.window(confirmed_on)
    if alone.occurrences(later)[0] < limits.confirm_spells or alone.days(later)[0] < limits.confirm_days_least:
        return False
    before = alone.tests(question.window(_asked_on(prior), confirmed_on)).slope[0]
    since = alone.tests(later)
    margin = float(ndtri(limits.interval)) * since.slope_sd[0]
    return bool(np.sign(before) * since.slope[0] + margin < limits.retire_below_share * abs(before))


def _detectable(slope_sd: float, two_sided_level: float, limits: Limits) -> float | None:
    return detectable(slope_sd, two_sided_level, limits.power) if np.isfinite(slope_sd) else None


def _carried(prior: Entry) -> dict[str, Any]:
    kept = ("asked_on", "due_on", "tested_from", "refuters", "detectable_effect", "p_value")
    return {name: getattr(prior, name) for name in kept}


def _asked_on(prior: Entry) -> date:
    return prior.asked_on or prior.night
