"""Moves as stored: the standing of a client, its slates with all their chances, the moves shown, and their outcomes."""

from collections.abc import Mapping, Sequence
from typing import Any

from brain.domain.recommendations.class_priors import EVERY_CLASS
from brain.domain.recommendations.context import Feedback, SharedPrior
from brain.domain.recommendations.standing import Move, Standing
from brain.ports.document_store import Create, Document, DocumentStore, Set, Snapshot, Write
from brain.repositories import paths

ADVICE = "advice"
MODEL = "moves"
NEVER = ""


class Recommendations:
    """Reads answers and shared beliefs."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def answers(self, client_id: str, recommendation_ids: Sequence[str]) -> dict[str, Feedback]:
        """Return the readers' answers to these moves, by id."""
        found = self._store.get_all([paths.feedback(client_id, name) for name in recommendation_ids])
        return {snapshot.id: _feedback(snapshot) for snapshot in found if snapshot}

    def recorded(self, client_id: str, recommendation_ids: Sequence[str]) -> dict[str, Document]:
        """Return the outcomes of these moves that are recorded already, by the move's id."""
        found = self._store.get_all([paths.outcome(client_id, outcome_id(name)) for name in recommendation_ids])
        return {snapshot.data["recommendation_id"]: snapshot.data for snapshot in found if snapshot}

    def priors(self, vertical: str | None) -> dict[str, SharedPrior]:
        """Return what clients of the class saw of each move, else what all clients saw, else nothing."""
        found = self._store.get(paths.model(MODEL))
        classes: Mapping[str, Mapping[str, Document]] = found.data["classes"] if found else {}
        shared = {**classes.get(EVERY_CLASS, {}), **classes.get(vertical or EVERY_CLASS, {})}
        return {code: SharedPrior.model_validate(prior) for code, prior in sorted(shared.items())}

    def shared_in(self) -> str:
        """Return the week in which beliefs were shared last, ``NEVER`` before the first."""
        found = self._store.get(paths.model(MODEL))
        return str(found.data["period"]) if found else NEVER


def priors_write(period: str, classes: Mapping[str, Mapping[str, SharedPrior]]) -> Write:
    """Return the write of what each class saw of each move."""
    shared = {name: {code: prior.model_dump() for code, prior in moves.items()} for name, moves in classes.items()}
    return Set(paths.model(MODEL), {"period": period, "classes": shared})


def slate_writes(client_id: str, document: Mapping[str, Any], context: Mapping[str, Any]) -> list[Write]:
    """Return the writes of a new slate: its log with the context, and a document a move shown.

    What is held back is in the log alone, which no reader sees: who knows of it is no control.
    """
    log = Set(paths.slate(client_id, document["period"]), {**document, "context": context})
    named = {name: document[name] for name in ("client_id", "period", "policy_version", "seed", "limit")}
    cards = [
        Set(
            paths.recommendation(client_id, card["id"]),
            {**named, "shown_at": document["as_of"], **card, "status": "open"},
        )
        for card in document["recommendations"]
    ]
    return [log, *cards]


def status_writes(client_id: str, before: Standing, after: Standing) -> list[Write]:
    """Return the writes that show the readers' new answers beside their moves."""
    known = {move.recommendation_id: move.answer for move in before.moves}
    changed = [m for m in after.moves if m.answer and known.get(m.recommendation_id) != m.answer]
    return [Set(paths.recommendation(client_id, m.recommendation_id), _status(m), merge=True) for m in changed]


def view_write(client_id: str, standing: Standing) -> Write:
    """Return the write of the page that lists the moves of the newest slate."""
    answers = {move.recommendation_id: move for move in standing.moves if move.answer}
    cards = [{**card, **(_status(answers[card["id"]]) if card["id"] in answers else {})} for card in standing.cards]
    return Set(paths.view(client_id, "moves"), {"period": standing.period, "moves": cards})


def outcome_write(client_id: str, recommendation_id: str, document: Document) -> Write:
    """Return the write of an outcome, which is recorded once."""
    return Create(paths.outcome(client_id, outcome_id(recommendation_id)), document)


def outcome_id(recommendation_id: str) -> str:
    """Return the id of a move's outcome, apart from those of predictions."""
    return f"move-{recommendation_id}"


def _status(move: Move) -> dict[str, Any]:
    answer = move.answer or {}
    return {"status": answer["status"], "answered_at": answer["at"]}


def _feedback(snapshot: Snapshot) -> Feedback:
    data = snapshot.data
    given = {"status": data.get("status"), "at": data.get("updated_at"), "until": data.get("until")}
    return Feedback.model_validate({"recommendation_id": snapshot.id, **given})
