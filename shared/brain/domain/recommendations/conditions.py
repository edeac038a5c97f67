"""Whether the triggers of a move are met: yes, no, or unknown because a metric was not reported.

A missing metric neither meets nor fails a trigger. A reported 0 is a value.
"""

from collections.abc import Sequence
from enum import StrEnum

from brain.domain.recommendations.catalogue import MoveDefinition, TriggerCondition, TriggerDirection
from brain.domain.recommendations.context import AdviceContext, MetricReading


class ConditionStatus(StrEnum):
    """Whether a condition holds, as far as is known."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


def evaluate_condition(condition: TriggerCondition, reading: MetricReading | None) -> ConditionStatus:
    """Return whether the reading meets the condition; a value equal to the threshold does."""
    if reading is None or reading.value is None:
        return ConditionStatus.UNKNOWN
    if condition.direction is TriggerDirection.ABOVE:
        holds = reading.value >= condition.threshold
    else:
        holds = reading.value <= condition.threshold
    return ConditionStatus.HOLDS if holds else ConditionStatus.FAILS


def evaluate_conditions(
    conditions: Sequence[TriggerCondition], context: AdviceContext, subject: str | None
) -> ConditionStatus:
    """Return the joint status: FAILS if any condition fails, else UNKNOWN if any is unknown, else HOLDS."""
    statuses = {evaluate_condition(condition, context.reading(condition.metric, subject)) for condition in conditions}
    for decisive in (ConditionStatus.FAILS, ConditionStatus.UNKNOWN):
        if decisive in statuses:
            return decisive
    return ConditionStatus.HOLDS


def list_subjects(move: MoveDefinition, context: AdviceContext) -> list[str | None]:
    """Return what the move can be about: the subjects of its first metric, or None for the client as a whole."""
    readings = context.metrics.get(move.conditions[0].metric, ())
    subjects = {reading.subject for reading in readings}
    return sorted(subjects, key=lambda subject: (subject is not None, subject or "")) or [None]
