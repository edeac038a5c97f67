"""Numbers and sentences as a marketer reads them, filled from the readings and never invented."""

from collections.abc import Mapping

from brain.domain.recommendations.arms import Arm
from brain.domain.recommendations.candidates import Candidate
from brain.domain.recommendations.conditions import Verdict
from brain.domain.recommendations.context import Context, Reading
from brain.domain.recommendations.triggers import Metric, Triggers, Unit

EVERYTHING = "your content"
TRY = "A try: "
_MANY = 1000


def number(value: float, unit: Unit, currency: str | None = None) -> str:
    """Return a value in its unit's usual form: 1.2 %, +18 %, 28 % below usual, 3.5, 36 h, 120.50 EUR."""
    if unit is Unit.FRACTION:
        return f"{value * 100:.3g} %"
    if unit is Unit.LIFT:
        return f"{value * 100:+.3g} %"
    if unit is Unit.RATIO:
        return f"{abs(value - 1) * 100:.3g} % {'above' if value >= 1 else 'below'} usual"
    if unit is Unit.HOURS:
        return f"{value:.3g} h"
    if unit is Unit.MONEY:
        return f"{value:,.2f} {currency or ''}".strip()
    return f"{value:,.0f}" if abs(value) >= _MANY or value == int(value) else f"{value:.3g}"


def sentence(template: str, candidate: Candidate, context: Context, triggers: Triggers) -> str:
    """Return the template with subject, threshold and the readings of its triggers filled in."""
    first = candidate.move.conditions[0]
    filled = {
        "subject": candidate.subject or EVERYTHING,
        "threshold": number(first.threshold, triggers.metrics[first.metric].unit, context.currency),
    }
    for condition in candidate.move.conditions:
        reading = context.reading(condition.metric, candidate.subject)
        filled[condition.metric] = _read(reading, triggers.metrics[condition.metric], context.currency)
    return template.format(**filled)


def title(candidate: Candidate, context: Context, triggers: Triggers) -> str:
    """Return the move's title; one whose conditions are not known claims nothing and is titled by what is tried."""
    move = candidate.move
    if candidate.verdict is Verdict.HOLDS or not move.trial:
        return sentence(move.title, candidate, context, triggers)
    tried = sentence(move.trial, candidate, context, triggers)
    return f"{TRY}{tried[0].lower()}{tried[1:].rstrip('.')}"


def evidence(candidate: Candidate, context: Context) -> list[Mapping[str, object]]:
    """Return each trigger with what was measured against it, for machines and for tables."""
    rows: list[Mapping[str, object]] = []
    for condition in candidate.move.conditions:
        reading = context.reading(condition.metric, candidate.subject)
        rows.append(
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
    return rows


def expected_effect(candidate: Candidate, context: Context, triggers: Triggers) -> Mapping[str, object]:
    """Return what the move should change, by how much, with an interval, and what that rests on.

    Measured outcomes of the move come first (own, pooled with other clients'), then the lift that triggered it;
    with neither, the size is unknown and says so.
    """
    level = triggers.policy.interval_level
    known: dict[str, object] = {"metric": candidate.move.improves, "level": level}
    arm = candidate.arm
    if arm.effect is not None:
        lower, upper = arm.effect.interval(level)
        return known | {"estimate": arm.effect.mean, "lower": lower, "upper": upper, "basis": _basis(arm)}
    source = candidate.move.effect_from
    reading = context.reading(source, candidate.subject) if source and candidate.verdict is Verdict.HOLDS else None
    if reading and reading.value is not None and reading.lower is not None and reading.upper is not None:
        return known | {
            "estimate": reading.value,
            "lower": reading.lower,
            "upper": reading.upper,
            "basis": f"{source} as measured, if it holds for what you publish next",
        }
    unknown = "unknown: no measured outcome of this move yet"
    return known | {"estimate": None, "lower": None, "upper": None, "basis": unknown}


def _basis(arm: Arm) -> str:
    own = f"{arm.own_outcomes} measured outcome{'' if arm.own_outcomes == 1 else 's'} of yours"
    return f"{own} and those of {arm.other_clients} others" if arm.other_clients else own


def _read(reading: Reading | None, metric: Metric, currency: str | None) -> str:
    if reading is None or reading.value is None:
        return "not measured yet"
    text = number(reading.value, metric.unit, currency)
    notes = []
    if reading.lower is not None and reading.upper is not None:
        low, high = (number(end, metric.unit, currency) for end in (reading.lower, reading.upper))
        notes.append(f"between {low} and {high}")
    if reading.observations is not None:
        notes.append(f"from {reading.observations:,}")
    return f"{text} ({', '.join(notes)})" if notes else text
