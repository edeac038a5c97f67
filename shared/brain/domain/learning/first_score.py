"""The first score of content whose counters still grow is a prediction: of where the content will stand when mature."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from brain.domain.events import Event
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.scoring import Score, ScoringConfig, log_components

TIMELESS = tuple(name for name in COMPONENTS if name != "temporal")
COUNTED = ("engagement", "impressions")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScore:
    """What was known when content was first scored, before it had matured.

    ``logs`` are the components' logs with their fixed exponents, age left out; ``kind`` names the platform, how old
    the content was and which counters it reported, since only such content is compared with each other.
    """

    at: datetime
    matures_at: datetime
    performance: float
    weights_version: str
    kind: str
    logs: Mapping[str, float]


def first_score(event: Event, score: Score, rule: OutcomeRule, config: ScoringConfig) -> FirstScore | None:
    """Return the prediction that a first score is, or None when it comes too late or its engagement is unknown."""
    at = max(score.as_of, event.received_at)
    matures_at = event.occurred_at + maturity(event.platform, rule, config)
    if "engagement" in score.neutral or at + timedelta(minutes=rule.minimum_wait_minutes) > matures_at:
        return None
    return FirstScore(
        at=at,
        matures_at=matures_at,
        performance=score.performance,
        weights_version=score.weights_version,
        kind="|".join((event.platform or str(event.feed_type), _age(at - event.occurred_at), counted(score.neutral))),
        logs=timeless_logs(score.components, config),
    )


def maturity(platform: str | None, rule: OutcomeRule, config: ScoringConfig) -> timedelta:
    """Return the age at which content is mature: when age has taken all the attention it takes, or after a week.

    That is where T′ meets its floor, by the platform's own decay.
    """
    decay = config.baselines.get(platform or "", config.other_baseline).decay
    return timedelta(hours=min(-math.log(config.temporal.minimum) / decay, rule.latest_maturity_hours))


def timeless_logs(components: Mapping[str, float], config: ScoringConfig) -> dict[str, float]:
    """Return the logs of a score's components with their fixed exponents, age and vertical left out."""
    return log_components({name: components[name] for name in TIMELESS}, config)


def counted(neutral: tuple[str, ...] | list[str]) -> str:
    """Return which counters a score knew, in a form to compare."""
    return "+".join(name for name in COUNTED if name not in neutral)


def _age(age: timedelta) -> str:
    """Return an age in doublings of an hour: under 2 hours, under 4, under 8."""
    hours = max(age.total_seconds() / 3600, 1.0)
    return f"under {2 ** (int(math.log2(hours)) + 1)} h"
