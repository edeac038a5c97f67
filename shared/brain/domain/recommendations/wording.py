"""Numbers and sentences as a marketer reads them, filled from the readings."""

from collections.abc import Mapping

from brain.domain.recommendations.beliefs import MoveBelief
from brain.domain.recommendations.candidates import MoveCandidate
from brain.domain.recommendations.catalogue import MetricDefinition, MetricUnit, MoveCatalogue
from brain.domain.recommendations.conditions import ConditionStatus
from brain.domain.recommendations.context import AdviceContext, MetricReading

WHOLE_CLIENT = "your content"
TRIAL_PREFIX = "A try: "
_THOUSAND = 1000


def format_quantity(amount: float, unit: MetricUnit, currency: str | None = None) -> str:
    """Return an amount in its unit's usual form: 1.2 %, +18 %, 28 % below usual, 3.5, 36 h, 120.50 EUR."""
    if unit is MetricUnit.FRACTION:
        return f"{amount * 100:.3g} %"
    if unit is MetricUnit.LIFT:
        return f"{amount * 100:+.3g} %"
    if unit is MetricUnit.RATIO:
        return f"{abs(amount - 1) * 100:.3g} % {'above' if amount >= 1 else 'below'} usual"
    if unit is MetricUnit.HOURS:
        return f"{amount:.3g} h"
    if unit is MetricUnit.MONEY:
        return f"{amount:,.2f} {currency or ''}".strip()
    return f"{amount:,.0f}" if abs(amount) >= _THOUSAND or amount == int(amount) else f"{amount:.3g}"


def fill_template(template: str, candidate: MoveCandidate, context: AdviceContext, catalogue: MoveCatalogue) -> str:
    """Return the template with the subject, the threshold and the readings of its triggers filled in."""
    first = candidate.move.conditions[0]
    values = {
        "subject": candidate.subject or WHOLE_CLIENT,
        "threshold": format_quantity(first.threshold, catalogue.metrics[first.metric].unit, context.currency),
    }
    for condition in candidate.move.conditions:
        reading = context.reading(condition.metric, candidate.subject)
        values[condition.metric] = _format_reading(reading, catalogue.metrics[condition.metric], context.currency)
    return template.format(**values)


def format_title(candidate: MoveCandidate, context: AdviceContext, catalogue: MoveCatalogue) -> str:
    """Return the move's title, or its trial's title if its conditions are unknown."""
    move = candidate.move
    if candidate.conditions is ConditionStatus.HOLDS or not move.trial:
        return fill_template(move.title, candidate, context, catalogue)
    trial = fill_template(move.trial, candidate, context, catalogue)
    return f"{TRIAL_PREFIX}{trial[0].lower()}{trial[1:].rstrip('.')}"


def list_evidence(candidate: MoveCandidate, context: AdviceContext) -> list[Mapping[str, object]]:
    """Return each trigger with the reading it was compared with, for machines and for tables."""
    evidence: list[Mapping[str, object]] = []
    for condition in candidate.move.conditions:
        reading = context.reading(condition.metric, candidate.subject)
        evidence.append(
            {
                "metric": condition.metric,
                "trigger": f"{condition.metric}_{condition.direction}",
                "threshold": condition.threshold,
                "value": reading.value if reading else None,
                "lower": reading.lower if reading else None,
                "upper": reading.upper if reading else None,
                "observations": reading.observations if reading else None,
                "observed_at": reading.observed_at.isoformat() if reading and reading.observed_at else None,
            }
        )
    return evidence


def estimate_effect(candidate: MoveCandidate, context: AdviceContext, catalogue: MoveCatalogue) -> Mapping[str, object]:
    """Return the metric that the move should improve, the expected change with its interval, and its basis.

    Measured outcomes of the move come first (own, pooled with other clients'), then the lift that triggered it. With
    neither, the estimate is None.
    """
    interval_level = catalogue.policy.interval_level
    effect: dict[str, object] = {"metric": candidate.move.improves, "level": interval_level}
    belief = candidate.belief
    if belief.effect is not None:
        lower, upper = belief.effect.interval(interval_level)
        return effect | {"estimate": belief.effect.mean, "lower": lower, "upper": upper, "basis": _name_basis(belief)}
    source = candidate.move.effect_from
    holds = candidate.conditions is ConditionStatus.HOLDS
    reading = context.reading(source, candidate.subject) if source and holds else None
    if reading and reading.value is not None and reading.lower is not None and reading.upper is not None:
        return effect | {
            "estimate": reading.value,
            "lower": reading.lower,
            "upper": reading.upper,
            "basis": f"{source} as measured, if it holds for what you publish next",
        }
    unknown = "unknown: no measured outcome of this move yet"
    return effect | {"estimate": None, "lower": None, "upper": None, "basis": unknown}


def _name_basis(belief: MoveBelief) -> str:
    own = f"{belief.own_outcomes} measured outcome{'' if belief.own_outcomes == 1 else 's'} of yours"
    return f"{own} and those of {belief.other_clients} others" if belief.other_clients else own


def _format_reading(reading: MetricReading | None, metric: MetricDefinition, currency: str | None) -> str:
    if reading is None or reading.value is None:
        return "not measured yet"
    text = format_quantity(reading.value, metric.unit, currency)
    notes = []
    if reading.lower is not None and reading.upper is not None:
        low, high = (format_quantity(bound, metric.unit, currency) for bound in (reading.lower, reading.upper))
        notes.append(f"between {low} and {high}")
    if reading.observations is not None:
        notes.append(f"from {reading.observations:,}")
    return f"{text} ({', '.join(notes)})" if notes else text
