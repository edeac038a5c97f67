"""The context of a client from its stored facts: readings, earlier moves, answers, and what other clients saw."""

from collections.abc import Mapping

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.recommendations.advice_config import ReadingWindows
from brain.domain.recommendations.advice_state import AdviceState
from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.recommendations.context import AdviceContext, MetricReading, SharedPrior
from brain.domain.recommendations.readings.content import read_content_metrics
from brain.domain.recommendations.readings.delivery import read_delivery_metrics
from brain.domain.recommendations.readings.metric_history import MetricHistory


def build_context(
    facts: ClientFacts,
    state: AdviceState,
    priors: Mapping[str, SharedPrior],
    catalogue: MoveCatalogue,
    windows: ReadingWindows,
) -> AdviceContext:
    """Return the context of a choice at ``facts.as_of``; metrics that the sums do not cover are left out."""
    history = MetricHistory(facts, windows, catalogue.policy.interval_level)
    metrics: dict[str, dict[str | None, MetricReading]] = {}
    for metric, reading in (*read_content_metrics(history), *read_delivery_metrics(history)):
        # a platform with both messages and ads has two click rates; the first, of its messages, is used
        metrics.setdefault(metric, {}).setdefault(reading.subject, reading)
    return AdviceContext(
        client_id=facts.client.client_id,
        as_of=facts.as_of,
        vertical=facts.client.vertical,
        currency=facts.client.currency,
        confidence=compute_rated_fraction(history),
        metrics={metric: tuple(readings.values()) for metric, readings in sorted(metrics.items())},
        history=tuple(move.to_past_move() for move in state.moves),
        feedback=tuple(move.feedback for move in state.moves if move.answer),
        priors=dict(priors),
    )


def compute_rated_fraction(history: MetricHistory) -> float:
    """Return the fraction of the usual days' events with a known engagement rate.

    It is the confidence of readings that state none of their own.
    """
    usual_days = history.windows.usual_days
    day_sums = [s for platform in history.list_publishing() for _, s in history.select_sums(platform, usual_days)]
    events = sums.sum_metric(day_sums, "events")
    return sums.sum_metric(day_sums, "rated") / events if events else 0.0
