"""Why a move may not be shown now: its conditions, what it did here before, the reader's answers, its rest."""

from collections.abc import Iterator
from datetime import timedelta

from brain.domain.recommendations.arms import Arm
from brain.domain.recommendations.conditions import Verdict
from brain.domain.recommendations.context import Context, Feedback, PastMove, Status
from brain.domain.recommendations.identity import recommendation_id
from brain.domain.recommendations.triggers import Move, Policy


def why_not(
    code: str, subject: str | None, move: Move, verdict: Verdict, belief: Arm, context: Context, policy: Policy
) -> str | None:
    """Return the first reason against showing the move about the subject, None where nothing speaks against it."""
    if verdict is Verdict.FAILS:
        return "its conditions are not met"
    if verdict is Verdict.UNKNOWN and not move.safe_to_explore:
        return f"not known: {', '.join(_unreported(move, context, subject))}; it may do harm where they are not met"
    if belief.harms(policy.interval_level):
        return "its measured effect here was below 0"
    own = recommendation_id(context.client_id, code, subject, context.named_period)
    past = [each for each in context.history if (each.reason_code, each.subject) == (code, subject)]
    answers = _answers(own, past, context)
    return next(_answered(own, answers, context, policy), None) or next(_resting(own, past, move, context), None)


def _answers(own: str, past: list[PastMove], context: Context) -> list[Feedback]:
    """Return the newest answer to this advice and to each earlier one of the same kind."""
    names = {own, *(each.recommendation_id for each in past)}
    newest = {answer.recommendation_id: answer for answer in sorted(context.feedback, key=lambda answer: answer.at)}
    return [answer for name, answer in newest.items() if name in names]


def _answered(own: str, answers: list[Feedback], context: Context, policy: Policy) -> Iterator[str]:
    for answer in answers:
        if answer.until is not None and answer.status is Status.SNOOZED and answer.until > context.as_of:
            yield f"snoozed until {answer.until.date().isoformat()}"
        back = answer.at + timedelta(days=policy.dismissed_days)
        if answer.status is Status.DISMISSED and back > context.as_of:
            yield f"dismissed on {answer.at.date().isoformat()}, rests until {back.date().isoformat()}"
        if answer.status is Status.DONE and answer.recommendation_id == own:
            yield f"done on {answer.at.date().isoformat()}"


def _resting(own: str, past: list[PastMove], move: Move, context: Context) -> Iterator[str]:
    for each in past:
        back = each.shown_at + timedelta(days=move.cooldown_days)
        if each.recommendation_id != own and back > context.as_of:
            yield f"shown on {each.shown_at.date().isoformat()}, rests until {back.date().isoformat()}"


def _unreported(move: Move, context: Context, subject: str | None) -> list[str]:
    readings = {condition.metric: context.reading(condition.metric, subject) for condition in move.conditions}
    return [metric for metric, reading in readings.items() if reading is None or reading.value is None]
