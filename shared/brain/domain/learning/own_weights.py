"""A client's own weights: learned from its outcomes alone, drawn to its kind, and used once proven on later ones."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.client_weights import ClientEstimate, Priors, estimate_from, pooled_weights
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.gram import NOTHING, Gram, gram
from brain.domain.learning.learned import Belief, Duel
from brain.domain.learning.outcomes import Outcome, log_error
from brain.domain.learning.promotion import Comparison, Decision
from brain.domain.learning.score_model import BELIEFS_KEPT, GoldFailures
from brain.domain.learning.state import first_state
from brain.errors import MisconfiguredError

UNKNOWN_VERTICAL = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWeights:
    """What a client's outcomes say of its weights; ``sums`` are a ``Gram``, flat, in which older outcomes fade.

    ``proven`` is the last decision of the own weights against the shared ones; they serve while none of the gold
    standards fails.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    vertical: str = UNKNOWN_VERTICAL
    outcomes: int = 0
    sums: tuple[float, ...] = ()
    pooled: Mapping[str, float] | None = None
    proven: bool = False
    comparison: Comparison | None = None
    duel: Duel | None = None
    gold_failures: tuple[str, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    learned_at: AwareDatetime | None = None
    own_version: Literal[1] = 1

    @property
    def serves(self) -> bool:
        """Whether scores use these weights."""
        return self.proven and self.pooled is not None and not self.gold_failures

    def running_duel(self, at: datetime) -> Duel | None:
        """Return how the own weights stand against the shared ones in the comparison that is open."""
        return _duel(self.comparison, self, at) if self.comparison and self.comparison.pairs.n else None

    def estimate(self, client_id: str, config: LearningConfig) -> ClientEstimate | None:
        """Return what the client's outcomes say by themselves, or None with too few."""
        sums = Gram.from_flat(self.sums) if self.sums else NOTHING
        centre = first_state(config).weights
        return estimate_from(client_id, self.vertical, self.outcomes, sums, centre, config)

    def to_document(self) -> dict[str, Any]:
        """Return the value as a document, with what scores read beside it."""
        document: dict[str, Any] = _OWN.dump_python(self, mode="json")
        weights = dict(self.pooled) if self.pooled else None
        return document | {"serves": self.serves, "weights": weights, "version": f"own-{self.outcomes}"}


_OWN = TypeAdapter(OwnWeights)
_SERVED = frozenset({"serves", "weights", "version"})


def read_own(document: Mapping[str, Any]) -> OwnWeights:
    """Return what ``to_document`` wrote, or nothing learned yet for an empty document.

    Raises:
        MisconfiguredError: the document is of another version or shape.
    """
    try:
        own = _OWN.validate_python({k: v for k, v in document.items() if k not in _SERVED})
        Gram.from_flat(own.sums or NOTHING.flat())
    except ValueError as exc:
        what = exc.errors()[0]["msg"] if isinstance(exc, ValidationError) else str(exc)
        raise MisconfiguredError(f"a client's own weights cannot be read ({what}); restore the document") from exc
    return own


def learn_own(
    own: OwnWeights,
    outcomes: Sequence[Outcome],
    shared: Mapping[str, float],
    priors: Priors,
    at: datetime,
    gold: GoldFailures,
    config: LearningConfig,
) -> OwnWeights:
    """Return a client's own weights after a batch of its outcomes, judged on the batch before they learn from it."""
    client_id = outcomes[0].client_id
    own = _judged(own, outcomes, shared, at, config)
    fading = (1 - 1 / config.pooling.remembered_outcomes) ** len(outcomes)
    sums = (Gram.from_flat(own.sums) if own.sums else NOTHING).scaled(fading) + gram(outcomes, config.move_weights)
    own = replace(own, sums=tuple(sums.flat()), outcomes=own.outcomes + len(outcomes), learned_at=at)
    estimate = own.estimate(client_id, config)
    if estimate is None:
        return own
    weights = {name: belief.mean for name, belief in pooled_weights(estimate, own.vertical, priors, config).items()}
    belief = Belief(at, f"own-{own.outcomes}", weights, own.outcomes)
    return replace(own, pooled=weights, gold_failures=gold(weights), beliefs=(*own.beliefs, belief)[-BELIEFS_KEPT:])


def _judged(
    own: OwnWeights, outcomes: Sequence[Outcome], shared: Mapping[str, float], at: datetime, config: LearningConfig
) -> OwnWeights:
    """Return the value after each outcome set the shared weights' error beside the own ones'.

    After each decision a new comparison starts, so that weights which no longer help stop serving.
    """
    if own.pooled is None:
        return own
    comparison = copy.deepcopy(own.comparison) or Comparison(config.own_weights)
    proven, duel = own.proven, own.duel
    for outcome in sorted(outcomes, key=lambda o: (o.recorded_at, o.outcome_id)):
        comparison.observe(abs(log_error(outcome, shared)), abs(log_error(outcome, own.pooled)))
        if comparison.decision is not Decision.CONTINUE:
            proven, duel = comparison.decision is Decision.PROMOTE, _duel(comparison, own, at)
            comparison = Comparison(config.own_weights)
    return replace(own, comparison=comparison, proven=proven, duel=duel)


def _duel(comparison: Comparison, own: OwnWeights, at: datetime) -> Duel:
    verdict = comparison.verdict()
    return Duel(
        "own",
        "shared",
        f"own-{own.outcomes}",
        at,
        str(verdict.decision),
        verdict.n,
        verdict.improvement,
        verdict.interval,
        verdict.reason,
    )
