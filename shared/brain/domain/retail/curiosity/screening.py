"""Screen the open questions of a night: all are tested together, so that few of the leads are false discoveries."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import numpy as np

from brain.domain.retail.curiosity.config import CuriosityLimits
from brain.domain.retail.curiosity.effect_estimate import compute_detectable_effect, estimate_effect
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState
from brain.domain.retail.curiosity.planning import plan_confirmation, predict_ready_date
from brain.domain.retail.curiosity.question import Question
from brain.domain.retail.curiosity.question_batch import has_enough_data
from brain.domain.retail.curiosity.refuters import refute_lead
from brain.domain.statistics.false_discovery import benjamini_yekutieli, single_discovery_level
from brain.domain.types import Floats


def screen_questions(
    night: date, questions: Sequence[Question], confirm_level: float, limits: CuriosityLimits
) -> list[HypothesisEntry]:
    """Return one entry per question: too little data, nothing, refuted, or a lead.

    Args:
        night: the last day with sales.
        questions: the questions to screen.
        confirm_level: the level of the test that would confirm a lead; it decides when that test is due.
        limits: levels and minimum amounts of data.
    """
    testable = [
        question
        for question in questions
        if has_enough_data(question.days, question.occurrences, limits) and np.isfinite(question.z)
    ]
    weights = compute_level_weights(testable, limits.totals_share)
    p_values = np.array([question.p_value for question in testable])
    discoveries = benjamini_yekutieli(p_values, limits.lead_level, weights)
    single_level = single_discovery_level(len(testable), limits.lead_level)
    entries = {
        question.hypothesis_id: _build_tested_entry(
            night, question, bool(is_lead), float(min(1.0, single_level * weight)), confirm_level, limits
        )
        for question, is_lead, weight in zip(testable, discoveries, weights, strict=True)
    }
    return [
        entries.get(question.hypothesis_id) or _build_untested_entry(night, question, limits) for question in questions
    ]


def compute_level_weights(questions: Sequence[Question], totals_share: float) -> Floats:
    """Return weights (questions,) of mean 1 that give totals ``totals_share`` of the level.

    All weights are 1 when the questions are all about totals or all about products.
    """
    totals = np.array([question.subject.is_total for question in questions], dtype=bool)
    share = np.where(totals, totals_share / max(totals.sum(), 1), (1 - totals_share) / max((~totals).sum(), 1))
    is_mixed = totals.any() and not totals.all()
    return np.asarray(share * len(questions) if is_mixed else np.ones(len(questions)))


def _build_tested_entry(
    night: date,
    question: Question,
    is_lead: bool,
    single_level: float,
    confirm_level: float,
    limits: CuriosityLimits,
) -> HypothesisEntry:
    columns = asdict(estimate_effect(question.tests, question.row, limits.interval))
    columns["p_value"] = question.p_value
    slope_sd = float(question.tests.slope_sd[question.row])
    columns["detectable_effect"] = compute_detectable_effect(slope_sd, single_level, limits.power)
    if not is_lead:
        return question.build_entry(night, HypothesisState.NOTHING, **columns)
    refutation = refute_lead(question.batch, question.row, limits, _create_rng(question.hypothesis_id, night))
    columns["refuters"] = json.dumps(refutation.to_document(), sort_keys=True)
    if not refutation.survived:
        note = "Looked like a lead; a refuter broke it."
        return question.build_entry(night, HypothesisState.REFUTED, note=note, **columns)
    due_on = plan_confirmation(question.last_day, question.z, question.days, confirm_level, limits)
    note = f"A lead, not a finding: it will be tested once on the days after {question.last_day}, on {due_on}."
    return question.build_entry(
        night, HypothesisState.LEAD, asked_on=question.last_day, due_on=due_on, note=note, **columns
    )


def _build_untested_entry(night: date, question: Question, limits: CuriosityLimits) -> HypothesisEntry:
    if has_enough_data(question.days, question.occurrences, limits):
        note = "Not to be told from weekday, trend and season."
        return question.build_entry(night, HypothesisState.TOO_LITTLE_DATA, note=note)
    ready_date = predict_ready_date(question.last_day, question.days, question.occurrences, limits)
    outlook = f"enough by {ready_date}" if ready_date else "it has not happened yet"
    note = f"Not enough data yet: {outlook}."
    return question.build_entry(night, HypothesisState.TOO_LITTLE_DATA, note=note)


def _create_rng(hypothesis_id: str, night: date) -> np.random.Generator:
    """Return a generator seeded by question and night, so that a repeated night draws the same numbers."""
    digest = hashlib.sha256(f"{hypothesis_id} {night}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
