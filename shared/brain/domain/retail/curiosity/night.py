"""One night of curiosity: what can be asked is asked, what is due is tested, and every answer is an entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from brain.domain.retail.curiosity import standing
from brain.domain.retail.curiosity.asking import ask_afresh
from brain.domain.retail.curiosity.config import Limits
from brain.domain.retail.curiosity.ledger import ASKED_AFRESH, RESTING, Entry, State
from brain.domain.retail.curiosity.question import Question, Subject, questions_of
from brain.domain.retail.curiosity.questions import Asked
from brain.domain.statistics.online_false_discovery import compute_test_level


@dataclass(frozen=True, slots=True)
class Past:
    """The ledger before tonight: each question's latest entry, and whether each confirmation so far succeeded."""

    latest: Mapping[str, Entry] = field(default_factory=dict)
    confirmations: Sequence[bool] = ()


def night_of(night: date, subjects: Mapping[Subject, Asked], past: Past, limits: Limits) -> list[Entry]:
    """Every entry of the night, by question. The same past and the same days give the same entries."""
    questions = questions_of(subjects, past.latest)
    fresh = [one for one in questions if _is_fresh(one, night, limits)]
    standing_ones = [one for one in questions if not _is_fresh(one, night, limits)]
    confirmations = list(past.confirmations)
    entries = ask_afresh(night, fresh, compute_test_level(confirmations, limits.finding_level), limits)
    for question in sorted(standing_ones, key=lambda one: one.identity):
        entry = _stand(night, question, confirmations, limits)
        if entry.alpha is not None:
            confirmations.append(entry.state is State.FINDING)
        entries.append(entry)
    return sorted(entries, key=lambda entry: entry.hypothesis_id)


def _is_fresh(question: Question, night: date, limits: Limits) -> bool:
    prior = question.prior
    if prior is None or prior.state in ASKED_AFRESH:
        return True
    answered_on = prior.due_on or prior.night
    return prior.state in RESTING and (night - answered_on).days >= limits.ask_again_after_days


def _stand(night: date, question: Question, confirmations: Sequence[bool], limits: Limits) -> Entry:
    prior = question.prior
    assert prior is not None  # noqa: S101 - only fresh questions have no past
    if prior.state is State.FINDING:
        return standing.watched(night, question, prior, limits)
    if prior.state in RESTING:
        return standing.resting(night, question, prior)
    if prior.due_on is not None and prior.due_on > night:
        return standing.waiting(night, question, prior, limits)
    if not standing.can_be_confirmed(question, prior, limits):
        return standing.postponed(night, question, prior, limits)
    return standing.tested(night, question, prior, compute_test_level(confirmations, limits.finding_level), limits)
