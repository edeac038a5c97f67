"""The scored context of a client from its stored facts: readings, earlier moves, answers, and what others saw."""

from collections.abc import Mapping

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.recommendations.advice_config import Readings
from brain.domain.recommendations.context import Context, Reading, SharedPrior
from brain.domain.recommendations.readings import content, delivery
from brain.domain.recommendations.readings.past import Past
from brain.domain.recommendations.standing import Standing
from brain.domain.recommendations.triggers import Triggers


def context_of(
    facts: ClientFacts, standing: Standing, priors: Mapping[str, SharedPrior], triggers: Triggers, config: Readings
) -> Context:
    """Return the context of a choice at ``facts.as_of``; what the sums do not tell is left out."""
    past = Past(facts, config, triggers.policy.interval_level)
    metrics: dict[str, list[Reading]] = {}
    for metric, reading in (*content.readings(past), *delivery.readings(past)):
        metrics.setdefault(metric, []).append(reading)
    return Context(
        client_id=facts.client.client_id,
        as_of=facts.as_of,
        vertical=facts.client.vertical,
        currency=facts.client.currency,
        confidence=known_share(facts, config),
        metrics={metric: tuple(found) for metric, found in sorted(metrics.items())},
        history=tuple(move.past() for move in standing.moves),
        feedback=tuple(move.feedback for move in standing.moves if move.answer),
        priors=dict(priors),
    )


def known_share(facts: ClientFacts, config: Readings) -> float:
    """Return the share of the usual days' events with a known rate, as the confidence of what states none."""
    past = Past(facts, config, 0.5)
    day_sums = [s for platform in past.publishing() for _, s in past.sums(platform, config.usual_days)]
    events = sums.sum_metric(day_sums, "events")
    return sums.sum_metric(day_sums, "rated") / events if events else 0.0
