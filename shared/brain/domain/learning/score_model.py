"""The score's model as it is kept: the learned state, the trials that are open, and what was believed and decided.

One value, saved whole or not at all. A batch of outcomes first judges the models as they were, then teaches.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.challenger import Challenger, challenger_due, promoted
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.fold import fold
from brain.domain.learning.learned import Belief, Duel
from brain.domain.learning.outcomes import Outcome
from brain.domain.learning.promotion import Comparison, Decision
from brain.domain.learning.promotion_record import Pair
from brain.domain.learning.state import LearningState, first_state, read_state
from brain.domain.learning.trial import Trial, observed
from brain.errors import MisconfiguredError

BELIEFS_KEPT = 60
DUELS_KEPT = 10
FORGOTTEN = timedelta(days=60)

GoldFailures = Callable[[Mapping[str, float]], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreModel:
    """``trial`` is a challenger's, ``watch`` that of the model which the champion replaced.

    ``served`` are the last weights that failed no gold standard; learning goes on beyond them, scores do not.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    state: LearningState
    served: Mapping[str, float] | None = None
    served_version: str = "default"
    trial: Trial | None = None
    watch: Trial | None = None
    beliefs: tuple[Belief, ...] = ()
    duels: tuple[Duel, ...] = ()
    gold_failures: tuple[str, ...] = ()
    learned_at: AwareDatetime | None = None
    model_version: Literal[1] = 1

    def weights_for(self, client_id: str, config: LearningConfig) -> Mapping[str, float]:
        """Return the shared weights as they serve a client: the defaults where they would tell of too few others."""
        everyone, only = self.serves(config)
        serving = self.served if everyone or only == client_id else None
        return serving or first_state(config).weights

    def serves(self, config: LearningConfig) -> tuple[bool, str | None]:
        """Return whether the weights serve everyone, and the one client they serve before that."""
        clients = sorted(self.state.cursors)
        return len(clients) >= config.pooling.minimum_clients, clients[0] if len(clients) == 1 else None

    def to_document(self, config: LearningConfig) -> dict[str, Any]:
        """Return the model as plain values, with what scores read beside it."""
        document: dict[str, Any] = _MODEL.dump_python(self, mode="json")
        everyone, only = self.serves(config)
        weights = dict(self.served or first_state(config).weights)
        return (
            document
            | {"weights": weights, "version": self.served_version}
            | {"serves_all": everyone, "serves_only": only}
        )


_MODEL = TypeAdapter(ScoreModel)
_SERVED = frozenset({"weights", "version", "serves_all", "serves_only"})


def read_model(document: Mapping[str, Any], config: LearningConfig) -> ScoreModel:
    """Return the model that ``to_document`` wrote.

    Raises:
        MisconfiguredError: the document is of another version or shape; learning never restarts by itself.
    """
    try:
        model = _MODEL.validate_python({k: v for k, v in document.items() if k not in _SERVED})
    except ValidationError as exc:
        first = exc.errors()[0]
        place = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise MisconfiguredError(
            f"the score's model cannot be read ({place}); restore its document from its history"
        ) from exc
    read_state(model.state.to_document(), config)
    return model


def first_model(config: LearningConfig) -> ScoreModel:
    """Return the model before anything was learned; only where there is no document yet."""
    return ScoreModel(state=first_state(config))


@dataclass(frozen=True, slots=True)
class Step:
    """The model after a batch, the evidence that the batch gave each open trial, and whether a challenger is due."""

    model: ScoreModel
    evidence: tuple[tuple[Trial, Sequence[Pair]], ...]
    due: bool


def learn(
    model: ScoreModel, outcomes: Sequence[Outcome], at: datetime, gold: GoldFailures, config: LearningConfig
) -> Step:
    """Return the model after a batch that holds all outcomes of its clients up to their latest.

    Every open trial takes the batch's pairs of errors first, with the weights from before it.
    """
    before = model.state
    evidence = []
    trials: dict[str, Trial | None] = {"trial": model.trial, "watch": model.watch}
    for name, trial in trials.items():
        if trial:
            failures = gold(trial.weights) if trial.kind == "promotion" else ()
            trials[name], pairs = observed(trial, outcomes, before.weights, failures)
            evidence += [(trials[name], pairs)] if pairs else []
    after = _forgetting(fold(before, outcomes, config).state, at)
    model = replace(model, state=after, learned_at=at, trial=trials["trial"], watch=trials["watch"])
    due = challenger_due(before, after, config)
    return Step(model, tuple((trial, pairs) for trial, pairs in evidence if trial), due)


def _forgetting(state: LearningState, at: datetime) -> LearningState:
    """Drop the cursors of clients long silent: nobody reads outcomes that old again."""
    kept = {client: cursor for client, cursor in state.cursors.items() if cursor[0] > at - FORGOTTEN}
    return replace(state, cursors=kept)


def concluded(model: ScoreModel, trial: Trial, at: datetime, config: LearningConfig) -> ScoreModel:
    """Return the model after a trial's decision: the winner goes on, and a promoted one is watched."""
    wins = trial.comparison.decision is Decision.PROMOTE
    duels = (*model.duels, trial.duel(at))[-DUELS_KEPT:]
    if trial.kind == "rollback":
        state = promoted(model.state, trial.weights) if wins else model.state
        return replace(model, state=state, watch=None, duels=duels)
    if not wins:
        return replace(model, trial=None, duels=duels)
    state = promoted(model.state, trial.weights)
    watch = Trial(
        kind="rollback",
        decision_id=f"rollback-{state.version:08}",
        champion=trial.challenger,
        challenger=model.state.as_weights().version,
        weights=model.state.weights,
        since=_latest(model.state),
        comparison=Comparison(config.rollback),
    )
    return replace(model, state=state, trial=None, watch=watch, duels=duels)


def challenged(model: ScoreModel, fitted: Challenger, gold: GoldFailures, config: LearningConfig) -> ScoreModel:
    """Return the model with a challenger on trial, on outcomes that no model has seen yet."""
    trial = Trial(
        kind="promotion",
        decision_id=f"promotion-{model.state.version:08}",
        champion=model.state.as_weights().version,
        challenger=fitted.version,
        weights=fitted.weights,
        since=_latest(model.state),
        comparison=Comparison(config.promotion, gold(fitted.weights)),
        fitted=fitted,
    )
    return replace(model, trial=trial)


def believed(model: ScoreModel, at: datetime, gold: GoldFailures) -> ScoreModel:
    """Return the model with its weights put in use, unless they fail gold standards, and what serves now noted."""
    state = model.state
    failures = gold(state.weights)
    if not failures:
        model = replace(model, served=state.weights, served_version=state.as_weights().version)
    noted = model.beliefs
    if model.served:
        noted = (*noted, Belief(at, model.served_version, model.served, state.outcomes))[-BELIEFS_KEPT:]
    return replace(model, beliefs=noted, gold_failures=failures)


def _latest(state: LearningState) -> datetime:
    """Return when the latest outcome was recorded that anything was learned from."""
    return max(at for at, _ in state.cursors.values())
