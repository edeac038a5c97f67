"""Why a move may not be shown now: its conditions, its measured effect here, the reader's answers, its cooldown."""

from collections.abc import Iterator
from datetime import timedelta

from brain.domain.recommendations.beliefs import MoveBelief
from brain.domain.recommendations.catalogue import MoveDefinition, MovePolicy
from brain.domain.recommendations.conditions import ConditionStatus
from brain.domain.recommendations.context import AdviceContext, AnswerStatus, MoveAnswer, PastMove
from brain.domain.recommendations.recommendation_ids import derive_recommendation_id


def find_exclusion_reason(
    code: str,
    subject: str | None,
    move: MoveDefinition,
    conditions: ConditionStatus,
    belief: MoveBelief,
    context: AdviceContext,
    policy: MovePolicy,
) -> str | None:
    """Return the first reason against showing the move about the subject, None if there is none."""
    if conditions is ConditionStatus.FAILS:
        return "its conditions are not met"
    if conditions is ConditionStatus.UNKNOWN and not move.safe_to_explore:
        unknown = ", ".join(_list_unknown_metrics(move, context, subject))
        return f"not known: {unknown}; it may do harm where they are not met"
    if belief.harms(policy.interval_level):
        return "its measured effect here was below 0"
    own_id = derive_recommendation_id(context.client_id, code, subject, context.named_period)
    past_moves = [past for past in context.history if (past.reason_code, past.subject) == (code, subject)]
    answers = _select_newest_answers(own_id, past_moves, context)
    reasons = (
        *_list_answer_reasons(own_id, answers, context, policy),
        *_list_cooldown_reasons(own_id, past_moves, move, context),
    )
    return next(iter(reasons), None)


def _select_newest_answers(own_id: str, past_moves: list[PastMove], context: AdviceContext) -> list[MoveAnswer]:
    """Return the newest answer to this recommendation and to each earlier one of the same move and subject."""
    ids = {own_id, *(past.recommendation_id for past in past_moves)}
    newest_last = sorted(context.feedback, key=lambda answer: answer.at)
    newest = {answer.recommendation_id: answer for answer in newest_last}
    return [answer for recommendation_id, answer in newest.items() if recommendation_id in ids]


def _list_answer_reasons(
    own_id: str, answers: list[MoveAnswer], context: AdviceContext, policy: MovePolicy
) -> Iterator[str]:
    for answer in answers:
        answered_on = answer.at.date().isoformat()
        if answer.until is not None and answer.status is AnswerStatus.SNOOZED and answer.until > context.as_of:
            yield f"snoozed until {answer.until.date().isoformat()}"
        returns_at = answer.at + timedelta(days=policy.dismissed_days)
        if answer.status is AnswerStatus.DISMISSED and returns_at > context.as_of:
            yield f"dismissed on {answered_on}, rests until {returns_at.date().isoformat()}"
        if answer.status is AnswerStatus.DONE and answer.recommendation_id == own_id:
            yield f"done on {answered_on}"


def _list_cooldown_reasons(
    own_id: str, past_moves: list[PastMove], move: MoveDefinition, context: AdviceContext
) -> Iterator[str]:
    for past in past_moves:
        returns_at = past.shown_at + timedelta(days=move.cooldown_days)
        if past.recommendation_id != own_id and returns_at > context.as_of:
            yield f"shown on {past.shown_at.date().isoformat()}, rests until {returns_at.date().isoformat()}"


def _list_unknown_metrics(move: MoveDefinition, context: AdviceContext, subject: str | None) -> list[str]:
    readings = {condition.metric: context.reading(condition.metric, subject) for condition in move.conditions}
    return [metric for metric, reading in readings.items() if reading is None or reading.value is None]
