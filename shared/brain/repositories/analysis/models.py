"""The score's model as documents: current state, history, promotion decisions with their evidence, and priors."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import ScoreOutcome
from brain.domain.learning.promotion_record import DecisionRecord, ErrorPair
from brain.domain.learning.score_model import ScoreModel, initial_model, model_from_document
from brain.domain.learning.trial import Trial
from brain.domain.learning.weight_pooling import WeightPriors, fit_priors
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError
from brain.ports.document_store import DocumentStore, Set, Write
from brain.repositories import paths
from brain.repositories.analysis.state import StateDocument

SCORE = "score"
PRIORS = "priors"
_PRIORS = TypeAdapter(WeightPriors)


class Models:
    """Read access to the score's model; the commits of the learning job write it."""

    def __init__(self, store: DocumentStore, config: LearningConfig) -> None:
        self._store = store
        self._config = config

    def load_score_model(self) -> tuple[ScoreModel, StateDocument]:
        """Return the score's model and the document to write it back to.

        Raises:
            MisconfiguredError: the document is not a valid model. Learning starts only if there is no document.
        """
        path = paths.model(SCORE)
        snapshot = self._store.get(path)
        model = model_from_document(snapshot.data, self._config) if snapshot else initial_model(self._config)
        return model, StateDocument.from_snapshot(path, snapshot)

    def load_priors(self) -> WeightPriors:
        """Return the priors of the weights; raises ``MisconfiguredError`` for an invalid document."""
        snapshot = self._store.get(paths.model(PRIORS))
        if snapshot is None:
            return fit_priors([], self._config)
        try:
            return _PRIORS.validate_python({key: snapshot.data.get(key) for key in ("whole", "verticals")})
        except ValidationError as exc:
            reasons = explain_validation_error(exc)
            message = f"{snapshot.path}: {reasons}; delete the document to compute the priors again"
            raise MisconfiguredError(message) from exc

    def load_evidence(self, trial: Trial) -> list[ErrorPair]:
        """Return the pairs of errors stored for a trial, in order."""
        page_paths = [paths.model_evidence(SCORE, trial.decision_id, page) for page in range(trial.pages)]
        pages = [page for page in self._store.get_all(page_paths) if page] if page_paths else []
        return [pair for page in pages for pair in zip(page.data["champion"], page.data["challenger"], strict=True)]

    def load_decision(self, decision_id: str) -> DecisionRecord | None:
        """Return the record of a decision, or None; raises ``InvalidInputError`` for an invalid document."""
        snapshot = self._store.get(paths.model_decision(SCORE, decision_id))
        if snapshot is None:
            return None
        return DecisionRecord.from_document({key: snapshot.data[key] for key in snapshot.data if key != "pages"})


def history_write(model: ScoreModel, batch: Mapping[str, Sequence[ScoreOutcome]]) -> Write:
    """Return the write of an iteration's history entry: the outcomes per client and the resulting weights.

    Only the write of the model itself has a precondition, so repeating an iteration writes the same entry.
    """
    state = model.state
    learned = {
        client: {"outcomes": len(outcomes), "through": outcomes[-1].recorded_at, "last": outcomes[-1].outcome_id}
        for client, outcomes in batch.items()
    }
    document = {
        "learned_at": model.learned_at,
        "version": state.version,
        "weights": dict(state.weights),
        "outcomes": state.outcomes,
        "average_error": state.average_error,
        "learned": learned,
        "trial": model.trial.decision_id if model.trial else None,
        "watch": model.watch.decision_id if model.watch else None,
    }
    return Set(paths.model_history(SCORE, state.version), document)


def evidence_write(trial: Trial, pairs: Sequence[ErrorPair]) -> Write:
    """Return the write of a trial's latest page of evidence."""
    champion_errors, challenger_errors = zip(*pairs, strict=True)
    page = {"champion": list(champion_errors), "challenger": list(challenger_errors)}
    return Set(paths.model_evidence(SCORE, trial.decision_id, trial.pages - 1), page)


def decision_write(trial: Trial, record: DecisionRecord) -> Write:
    """Return the write of a decision with the number of its pages of evidence."""
    return Set(paths.model_decision(SCORE, trial.decision_id), record.to_document() | {"pages": trial.pages})


def priors_write(priors: WeightPriors, clients: int) -> Write:
    """Return the write of the priors: means and spreads over ``clients`` clients, never those of one client."""
    document: dict[str, Any] = _PRIORS.dump_python(priors, mode="json", by_alias=True)
    return Set(paths.model(PRIORS), document | {"clients": clients})
