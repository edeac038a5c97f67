"""Whether a move's triggers are met: yes, no, or unknown because a metric was not reported.

An absent metric never meets a trigger and never fails one: it is unknown, and a reported 0 is a value.
"""

from collections.abc import Sequence
from enum import StrEnum

from brain.domain.recommendations.context import Context, Reading
from brain.domain.recommendations.triggers import Condition, Direction, Move


class Verdict(StrEnum):
    """What is known about a condition."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


def judge(condition: Condition, reading: Reading | None) -> Verdict:
    """Return whether the reading meets the condition; meeting the threshold exactly counts."""
    if reading is None or reading.value is None:
        return Verdict.UNKNOWN
    above = condition.direction is Direction.ABOVE
    met = reading.value >= condition.threshold if above else reading.value <= condition.threshold
    return Verdict.HOLDS if met else Verdict.FAILS


def judge_all(conditions: Sequence[Condition], context: Context, subject: str | None) -> Verdict:
    """Return the verdict on all together: one that fails decides, then one that is unknown."""
    verdicts = {judge(condition, context.reading(condition.metric, subject)) for condition in conditions}
    for decisive in (Verdict.FAILS, Verdict.UNKNOWN):
        if decisive in verdicts:
            return decisive
    return Verdict.HOLDS


def subjects(move: Move, context: Context) -> list[str | None]:
    """Return what the move can be about: the subjects of its first metric, or the client as a whole."""
    first = move.conditions[0].metric
    found = {reading.subject for reading in context.metrics.get(first, ())}
    return sorted(found, key=lambda subject: (subject is not None, subject or "")) or [None]
