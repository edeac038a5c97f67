"""Moves as documents: slates with all propensities, the moves shown, readers' answers, outcomes and shared priors."""

from collections.abc import Mapping, Sequence
from typing import Any

from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.recommendations.class_priors import EVERY_CLASS
from brain.domain.recommendations.context import MoveAnswer, SharedPrior
from brain.domain.types import to_key_name
from brain.ports.document_store import Create, Document, DocumentStore, Set, Snapshot, Write
from brain.repositories import paths

ADVICE = "advice"
MODEL = "moves"
NEVER = ""


class Recommendations:
    """Read access to answers, outcomes and shared priors; the commits of the jobs write them."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def load_answers(self, client_id: str, recommendation_ids: Sequence[str]) -> dict[str, MoveAnswer]:
        """Return the readers' answers to these moves, by id."""
        snapshots = self._store.get_all([paths.feedback(client_id, name) for name in recommendation_ids])
        return {snapshot.id: _feedback_from_snapshot(snapshot) for snapshot in snapshots if snapshot}

    def load_outcomes(self, client_id: str, recommendation_ids: Sequence[str]) -> dict[str, Document]:
        """Return the recorded outcomes of these moves, by the id of the move."""
        outcome_paths = [paths.outcome(client_id, build_outcome_id(name)) for name in recommendation_ids]
        snapshots = self._store.get_all(outcome_paths)
        return {snapshot.data["recommendation_id"]: snapshot.data for snapshot in snapshots if snapshot}

    def load_priors(self, vertical: str | None) -> dict[str, SharedPrior]:
        """Return the prior of each move: that of the vertical, otherwise that of all clients; absent without either."""
        snapshot = self._store.get(paths.model(MODEL))
        classes: Mapping[str, Mapping[str, Document]] = snapshot.data["classes"] if snapshot else {}
        priors = {**classes.get(EVERY_CLASS, {}), **classes.get(to_key_name(vertical or EVERY_CLASS), {})}
        return {code: SharedPrior.model_validate(prior) for code, prior in sorted(priors.items())}

    def load_priors_period(self) -> str:
        """Return the week of the shared priors, ``NEVER`` (which sorts before any week) if there are none."""
        snapshot = self._store.get(paths.model(MODEL))
        return str(snapshot.data["period"]) if snapshot else NEVER


def priors_write(period: str, classes: Mapping[str, Mapping[str, SharedPrior]]) -> Write:
    """Return the write of the priors: by class of clients, then by move."""
    documents = {name: {code: prior.model_dump() for code, prior in moves.items()} for name, moves in classes.items()}
    return Set(paths.model(MODEL), {"period": period, "classes": documents})


def slate_writes(client_id: str, document: Mapping[str, Any], context: Mapping[str, Any]) -> list[Write]:
    """Return the writes of a new slate: its log with the context, and one document per move shown.

    Moves held back as controls are in the log only, which readers do not see.
    """
    log = Set(paths.slate(client_id, document["period"]), {**document, "context": context})
    slate_fields = {name: document[name] for name in ("client_id", "period", "policy_version", "seed", "limit")}
    cards = [
        Set(
            paths.recommendation(client_id, card["id"]),
            {**slate_fields, "shown_at": document["as_of"], **card, "status": "open"},
        )
        for card in document["recommendations"]
    ]
    return [log, *cards]


def status_writes(client_id: str, before: AdviceState, after: AdviceState) -> list[Write]:
    """Return the writes that add the readers' new answers to their moves."""
    answers_before = {move.recommendation_id: move.answer for move in before.moves}
    changed = [m for m in after.moves if m.answer and answers_before.get(m.recommendation_id) != m.answer]
    return [Set(paths.recommendation(client_id, m.recommendation_id), _status_fields(m), merge=True) for m in changed]


def view_write(client_id: str, advice: AdviceState) -> Write:
    """Return the write of the page that lists the moves of the latest slate."""
    answered = {move.recommendation_id: move for move in advice.moves if move.answer}
    cards = [
        {**card, **(_status_fields(answered[card["id"]]) if card["id"] in answered else {})} for card in advice.cards
    ]
    return Set(paths.view(client_id, "moves"), {"period": advice.period, "moves": cards})


def outcome_write(client_id: str, recommendation_id: str, document: Document) -> Write:
    """Return the write that creates the outcome of a move."""
    return Create(paths.outcome(client_id, build_outcome_id(recommendation_id)), document)


def build_outcome_id(recommendation_id: str) -> str:
    """Return the id of a move's outcome, which differs from those of predictions."""
    return f"move-{recommendation_id}"


def _status_fields(move: MoveRecord) -> dict[str, Any]:
    answer = move.answer or {}
    return {"status": answer["status"], "answered_at": answer["at"]}


def _feedback_from_snapshot(snapshot: Snapshot) -> MoveAnswer:
    document = snapshot.data
    fields = {"status": document.get("status"), "at": document.get("updated_at"), "until": document.get("until")}
    return MoveAnswer.model_validate({"recommendation_id": snapshot.id, **fields})
