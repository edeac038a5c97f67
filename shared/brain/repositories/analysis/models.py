"""The score's learned model, its history, decisions and evidence as documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from brain.domain.learning.client_weights import Priors, class_priors
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import Outcome
from brain.domain.learning.promotion_record import DecisionRecord, Pair
from brain.domain.learning.score_model import ScoreModel, first_model, read_model
from brain.domain.learning.trial import Trial
from brain.errors import MisconfiguredError
from brain.ports.document_store import DocumentStore, Set, Write
from brain.repositories import paths
from brain.repositories.analysis.state import State, state_of

SCORE = "score"
PRIORS = "priors"
_PRIORS = TypeAdapter(Priors)


class Models:
    """Reads the model; the learner's commits write it."""

    def __init__(self, store: DocumentStore, config: LearningConfig) -> None:
        self._store = store
        self._config = config

    def score(self) -> tuple[ScoreModel, State]:
        """Return the score's model and the document it is to be written back to.

        Raises:
            MisconfiguredError: there is a document and it is no model. Only where there is none learning starts.
        """
        path = paths.model(SCORE)
        found = self._store.get(path)
        model = read_model(found.data, self._config) if found else first_model(self._config)
        return model, state_of(path, found)

    def priors(self) -> Priors:
        """Return what clients of a kind have in common; raises ``MisconfiguredError`` for a broken document."""
        found = self._store.get(paths.model(PRIORS))
        if found is None:
            return class_priors([], self._config)
        try:
            return _PRIORS.validate_python({k: found.data.get(k) for k in ("whole", "verticals")})
        except ValidationError as exc:
            raise MisconfiguredError(f"{found.path} cannot be read; delete it to have it computed anew: {exc}") from exc

    def evidence(self, trial: Trial) -> list[Pair]:
        """Return the pairs of errors that are stored for a trial, in order."""
        places = [paths.model_evidence(SCORE, trial.decision_id, page) for page in range(trial.pages)]
        found = [page for page in self._store.get_all(places) if page] if places else []
        return [pair for page in found for pair in zip(page.data["champion"], page.data["challenger"], strict=True)]

    def decision(self, decision_id: str) -> DecisionRecord | None:
        """Return a decision's record, or None; raises ``InvalidInputError`` for a broken one."""
        found = self._store.get(paths.model_decision(SCORE, decision_id))
        return DecisionRecord.from_document({k: v for k, v in found.data.items() if k != "pages"}) if found else None


def history_write(model: ScoreModel, batch: Mapping[str, Sequence[Outcome]]) -> Write:
    """Return the write of an iteration: what was learned from, and what is believed since.

    The model's own write has the precondition, so a repeated iteration can only say the same again.
    """
    state = model.state
    learned = {
        client: {"outcomes": len(found), "through": found[-1].recorded_at, "last": found[-1].outcome_id}
        for client, found in batch.items()
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


def evidence_write(trial: Trial, pairs: Sequence[Pair]) -> Write:
    """Return the write of a trial's newest page of evidence."""
    champions, challengers = zip(*pairs, strict=True)
    page = {"champion": list(champions), "challenger": list(challengers)}
    return Set(paths.model_evidence(SCORE, trial.decision_id, trial.pages - 1), page)


def decision_write(trial: Trial, record: DecisionRecord) -> Write:
    """Return the write of a decision; ``pages`` says how many pages of evidence it rests on."""
    return Set(paths.model_decision(SCORE, trial.decision_id), record.to_document() | {"pages": trial.pages})


def priors_write(priors: Priors, clients: int) -> Write:
    """Return the write of what clients have in common: means and spreads, never a client's own figures."""
    document: dict[str, Any] = _PRIORS.dump_python(priors, mode="json")
    return Set(paths.model(PRIORS), document | {"clients": clients})
