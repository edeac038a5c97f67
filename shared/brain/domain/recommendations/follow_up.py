"""What happens to moves after they were shown: answers are applied, outcomes measured once, the others closed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.advice_state import MoveRecord
from brain.domain.recommendations.context import MoveAnswer
from brain.domain.recommendations.outcome_measurement import is_measurable, measure_change

OUTCOME_FIELDS = ("measured_at", "effect", "standard_error", "observations_before", "observations_after")


def list_answerable(moves: Sequence[MoveRecord], facts: ClientFacts, config: AdviceConfig) -> list[str]:
    """Return the ids of shown moves that a reader may still answer."""
    since = facts.as_of - timedelta(days=config.answers_days)
    return [move.recommendation_id for move in moves if not move.held_back and move.shown_at > since]


def apply_answers(moves: Sequence[MoveRecord], answers: Mapping[str, MoveAnswer]) -> list[MoveRecord]:
    """Return the moves with the readers' newest answers; free text of an answer is not copied."""
    return [
        replace(move, answer=_answer_to_document(answers[move.recommendation_id]))
        if move.recommendation_id in answers
        else move
        for move in moves
    ]


def measure_outcomes(moves: Sequence[MoveRecord], facts: ClientFacts, config: AdviceConfig) -> list[MoveRecord]:
    """Return the moves with the outcomes that can be measured by the end of the facts."""
    return [_measure_outcome(move, facts, config) for move in moves]


def apply_recorded_outcomes(moves: Sequence[MoveRecord], recorded: Mapping[str, Mapping[str, Any]]) -> list[MoveRecord]:
    """Return the moves with their recorded outcomes, which stay valid whatever would be measured now.

    Args:
        moves: All moves of a client.
        recorded: The stored outcome documents, by recommendation id.
    """
    return [
        replace(move, outcome={name: recorded[move.recommendation_id][name] for name in OUTCOME_FIELDS})
        if move.recommendation_id in recorded
        else move
        for move in moves
    ]


def outcome_to_document(move: MoveRecord, client_id: str) -> dict[str, Any]:
    """Return the outcome of a measured move as a document."""
    names = (
        "recommendation_id", "reason_code", "subject", "platform", "metric", "period", "shown_at", "move_type",
        "held_back", "policy_version", "propensity",
    )  # fmt: skip
    fields = {name: getattr(move, name) for name in names}
    status = move.answer["status"] if move.answer else None
    return {"kind": "move", "client_id": client_id, **fields, "answer": status, **(move.outcome or {})}


def _measure_outcome(move: MoveRecord, facts: ClientFacts, config: AdviceConfig) -> MoveRecord:
    shown_on = sums.to_local_day(move.shown_at, facts.client.time_zone)
    matures_on = shown_on + timedelta(days=config.outcomes.after_days + config.outcomes.settle_days)
    if move.outcome or move.closed or facts.end < matures_on:
        return move
    if not is_measurable(move.metric):
        return replace(move, closed=f"{move.metric} cannot be measured from what is stored")
    minimum_events = facts.config.comparisons.minimum_events
    change = measure_change(facts.days, move.metric, move.platform, shown_on, config.outcomes, minimum_events)
    if change is None:
        return replace(move, closed=f"too little was reported of {move.metric} before or after it")
    outcome = {
        "measured_at": facts.as_of,
        "effect": change.effect,
        "standard_error": change.standard_error,
        "observations_before": change.observations_before,
        "observations_after": change.observations_after,
    }
    return replace(move, outcome=outcome)


def _answer_to_document(answer: MoveAnswer) -> dict[str, Any]:
    document: dict[str, Any] = {"status": str(answer.status), "at": answer.at}
    return document | ({"until": answer.until} if answer.until else {})
