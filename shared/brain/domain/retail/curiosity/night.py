"""Run one night: screen the open questions, follow up leads and findings, and record an entry for each question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from brain.domain.retail.curiosity import follow_up
from brain.domain.retail.curiosity.config import CuriosityLimits
from brain.domain.retail.curiosity.ledger import RESTING_STATES, SCREENED_STATES, HypothesisEntry, HypothesisState
from brain.domain.retail.curiosity.question import Question, QuestionSubject, build_questions
from brain.domain.retail.curiosity.question_batch import QuestionBatch
from brain.domain.retail.curiosity.screening import screen_questions
from brain.domain.statistics.online_false_discovery import compute_test_level


@dataclass(frozen=True, slots=True)
class LedgerHistory:
    """The ledger before a night: the latest entry of each question, and whether each confirmation succeeded."""

    latest: Mapping[str, HypothesisEntry] = field(default_factory=dict)
    confirmations: Sequence[bool] = ()


def run_night(
    night: date, batches: Mapping[QuestionSubject, QuestionBatch], history: LedgerHistory, limits: CuriosityLimits
) -> list[HypothesisEntry]:
    """Return the entries of the night by hypothesis id; the same history and days give the same entries."""
    questions = build_questions(batches, history.latest)
    open_questions = [question for question in questions if _is_open(question, night, limits)]
    followed_questions = [question for question in questions if not _is_open(question, night, limits)]
    confirmations = list(history.confirmations)
    entries = screen_questions(night, open_questions, compute_test_level(confirmations, limits.finding_level), limits)
    for question in sorted(followed_questions, key=lambda question: question.hypothesis_id):
        hypothesis = _follow_up(night, question, confirmations, limits)
        if hypothesis.alpha is not None:
            confirmations.append(hypothesis.state is HypothesisState.FINDING)
        entries.append(hypothesis)
    return sorted(entries, key=lambda hypothesis: hypothesis.hypothesis_id)


def _is_open(question: Question, night: date, limits: CuriosityLimits) -> bool:
    """Return whether the question is to be screened tonight."""
    previous = question.previous
    if previous is None or previous.state in SCREENED_STATES:
        return True
    answered_on = previous.due_on or previous.night
    return previous.state in RESTING_STATES and (night - answered_on).days >= limits.ask_again_after_days


def _follow_up(
    night: date, question: Question, confirmations: Sequence[bool], limits: CuriosityLimits
) -> HypothesisEntry:
    previous = question.previous
    assert previous is not None  # noqa: S101 - a question without a previous entry is open
    if previous.state is HypothesisState.FINDING:
        return follow_up.watch_finding(night, question, previous, limits)
    if previous.state in RESTING_STATES:
        return follow_up.keep_resting(night, question, previous)
    if previous.due_on is not None and previous.due_on > night:
        return follow_up.keep_waiting(night, question, previous, limits)
    if not follow_up.can_confirm(question, previous, limits):
        return follow_up.postpone_confirmation(night, question, previous, limits)
    level = compute_test_level(confirmations, limits.finding_level)
    return follow_up.confirm_lead(night, question, previous, level, limits)
