"""Where a prediction meets its observation: content has matured, and its first score is held against its last.

The observation is the matured score under neutral weights (all exponents as the score's definition has them), so it
means the same whatever was learned meanwhile. Both are taken relative to what is usual for content of the kind: that
all counters grow until they are mature is no error of the weights.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from brain.domain.learning.first_score import FirstScore, counted, timeless_logs
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.outcomes import COMPONENTS, Outcome
from brain.domain.learning.usual import Usual
from brain.domain.scoring import ScoringConfig


class LeftOut(StrEnum):
    """Why content that matured made no outcome."""

    NOT_SEEN_AGAIN = "not_seen_again"
    SEEN_TOO_EARLY = "seen_too_early"
    OTHER_COUNTERS = "other_counters"
    FIRST_OF_ITS_KIND = "first_of_its_kind"
    TOO_MANY_KINDS = "too_many_kinds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matured:
    """Content as it stands at maturity: its first score, and the score of what was last known of it."""

    client_id: str
    event_id: str
    first: FirstScore
    seen_at: datetime | None
    components: Mapping[str, float]
    neutral: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """What became of a piece of content: an outcome with its interval, or the reason why there is none.

    ``usual`` is what is usual for its kind now; None when the content said nothing about that.
    """

    outcome: Outcome | None = None
    interval: tuple[float, float] | None = None
    left_out: LeftOut | None = None
    usual: Usual | None = None


def meet(
    content: Matured, usual: Mapping[str, Usual], recorded_at: datetime, rule: OutcomeRule, config: ScoringConfig
) -> Met:
    """Return what the content teaches, given what was usual for its kind before it matured."""
    first = content.first
    reason = _unfit(content, rule) or (
        LeftOut.TOO_MANY_KINDS if first.kind not in usual and len(usual) >= rule.usual.kinds else None
    )
    if reason:
        return Met(left_out=reason)
    known = usual.get(first.kind, Usual())
    started, standing = math.log(first.performance), _standing(content, config)
    if known.content < rule.usual.minimum:
        changed = known.after(started, standing, first.logs, None, rule.usual)
        return Met(left_out=LeftOut.FIRST_OF_ITS_KIND, usual=changed)
    predicted = known.standing + started - known.first
    changed = known.after(started, standing, first.logs, predicted - standing, rule.usual)
    reach = known.reach(rule.usual.coverage)
    interval = None if reach is None else (math.exp(predicted - reach), math.exp(predicted + reach))
    return Met(_outcome(content, known, predicted, standing, recorded_at), interval, None, changed)


def outcome_id(event_id: str, predicted_at: datetime) -> str:
    """Return the outcome's id: a prediction has one outcome."""
    return f"out_{hashlib.sha256(f'{event_id}|{predicted_at.isoformat()}'.encode()).hexdigest()[:24]}"


def _outcome(content: Matured, known: Usual, predicted: float, standing: float, recorded_at: datetime) -> Outcome:
    """Return the outcome, its components as they differ from the usual ones; age is no part of either side."""
    first = content.first
    assert content.seen_at is not None  # noqa: S101 - content never seen again is unfit
    relative = {name: value - known.logs[name] for name, value in first.logs.items()}
    return Outcome(
        outcome_id=outcome_id(content.event_id, first.at),
        client_id=content.client_id,
        predicted_at=first.at,
        observed_at=content.seen_at,
        recorded_at=recorded_at,
        predicted=math.exp(predicted),
        observed=math.exp(standing),
        components={name: relative.get(name, 0.0) for name in COMPONENTS},
        constant=known.standing,
    )


def _unfit(content: Matured, rule: OutcomeRule) -> LeftOut | None:
    first = content.first
    if content.seen_at is None:
        return LeftOut.NOT_SEEN_AGAIN
    wait = max((first.matures_at - first.at) * rule.seen_share, timedelta(minutes=rule.minimum_wait_minutes))
    if content.seen_at - first.at < wait:
        return LeftOut.SEEN_TOO_EARLY
    return None if first.kind.endswith(f"|{counted(content.neutral)}") else LeftOut.OTHER_COUNTERS


def _standing(content: Matured, config: ScoringConfig) -> float:
    """Return the log of the matured score with neutral weights and without age."""
    logs = timeless_logs(content.components, config)
    return math.log(content.components["vertical"] * config.scale) + math.fsum(logs.values())
