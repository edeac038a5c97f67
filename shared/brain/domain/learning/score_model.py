"""The persistent model of the score: learned state, open trials, and the history of weights and comparisons.

The model is one immutable value that is saved as a whole. A batch of outcomes first judges the models as they were,
then updates them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Protocol

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError

from brain.domain.learning.challenger import Challenger, is_challenger_due, promote_weights
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import ScoreOutcome
from brain.domain.learning.promotion import ModelComparison, PromotionDecision
from brain.domain.learning.promotion_record import ErrorPair
from brain.domain.learning.state import LearningState, initial_state, state_from_document
from brain.domain.learning.summary import ComparisonSummary, WeightsSnapshot
from brain.domain.learning.trial import Trial, observe_outcomes
from brain.domain.learning.weight_update import fold_outcomes
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError

MAX_SNAPSHOTS = 60
MAX_COMPARISONS = 10
CURSOR_RETENTION = timedelta(days=60)


class GoldCheck(Protocol):
    """Checks weights against the gold standards of the score."""

    def __call__(self, weights: Mapping[str, float], /) -> tuple[str, ...]:
        """Return the ids of the gold standards that the weights fail."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreModel:
    """The champion's state with its trials and its history; some fields are stored under an alias.

    ``trial`` tests a challenger against the champion, ``watch`` the model that the champion replaced. ``served`` are
    the last weights that failed no gold standard: learning continues beyond them, scores do not. ``serves_all`` is
    whether they serve every client, ``serves_only`` the only client that they come from and serve before that.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    state: LearningState
    served: Mapping[str, float] | None = None
    served_version: str = "default"
    serves_all: bool = False
    serves_only: str | None = None
    trial: Trial | None = None
    watch: Trial | None = None
    weights_history: Annotated[tuple[WeightsSnapshot, ...], Field(alias="beliefs")] = ()
    comparisons: Annotated[tuple[ComparisonSummary, ...], Field(alias="duels")] = ()
    gold_failures: tuple[str, ...] = ()
    learned_at: AwareDatetime | None = None
    model_version: Literal[1] = 1

    def select_weights(self, client_id: str, config: LearningConfig) -> Mapping[str, float]:
        """Return the shared weights that score a client; the defaults while they come from too few other clients."""
        serving = self.served if self.serves(client_id) else None
        return serving or initial_state(config).weights

    def serves(self, client_id: str) -> bool:
        """Return whether the shared weights score this client."""
        return self.serves_all or self.serves_only == client_id

    def to_document(self, config: LearningConfig) -> dict[str, Any]:
        """Return the model as a JSON document, with the serving weights that the scoring job reads."""
        document: dict[str, Any] = _MODEL.dump_python(self, mode="json", by_alias=True)
        weights = dict(self.served or initial_state(config).weights)
        return document | {"weights": weights, "version": self.served_version}


_MODEL = TypeAdapter(ScoreModel)
_SERVING_KEYS = frozenset({"weights", "version"})


def model_from_document(document: Mapping[str, Any], config: LearningConfig) -> ScoreModel:
    """Return the model that ``to_document`` wrote.

    Raises:
        MisconfiguredError: the document has another version or shape. Learning never restarts on its own.
    """
    try:
        model = _MODEL.validate_python({key: document[key] for key in document if key not in _SERVING_KEYS})
    except ValidationError as exc:
        reasons = explain_validation_error(exc, document="the model")
        raise MisconfiguredError(f"score model: {reasons}; restore its document from its history") from exc
    state_from_document(model.state.to_document(), config)
    return model


def initial_model(config: LearningConfig) -> ScoreModel:
    """Return the model before anything was learned; use it only if there is no document yet."""
    return ScoreModel(state=initial_state(config))


@dataclass(frozen=True, slots=True)
class ModelUpdate:
    """The model after a batch, the new evidence of each open trial, and whether a challenger is due."""

    model: ScoreModel
    evidence: tuple[tuple[Trial, Sequence[ErrorPair]], ...]
    challenger_due: bool


def update_model(
    model: ScoreModel, outcomes: Sequence[ScoreOutcome], now: datetime, check_gold: GoldCheck, config: LearningConfig
) -> ModelUpdate:
    """Return the model after a batch that holds all outcomes of its clients up to their latest.

    Every open trial first observes the batch with the champion's weights from before it.
    """
    before = model.state
    evidence = []
    trials: dict[str, Trial | None] = {"trial": model.trial, "watch": model.watch}
    for role, trial in trials.items():
        if trial:
            failures = check_gold(trial.weights) if trial.kind == "promotion" else ()
            trials[role], pairs = observe_outcomes(trial, outcomes, before.weights, failures)
            evidence += [(trials[role], pairs)] if pairs else []
    after = _drop_stale_cursors(fold_outcomes(before, outcomes, config), now)
    model = replace(model, state=after, learned_at=now, trial=trials["trial"], watch=trials["watch"])
    model = _set_serving_scope(model, config)
    challenger_due = is_challenger_due(before, after, config)
    return ModelUpdate(model, tuple((trial, pairs) for trial, pairs in evidence if trial), challenger_due)


def _drop_stale_cursors(state: LearningState, now: datetime) -> LearningState:
    """Drop the cursors of clients without recent outcomes, which no longer count as clients that are learned from."""
    recent = {client: cursor for client, cursor in state.cursors.items() if cursor[0] > now - CURSOR_RETENTION}
    return replace(state, cursors=recent)


def _set_serving_scope(model: ScoreModel, config: LearningConfig) -> ScoreModel:
    client_ids = list(model.state.cursors)
    serves_all = len(client_ids) >= config.pooling.minimum_clients
    return replace(model, serves_all=serves_all, serves_only=client_ids[0] if len(client_ids) == 1 else None)


def conclude_trial(model: ScoreModel, trial: Trial, now: datetime, config: LearningConfig) -> ScoreModel:
    """Return the model after a decided trial: the winner continues, and a promoted challenger is watched."""
    wins = trial.comparison.decision is PromotionDecision.PROMOTE
    comparisons = (*model.comparisons, trial.summarize(now))[-MAX_COMPARISONS:]
    if trial.kind == "rollback":
        state = promote_weights(model.state, trial.weights) if wins else model.state
        return replace(model, state=state, watch=None, comparisons=comparisons)
    if not wins:
        return replace(model, trial=None, comparisons=comparisons)
    state = promote_weights(model.state, trial.weights)
    watch = Trial(
        kind="rollback",
        decision_id=f"rollback-{state.version:08}",
        champion=trial.challenger,
        challenger=model.state.to_weights().version,
        weights=model.state.weights,
        since=_latest_recorded_at(model.state),
        comparison=ModelComparison(config.rollback),
    )
    return replace(model, state=state, trial=None, watch=watch, comparisons=comparisons)


def start_trial(model: ScoreModel, challenger: Challenger, check_gold: GoldCheck, config: LearningConfig) -> ScoreModel:
    """Return the model with a trial of the challenger on outcomes that no model has seen yet."""
    trial = Trial(
        kind="promotion",
        decision_id=f"promotion-{model.state.version:08}",
        champion=model.state.to_weights().version,
        challenger=challenger.version,
        weights=challenger.weights,
        since=_latest_recorded_at(model.state),
        comparison=ModelComparison(config.promotion, check_gold(challenger.weights)),
        fitted=challenger,
    )
    return replace(model, trial=trial)


def publish_weights(model: ScoreModel, now: datetime, check_gold: GoldCheck) -> ScoreModel:
    """Return the model that serves its weights unless they fail gold standards; the history records what serves."""
    state = model.state
    failures = check_gold(state.weights)
    if not failures:
        model = replace(model, served=state.weights, served_version=state.to_weights().version)
    history = model.weights_history
    if model.served:
        snapshot = WeightsSnapshot(now, model.served_version, model.served, state.outcomes)
        history = (*history, snapshot)[-MAX_SNAPSHOTS:]
    return replace(model, weights_history=history, gold_failures=failures)


def _latest_recorded_at(state: LearningState) -> datetime:
    """Return the recording time of the latest outcome learned from."""
    return max(recorded_at for recorded_at, _ in state.cursors.values())
