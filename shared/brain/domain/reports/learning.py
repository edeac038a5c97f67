"""What the Brain learned: beliefs before and after, how often predictions were right, models compared, alarms answered.

A belief is put as what it means for content: how far a good start carries, by the weight of that start.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from brain.domain.learning.summary import ComparisonSummary, CoverageCount, LearningSummary, WeightsSnapshot
from brain.domain.reports import figures
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus

NAME, TITLE = "learning", "What the Brain learned"
COLUMNS = ("signal at the first score", "counted before", "counts now", "by definition", "what it means now")
MOVED = 0.02
RECENT_WEEKS = 8
# Each signal: its fixed exponent, the size that the sentence takes, and the words for content that has it.
SIGNALS = {
    "engagement": (0.6, 2.0, "twice the usual engagement rate"),
    "impressions": (0.4, 1.25, "a quarter more than the usual impressions score"),
    "growth": (1.0, 1.25, "the week running a quarter above the month"),
    "authenticity": (1.0, 0.8, "a fifth less authenticity"),
    "quality": (1.0, 1.1, "a tenth more quality"),
}
LEFT_OUT = {
    "not_seen_again": "were counted only once",
    "seen_too_early": "were not counted again late enough",
    "other_counters": "reported other counters in the end",
    "first_of_its_kind": "were the first of their kind, with which others are compared",
    "too_many_kinds": "were of too many kinds",
}
RIVALS = {
    "promotion": ("A new model", "the one in use then"),
    "rollback": ("The model that was replaced", "the one that replaced it"),
    "own": ("Weights of your own", "the shared ones"),
}
DECISIONS = {
    ("promotion", "promote"): "promoted",
    ("promotion", "keep"): "not promoted",
    ("rollback", "promote"): "taken back into use",
    ("rollback", "keep"): "retired",
    ("own", "promote"): "proven",
    ("own", "keep"): "not proven",
}


def build_section(facts: ReportFacts) -> Section:
    """Return the section; without any outcome it says what one takes."""
    learned = facts.learning
    if learned is None:
        text = "This part of the Brain is not switched on yet."
        return Section(NAME, TITLE, SectionStatus.ABSENT, (text,))
    if not learned.outcome_count:
        start = ("Nothing is learned yet: it takes content that is counted early and again when it has matured.",)
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (*start, *_unknown(learned), *_alarms(facts)))
    before, now = _belief(learned, _moment(facts.start)), _belief(learned, facts.as_of)
    lines = (
        *_beliefs(learned, before, now),
        *_calibration(facts, learned),
        *_score_board(learned),
        *_alarms(facts),
        *_unknown(learned),
    )
    rows = tuple(_rows(before, now)) if now else ()
    return Section(NAME, TITLE, SectionStatus.OK, lines, COLUMNS if rows else (), rows, _figures(learned, before, now))


def _moment(day: date) -> datetime:
    """Return the start of a day for comparison with moments; beliefs change once a day, so the zone is no matter."""
    return datetime.combine(day, time(), tzinfo=UTC)


def _belief(learned: LearningSummary, at: datetime) -> WeightsSnapshot | None:
    """Return the last belief from before a moment, or from it."""
    return next((belief for belief in reversed(learned.weights_history) if belief.as_of <= at), None)


def _weight(belief: WeightsSnapshot | None, name: str) -> float:
    return belief.weights[name] if belief else 1.0


def _beliefs(learned: LearningSummary, before: WeightsSnapshot | None, now: WeightsSnapshot | None) -> Iterator[str]:
    if now is None:
        yield (
            f"{figures.count(learned.outcome_count)} outcomes so far. Scores use the weights of the score's "
            "definition: neither your own outcomes nor those of at least five clients have proven others better yet."
        )
        return
    whose = "your own outcomes alone" if learned.served_by == "own" else "the outcomes of all clients together"
    yield f"{figures.count(learned.outcome_count)} of your outcomes so far; the weights in use come from {whose}."
    moved = [name for name in SIGNALS if abs(_weight(now, name) - _weight(before, name)) > MOVED]
    if not moved:
        yield f"No belief moved by more than {MOVED:.2f} in this period."
    for name in moved:
        yield (
            f"Content that starts with {SIGNALS[name][2]} is now expected to end {_meaning(name, _weight(now, name))}; "
            f"before this period {_meaning(name, _weight(before, name))}, by definition {_meaning(name, 1.0)}."
        )


def _meaning(name: str, weight: float) -> str:
    exponent, size, _ = SIGNALS[name]
    change = size ** (exponent * weight) - 1
    return f"{abs(change):.0%} {'above' if change >= 0 else 'below'} the usual score"


def _rows(before: WeightsSnapshot | None, now: WeightsSnapshot | None) -> Iterator[tuple[str, ...]]:
    for name, (_, _, words) in SIGNALS.items():
        then, today = _weight(before, name), _weight(now, name)
        learned = f"{words}: {_meaning(name, today)}" if today != 1.0 else "not learned yet: as defined"
        yield name, f"{then:.2f}", f"{today:.2f}", "1.00", learned


def _calibration(facts: ReportFacts, learned: LearningSummary) -> Iterator[str]:
    total = _sum(list(learned.coverage_by_week.values())[-RECENT_WEEKS:])
    if not total.intervals:
        yield "Too few predictions have met their outcome to say how often the Brain is right."
        return
    share, said = total.covered / total.intervals, learned.nominal_coverage
    noise = 2 * math.sqrt(said * (1 - said) / total.intervals)
    verdict = "as promised" if abs(share - said) <= noise else "too often wrong" if share < said else "too cautious"
    yield (
        f"Predictions at the first score said {said:.0%}; {share:.0%} of {figures.count(total.intervals)} in the last "
        f"{RECENT_WEEKS} weeks were right: {verdict}."
    )
    inside = _sum(record for week, record in learned.coverage_by_week.items() if _within(week, facts))
    if inside.intervals and inside != total:
        yield f"In the weeks of this report: {inside.covered} of {inside.intervals}."


def _sum(records: Iterable[CoverageCount]) -> CoverageCount:
    known = list(records)
    return CoverageCount(sum(r.intervals for r in known), sum(r.covered for r in known))


def _within(week: str, facts: ReportFacts) -> bool:
    year, _, number = week.partition("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    return monday < facts.end and monday + timedelta(days=7) > facts.start


def _score_board(learned: LearningSummary) -> Iterator[str]:
    if not learned.comparisons:
        yield "No other model stands against the one in use: none would have predicted better."
    for comparison in learned.comparisons:
        yield _comparison_line(comparison)
    if learned.gold_failures:
        yield f"The weights fail gold standards and are watched or held back: {', '.join(learned.gold_failures)}."


def _comparison_line(comparison: ComparisonSummary) -> str:
    who, other = RIVALS[comparison.kind]
    named = "" if comparison.kind == "own" else f" ({comparison.challenger} against {comparison.champion})"
    result = DECISIONS.get((comparison.kind, comparison.decision), "still open")
    return (
        f"{who} against {other}{named}: {_better(comparison)} on {figures.count(comparison.n)} outcomes; "
        f"{result}, since {comparison.reason}."
    )


def _better(comparison: ComparisonSummary) -> str:
    """Say how much lower or higher the challenger's error is, and between which bounds it may be lower."""
    if comparison.improvement is None:
        return "errors cannot be compared"
    way = "lower" if comparison.improvement >= 0 else "higher"
    low, high = comparison.interval or (None, None)
    bounds = "no bounds yet" if low is None or high is None else f"between {-low:+.1%} and {-high:+.1%}"
    return f"error {abs(comparison.improvement):.1%} {way} ({bounds})"


def _alarms(facts: ReportFacts) -> Iterator[str]:
    answers = facts.learning.alarm_answers if facts.learning else {}
    alarms = [incident for incident in facts.incidents if facts.touches_period(incident)]
    if not alarms:
        return
    if answers:
        given = ", ".join(f"{status} {_times(answers, status)}" for status in sorted(set(answers.values())))
        yield f"Alarms acted on: {len(answers)} of {len(alarms)} were answered ({given})."
    else:
        number = f"{len(alarms)} alarm{'' if len(alarms) == 1 else 's'}"
        yield f"Alarms acted on: nobody answered the {number} of this period, so it is not known which were useful."


def _times(answers: Mapping[str, str], status: str) -> int:
    return sum(answer == status for answer in answers.values())


def _unknown(learned: LearningSummary) -> Iterator[str]:
    for reason, count in sorted(learned.excluded.items()):
        yield f"Not learned from: {figures.count(count)} pieces of content that {LEFT_OUT.get(reason, reason)}."
    if learned.outcome_count:
        yield "Not known: how fast attention fades; no outcome speaks about age, so its weight stays as defined."


def _figures(
    learned: LearningSummary, before: WeightsSnapshot | None, now: WeightsSnapshot | None
) -> dict[str, object]:
    total = _sum(list(learned.coverage_by_week.values()))
    return {
        "served_by": learned.served_by,
        "outcomes": learned.outcome_count,
        "weights_before": dict(before.weights) if before else None,
        "weights_now": dict(now.weights) if now else None,
        "said": learned.nominal_coverage,
        "asked": total.intervals,
        "right": total.covered,
        "duels": [
            {"kind": d.kind, "challenger": d.challenger, "decision": d.decision, "n": d.n, "improvement": d.improvement}
            for d in learned.comparisons
        ],
        "alarms_answered": len(learned.alarm_answers),
    }
