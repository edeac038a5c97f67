"""Follow up leads and findings: confirm a lead once on later days, watch findings, retire those that end."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from brain.domain.retail.curiosity.config import CuriosityLimits
from brain.domain.retail.curiosity.effect_estimate import compute_detectable_effect
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState
from brain.domain.retail.curiosity.question import Question, describe_effect


def keep_waiting(
    night: date, question: Question, previous: HypothesisEntry, limits: CuriosityLimits
) -> HypothesisEntry:
    """Return a lead whose confirmation is not due yet, with its effect over all days."""
    effect = describe_effect(question.batch, question.tests, question.row, limits)
    note = f"A lead, not a finding: it will be tested once on the days after {previous.asked_on}, on {previous.due_on}."
    return question.build_entry(night, HypothesisState.LEAD, **_carry_over(previous), **effect, note=note)


def can_confirm(question: Question, previous: HypothesisEntry, limits: CuriosityLimits) -> bool:
    """Return whether the signal occurred often enough since the lead arose to test it."""
    window = question.window(_asked_on(previous))
    return question.extract_batch().count_occurrences(window)[0] >= limits.confirm_spells


def postpone_confirmation(
    night: date, question: Question, previous: HypothesisEntry, limits: CuriosityLimits
) -> HypothesisEntry:
    """Return a lead that is due although its signal was too rare since it arose; it waits a little longer."""
    due_on = night + timedelta(days=limits.postpone_days)
    effect = describe_effect(question.batch, question.tests, question.row, limits)
    note = f"A lead, not a finding: too few occurrences since {previous.asked_on}, so it waits until {due_on}."
    columns = {**_carry_over(previous), "due_on": due_on}
    return question.build_entry(night, HypothesisState.LEAD, **columns, **effect, note=note)


def confirm_lead(
    night: date, question: Question, previous: HypothesisEntry, level: float, limits: CuriosityLimits
) -> HypothesisEntry:
    """Test a lead once, in its own direction, on the days after it arose only; return a finding or a dropped lead."""
    window = question.window(_asked_on(previous))
    batch = question.extract_batch()
    tests = batch.run_tests(window)
    direction = np.sign(previous.effect or 0.0)
    p_value = float(ndtr(-direction * tests.z[0])) if np.isfinite(tests.z[0]) else 1.0
    is_confirmed = p_value <= level
    note = (
        f"Confirmed on the days after {previous.asked_on}."
        if is_confirmed
        else f"Not confirmed on the days after {previous.asked_on}; it rests for {limits.ask_again_after_days} days."
    )
    return question.build_entry(
        night,
        HypothesisState.FINDING if is_confirmed else HypothesisState.NOT_CONFIRMED,
        asked_on=previous.asked_on,
        due_on=night,
        tested_from=_asked_on(previous) + timedelta(days=1),
        p_value=p_value,
        alpha=level,
        refuters=previous.refuters,
        note=note,
        detectable_effect=_detectable_effect(float(tests.slope_sd[0]), 2 * level, limits),
        **describe_effect(batch, tests, 0, limits, window),
    )


def watch_finding(
    night: date, question: Question, previous: HypothesisEntry, limits: CuriosityLimits
) -> HypothesisEntry:
    """Return a finding with its effect over all days since the lead arose, retired when later days contradict it."""
    window = question.window(_asked_on(previous))
    batch = question.extract_batch()
    effect = describe_effect(batch, batch.run_tests(window), 0, limits, window)
    columns = _carry_over(previous)
    if _has_ended(question, previous, limits):
        share = f"{limits.retire_below_share:.0%}"
        note = f"Retired: the days after {previous.due_on} show less than {share} of what was confirmed."
        columns["due_on"] = night
        return question.build_entry(night, HypothesisState.RETIRED, **columns, **effect, note=note)
    return question.build_entry(night, HypothesisState.FINDING, **columns, **effect, note=previous.note)


def keep_resting(night: date, question: Question, previous: HypothesisEntry) -> HypothesisEntry:
    """Return the unchanged answer of a question that is not to be screened again yet."""
    effect: dict[str, Any] = {
        name: getattr(previous, name) for name in ("effect", "lower", "upper", "n", "occurrences")
    }
    return question.build_entry(night, previous.state, **_carry_over(previous), **effect, note=previous.note)


def _has_ended(question: Question, previous: HypothesisEntry, limits: CuriosityLimits) -> bool:
    """Return whether the days after the confirmation exclude ``retire_below_share`` of the confirmed effect."""
    confirmed_on = previous.due_on or _asked_on(previous)
    batch, window = question.extract_batch(), question.window(confirmed_on)
    if (
        batch.count_occurrences(window)[0] < limits.confirm_spells
        or batch.count_days(window)[0] < limits.confirm_days_least
    ):
        return False
    confirmed_slope = batch.run_tests(question.window(_asked_on(previous), confirmed_on)).slope[0]
    later = batch.run_tests(window)
    margin = float(ndtri(limits.interval)) * later.slope_sd[0]
    upper_bound = np.sign(confirmed_slope) * later.slope[0] + margin
    return bool(upper_bound < limits.retire_below_share * abs(confirmed_slope))


def _detectable_effect(slope_sd: float, two_sided_level: float, limits: CuriosityLimits) -> float | None:
    return compute_detectable_effect(slope_sd, two_sided_level, limits.power) if np.isfinite(slope_sd) else None


def _carry_over(previous: HypothesisEntry) -> dict[str, Any]:
    names = ("asked_on", "due_on", "tested_from", "refuters", "detectable_effect", "p_value")
    return {name: getattr(previous, name) for name in names}


def _asked_on(previous: HypothesisEntry) -> date:
    return previous.asked_on or previous.night
