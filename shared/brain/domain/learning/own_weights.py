"""A client's own weights: estimated from its outcomes, pooled with its vertical, and served once proven better."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.gram import EMPTY, Gram, sum_outcomes
from brain.domain.learning.outcomes import ScoreOutcome, log_error, recording_order
from brain.domain.learning.promotion import ModelComparison, PromotionDecision
from brain.domain.learning.score_model import MAX_SNAPSHOTS, GoldCheck
from brain.domain.learning.state import OutcomeCursor, initial_state
from brain.domain.learning.summary import ComparisonSummary, WeightsSnapshot
from brain.domain.learning.weight_pooling import ClientEstimate, WeightPriors, estimate_client, pool_weights
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError

UNKNOWN_VERTICAL = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWeights:
    """A client's own weights and the evidence for them; some fields are stored under an alias.

    ``sums`` is a ``Gram`` as a flat list, in which older outcomes fade. ``pooled`` are the estimated weights after
    pooling. ``proven`` is the last decision of the own weights against the shared ones: proven weights serve unless
    they fail a gold standard. ``comparison`` is open, ``last_comparison`` the last that was decided. ``cursor`` is the
    last outcome learned from, by these weights and by the shared ones; documents of a former version do not have it.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    vertical: str = UNKNOWN_VERTICAL
    outcomes: int = 0
    sums: tuple[float, ...] = ()
    pooled: Mapping[str, float] | None = None
    proven: bool = False
    comparison: ModelComparison | None = None
    last_comparison: Annotated[ComparisonSummary | None, Field(alias="duel")] = None
    gold_failures: tuple[str, ...] = ()
    weights_history: Annotated[tuple[WeightsSnapshot, ...], Field(alias="beliefs")] = ()
    learned_at: AwareDatetime | None = None
    cursor: OutcomeCursor | None = None
    own_version: Literal[1] = 1

    @property
    def serves(self) -> bool:
        """Whether scores use these weights."""
        return self.proven and self.pooled is not None and not self.gold_failures

    @property
    def version(self) -> str:
        """The version of the weights."""
        return f"own-{self.outcomes}"

    def summarize_open_comparison(self, as_of: datetime) -> ComparisonSummary | None:
        """Return the state of the open comparison with the shared weights, or None before its first outcome."""
        if not self.comparison or not self.comparison.pairs.n:
            return None
        return self.comparison.summarize("own", "shared", self.version, as_of)

    def estimate(self, client_id: str, config: LearningConfig) -> ClientEstimate | None:
        """Return the weights estimated from the client's outcomes alone, or None if there are too few."""
        sums = Gram.from_list(self.sums) if self.sums else EMPTY
        centre = initial_state(config).weights
        return estimate_client(client_id, self.vertical, self.outcomes, sums, centre, config)

    def to_document(self) -> dict[str, Any]:
        """Return the own weights as a JSON document, with the serving weights that the scoring job reads."""
        document: dict[str, Any] = _OWN_WEIGHTS.dump_python(self, mode="json", by_alias=True)
        weights = dict(self.pooled) if self.pooled else None
        return document | {"serves": self.serves, "weights": weights, "version": self.version}


_OWN_WEIGHTS = TypeAdapter(OwnWeights)
_CURSOR: TypeAdapter[OutcomeCursor | None] = TypeAdapter(OutcomeCursor | None)
_SERVING_KEYS = frozenset({"serves", "weights", "version"})


def own_weights_from_document(document: Mapping[str, Any]) -> OwnWeights:
    """Return the own weights that ``to_document`` wrote, or initial ones for an empty document.

    Raises:
        MisconfiguredError: the document has another version or shape.
    """
    try:
        own_weights = _OWN_WEIGHTS.validate_python({key: document[key] for key in document if key not in _SERVING_KEYS})
        Gram.from_list(own_weights.sums or EMPTY.to_list())
    except ValueError as exc:
        reasons = explain_validation_error(exc) if isinstance(exc, ValidationError) else str(exc)
        raise MisconfiguredError(f"a client's own weights: {reasons}; restore the document") from exc
    return own_weights


def cursor_from_document(document: Mapping[str, Any]) -> OutcomeCursor | None:
    """Return the cursor in the document of a client's own weights; None for an empty one or one of a former version.

    Raises:
        MisconfiguredError: the cursor is invalid. Learning never starts over on its own.
    """
    try:
        return _CURSOR.validate_python(document.get("cursor"))
    except ValidationError as exc:
        reasons = explain_validation_error(exc, document="the cursor")
        raise MisconfiguredError(f"a client's own weights: {reasons}; restore the document") from exc


def cursor_to_document(cursor: OutcomeCursor) -> dict[str, Any]:
    """Return the field of the document of a client's own weights that holds this cursor."""
    return {"cursor": _CURSOR.dump_python(cursor, mode="json")}


def update_own_weights(
    own_weights: OwnWeights,
    outcomes: Sequence[ScoreOutcome],
    shared_weights: Mapping[str, float],
    priors: WeightPriors,
    now: datetime,
    check_gold: GoldCheck,
    config: LearningConfig,
) -> OwnWeights:
    """Return the own weights after a batch of the client's outcomes, compared on the batch before they learn from it.

    Args:
        own_weights: The client's own weights before the batch.
        outcomes: At least one outcome, all of the same client.
        shared_weights: The weights that all clients share, by component.
        priors: The priors for pooling.
        now: The time of the update.
        check_gold: The check against the gold standards.
        config: The learning configuration.
    """
    own_weights = _compare_with_shared(own_weights, outcomes, shared_weights, now, config)
    decay = (1 - 1 / config.pooling.remembered_outcomes) ** len(outcomes)
    old_sums = Gram.from_list(own_weights.sums) if own_weights.sums else EMPTY
    sums = old_sums.scale(decay) + sum_outcomes(outcomes, config.move_weights)
    count = own_weights.outcomes + len(outcomes)
    latest = max(outcomes, key=recording_order)
    own_weights = replace(
        own_weights,
        sums=tuple(sums.to_list()),
        outcomes=count,
        learned_at=now,
        cursor=(latest.recorded_at, latest.outcome_id),
    )
    estimate = own_weights.estimate(outcomes[0].client_id, config)
    if estimate is None:
        return own_weights
    posterior = pool_weights(estimate, own_weights.vertical, priors, config)
    pooled = {name: weight.mean for name, weight in posterior.items()}
    snapshot = WeightsSnapshot(now, own_weights.version, pooled, own_weights.outcomes)
    history = (*own_weights.weights_history, snapshot)[-MAX_SNAPSHOTS:]
    return replace(own_weights, pooled=pooled, gold_failures=check_gold(pooled), weights_history=history)


def _compare_with_shared(
    own_weights: OwnWeights,
    outcomes: Sequence[ScoreOutcome],
    shared_weights: Mapping[str, float],
    now: datetime,
    config: LearningConfig,
) -> OwnWeights:
    """Return the own weights after both errors on each outcome were compared.

    A new comparison starts after each decision, so that weights which no longer help stop serving.
    """
    if own_weights.pooled is None:
        return own_weights
    comparison = copy.deepcopy(own_weights.comparison) or ModelComparison(config.own_weights)
    proven, last_comparison = own_weights.proven, own_weights.last_comparison
    for outcome in sorted(outcomes, key=recording_order):
        comparison.observe(abs(log_error(outcome, shared_weights)), abs(log_error(outcome, own_weights.pooled)))
        if comparison.decision is not PromotionDecision.CONTINUE:
            proven = comparison.decision is PromotionDecision.PROMOTE
            last_comparison = comparison.summarize("own", "shared", own_weights.version, now)
            comparison = ModelComparison(config.own_weights)
    return replace(own_weights, comparison=comparison, proven=proven, last_comparison=last_comparison)
