"""The night's fresh questions: tested together, so that few of their leads are false."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import numpy as np

from brain.domain.retail.curiosity.config import Limits
from brain.domain.retail.curiosity.estimates import detectable, estimate
from brain.domain.retail.curiosity.ledger import Entry, State
from brain.domain.retail.curiosity.planning import due_on, enough_by
from brain.domain.retail.curiosity.question import Question
from brain.domain.retail.curiosity.questions import can_be_asked
from brain.domain.retail.curiosity.refuters import refute
from brain.domain.statistics.false_discovery import benjamini_yekutieli, single_discovery_level
from brain.domain.types import Floats


def ask_afresh(night: date, questions: Sequence[Question], confirm_level: float, limits: Limits) -> list[Entry]:
    """One entry a question: too little data, nothing, refuted, or a lead to be confirmed at ``confirm_level``."""
    askable = [one for one in questions if can_be_asked(one.days, one.occurrences, limits) and np.isfinite(one.z)]
    weights = level_weights(askable, limits.totals_share)
    discovered = benjamini_yekutieli(np.array([one.p_value for one in askable]), limits.lead_level, weights)
    lone_level = single_discovery_level(len(askable), limits.lead_level)
    answered = {
        one.identity: _answered(night, one, bool(lead), float(min(1.0, lone_level * weight)), confirm_level, limits)
        for one, lead, weight in zip(askable, discovered, weights, strict=True)
    }
    return [answered.get(one.identity) or _too_little(night, one, limits) for one in questions]


def level_weights(questions: Sequence[Question], totals_share: float) -> Floats:
    """Weights of mean 1 that give totals ``totals_share`` of the level; all 1 when there are only totals or none."""
    totals = np.array([one.subject.is_total for one in questions], dtype=bool)
    share = np.where(totals, totals_share / max(totals.sum(), 1), (1 - totals_share) / max((~totals).sum(), 1))
    mixed = totals.any() and not totals.all()
    return np.asarray(share * len(questions) if mixed else np.ones(len(questions)))


def _answered(
    night: date, question: Question, lead: bool, lone_level: float, confirm_level: float, limits: Limits
) -> Entry:
    found = asdict(estimate(question.tests, question.row, limits.interval))
    found["p_value"] = question.p_value
    slope_sd = float(question.tests.slope_sd[question.row])
    found["detectable_effect"] = detectable(slope_sd, lone_level, limits.power)
    if not lead:
        return question.entry(night, State.NOTHING, **found)
    refutation = refute(question.asked, question.row, limits, _chance(question.identity, night))
    found["refuters"] = json.dumps(refutation.as_document(), sort_keys=True)
    if not refutation.survived:
        return question.entry(night, State.REFUTED, note="Looked like a lead; a refuter broke it.", **found)
    due = due_on(question.last_day, question.z, question.days, confirm_level, limits)
    note = f"A lead, not a finding: it will be tested once on the days after {question.last_day}, on {due}."
    return question.entry(night, State.LEAD, asked_on=question.last_day, due_on=due, note=note, **found)


def _too_little(night: date, question: Question, limits: Limits) -> Entry:
    if can_be_asked(question.days, question.occurrences, limits):
        return question.entry(night, State.TOO_LITTLE_DATA, note="Not to be told from weekday, trend and season.")
    when = enough_by(question.last_day, question.days, question.occurrences, limits)
    wait = f"enough by {when}" if when else "it has not happened yet"
    return question.entry(night, State.TOO_LITTLE_DATA, note=f"Not enough data yet: {wait}.")


def _chance(identity: str, night: date) -> np.random.Generator:
    """Chance of its own for each question and night, the same whenever the night is computed again."""
    digest = hashlib.sha256(f"{identity} {night}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
