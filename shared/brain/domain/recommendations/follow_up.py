"""What happens to moves after they were shown: answers are noted, outcomes measured once, and the rest is closed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.context import Feedback
from brain.domain.recommendations.measured import change, is_measurable
from brain.domain.recommendations.standing import Move

OUTCOME = ("measured_at", "effect", "standard_error", "observations_before", "observations_after")


def asked(moves: Sequence[Move], facts: ClientFacts, config: AdviceConfig) -> list[str]:
    """Return the ids of shown moves that a reader may still answer."""
    since = facts.as_of - timedelta(days=config.answers_days)
    return [move.recommendation_id for move in moves if not move.held_back and move.shown_at > since]


def with_answers(moves: Sequence[Move], answers: Mapping[str, Feedback]) -> list[Move]:
    """Return the moves with the newest answers; what a reader writes beside one stays where it was written."""
    return [
        replace(move, answer=_kept(answers[move.recommendation_id])) if move.recommendation_id in answers else move
        for move in moves
    ]


def with_outcomes(moves: Sequence[Move], facts: ClientFacts, config: AdviceConfig) -> list[Move]:
    """Return the moves with the outcomes that can be measured as of the facts' end."""
    return [_followed(move, facts, config) for move in moves]


def as_recorded(moves: Sequence[Move], recorded: Mapping[str, Mapping[str, Any]]) -> list[Move]:
    """Return the moves with the outcomes that are recorded, which stand whatever would be measured now."""
    return [
        replace(move, outcome={name: recorded[move.recommendation_id][name] for name in OUTCOME})
        if move.recommendation_id in recorded
        else move
        for move in moves
    ]


def outcome_document(move: Move, client_id: str) -> dict[str, Any]:
    """Return the outcome of a measured move as it is recorded."""
    kept = ("recommendation_id", "reason_code", "subject", "platform", "metric", "period", "shown_at", "move_type")
    named = {name: getattr(move, name) for name in (*kept, "held_back", "policy_version", "propensity")}
    status = move.answer["status"] if move.answer else None
    return {"kind": "move", "client_id": client_id, **named, "answer": status, **(move.outcome or {})}


def _followed(move: Move, facts: ClientFacts, config: AdviceConfig) -> Move:
    shown = sums.to_local_day(move.shown_at, facts.client.time_zone)
    matured = shown + timedelta(days=config.outcomes.after_days + config.outcomes.settle_days)
    if move.outcome or move.closed or facts.end < matured:
        return move
    if not is_measurable(move.metric):
        return replace(move, closed=f"{move.metric} cannot be measured from what is stored")
    least = facts.config.comparisons.minimum_events
    found = change(facts.days, move.metric, move.platform, shown, config.outcomes, least)
    if found is None:
        return replace(move, closed=f"too little was reported of {move.metric} before or after it")
    return replace(
        move,
        outcome={
            "measured_at": facts.as_of,
            "effect": found.effect,
            "standard_error": found.standard_error,
            "observations_before": found.observations_before,
            "observations_after": found.observations_after,
        },
    )


def _kept(answer: Feedback) -> dict[str, Any]:
    known: dict[str, Any] = {"status": str(answer.status), "at": answer.at}
    return known | ({"until": answer.until} if answer.until else {})
