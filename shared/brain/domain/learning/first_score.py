"""The first score of content whose counters still grow: a prediction of its score at maturity."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from brain.domain.events import Event
from brain.domain.learning.outcome_rule import OutcomeRule, compute_maturity_age
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.scoring import Score, ScoringConfig, compute_log_components
from brain.domain.types import KEY_SEPARATOR, to_key_name

AGELESS_COMPONENTS = tuple(name for name in COMPONENTS if name != "temporal")
COUNTERS = ("engagement", "impressions")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScore:
    """What was known when content was first scored, before it matured.

    ``component_logs`` are the logs of the components with their fixed exponents, without age. ``comparison_group``
    joins the platform, the age class and the reported counters: only content of one group is compared.
    """

    scored_at: datetime
    matures_at: datetime
    performance: float
    weights_version: str
    comparison_group: str
    component_logs: Mapping[str, float]

    def to_document(self) -> dict[str, Any]:
        """Return the first score as a document; ``matures_at`` is stored next to it, where queries find it."""
        return {
            "at": self.scored_at,
            "performance": self.performance,
            "weights_version": self.weights_version,
            "kind": self.comparison_group,
            "logs": dict(self.component_logs),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], matures_at: datetime) -> "FirstScore":
        """Return the first score that ``to_document`` wrote."""
        return cls(
            scored_at=document["at"],
            matures_at=matures_at,
            performance=document["performance"],
            weights_version=document["weights_version"],
            comparison_group=document["kind"],
            component_logs=document["logs"],
        )


def build_first_score(event: Event, score: Score, rule: OutcomeRule, config: ScoringConfig) -> FirstScore | None:
    """Return the score as a prediction, or None if it comes too late or the engagement is unknown."""
    scored_at = max(score.as_of, event.received_at)
    matures_at = event.occurred_at + compute_maturity_age(event.platform, rule, config)
    if "engagement" in score.neutral or scored_at + timedelta(minutes=rule.minimum_wait_minutes) > matures_at:
        return None
    platform = to_key_name(event.platform or str(event.feed_type))
    age_class = _age_class(scored_at - event.occurred_at)
    return FirstScore(
        scored_at=scored_at,
        matures_at=matures_at,
        performance=score.performance,
        weights_version=score.weights_version,
        comparison_group=KEY_SEPARATOR.join((platform, age_class, join_counters(score.neutral))),
        component_logs=compute_ageless_logs(score.components, config),
    )


def compute_ageless_logs(components: Mapping[str, float], config: ScoringConfig) -> dict[str, float]:
    """Return the logs of a score's components with their fixed exponents, without age and vertical."""
    return compute_log_components({name: components[name] for name in AGELESS_COMPONENTS}, config)


def join_counters(neutral: Sequence[str]) -> str:
    """Return the counters that a score is based on, such as ``engagement+impressions``."""
    return "+".join(name for name in COUNTERS if name not in neutral)


def _age_class(age: timedelta) -> str:
    """Return an age as a class whose limit doubles: under 2 hours, under 4, under 8."""
    hours = max(age.total_seconds() / 3600, 1.0)
    return f"under {2 ** (int(math.log2(hours)) + 1)} h"
