"""What the Brain learned: weights before and after, interval coverage, model comparisons, and answered alarms.

A weight is worded as what it means for content: how far a good start carries.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from brain.domain.learning.summary import ComparisonSummary, CoverageCount, LearningSummary, WeightsSnapshot
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.number_format import format_count
from brain.domain.reports.report import Section, SectionStatus

NAME, TITLE = "learning", "What the Brain learned"
COLUMNS = ("signal at the first score", "counted before", "counts now", "by definition", "what it means now")
NOTABLE_CHANGE = 0.02
RECENT_WEEKS = 8
# Each signal: its fixed exponent, the ratio that the sentence speaks of, and the words for content that has it.
SIGNALS = {
    "engagement": (0.6, 2.0, "twice the usual engagement rate"),
    "impressions": (0.4, 1.25, "a quarter more than the usual impressions score"),
    "growth": (1.0, 1.25, "the week running a quarter above the month"),
    "authenticity": (1.0, 0.8, "a fifth less authenticity"),
    "quality": (1.0, 1.1, "a tenth more quality"),
}
EXCLUSION_REASONS = {
    "not_seen_again": "were counted only once",
    "seen_too_early": "were not counted again late enough",
    "other_counters": "reported other counters in the end",
    "first_of_its_kind": "were the first of their kind, with which others are compared",
    "too_many_kinds": "were of too many kinds",
}
OPPONENTS = {
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
    """Return the section; before the first outcome it says what an outcome takes."""
    summary = facts.learning
    if summary is None:
        line = "This part of the Brain is not switched on yet."
        return Section(NAME, TITLE, SectionStatus.ABSENT, (line,))
    if not summary.outcome_count:
        line = "Nothing is learned yet: it takes content that is counted early and again when it has matured."
        lines = (line, *_list_unknowns(summary), *_describe_alarm_answers(facts))
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, lines)
    before = _select_snapshot(summary, datetime.combine(facts.start, time(), tzinfo=UTC))
    current = _select_snapshot(summary, facts.as_of)
    lines = (
        *_describe_weights(summary, before, current),
        *_describe_coverage(facts, summary),
        *_describe_comparisons(summary),
        *_describe_alarm_answers(facts),
        *_list_unknowns(summary),
    )
    rows = tuple(_build_rows(before, current)) if current else ()
    figures = _list_figures(summary, before, current)
    return Section(NAME, TITLE, SectionStatus.OK, lines, COLUMNS if rows else (), rows, figures)


def _select_snapshot(summary: LearningSummary, as_of: datetime) -> WeightsSnapshot | None:
    """Return the weights in use at a moment, None for those of the definition."""
    return next((snapshot for snapshot in reversed(summary.weights_history) if snapshot.as_of <= as_of), None)


def _read_weight(snapshot: WeightsSnapshot | None, signal: str) -> float:
    return snapshot.weights[signal] if snapshot else 1.0


def _describe_weights(
    summary: LearningSummary, before: WeightsSnapshot | None, current: WeightsSnapshot | None
) -> Iterator[str]:
    outcomes = format_count(summary.outcome_count)
    if current is None:
        yield (
            f"{outcomes} outcomes so far. Scores use the weights of the score's definition: neither your own outcomes "
            "nor those of at least five clients have proven others better yet."
        )
        return
    source = "your own outcomes alone" if summary.served_by == "own" else "the outcomes of all clients together"
    yield f"{outcomes} of your outcomes so far; the weights in use come from {source}."
    changed = [
        signal
        for signal in SIGNALS
        if abs(_read_weight(current, signal) - _read_weight(before, signal)) > NOTABLE_CHANGE
    ]
    if not changed:
        yield f"No belief moved by more than {NOTABLE_CHANGE:.2f} in this period."
    for signal in changed:
        now, earlier = (_explain_weight(signal, _read_weight(snapshot, signal)) for snapshot in (current, before))
        yield (
            f"Content that starts with {SIGNALS[signal][2]} is now expected to end {now}; before this period "
            f"{earlier}, by definition {_explain_weight(signal, 1.0)}."
        )


def _explain_weight(signal: str, weight: float) -> str:
    exponent, ratio, _ = SIGNALS[signal]
    change = ratio ** (exponent * weight) - 1
    return f"{abs(change):.0%} {'above' if change >= 0 else 'below'} the usual score"


def _build_rows(before: WeightsSnapshot | None, current: WeightsSnapshot | None) -> Iterator[tuple[str, ...]]:
    for signal, (_, _, words) in SIGNALS.items():
        earlier, now = _read_weight(before, signal), _read_weight(current, signal)
        meaning = f"{words}: {_explain_weight(signal, now)}" if now != 1.0 else "not learned yet: as defined"
        yield signal, f"{earlier:.2f}", f"{now:.2f}", "1.00", meaning


def _describe_coverage(facts: ReportFacts, summary: LearningSummary) -> Iterator[str]:
    total = _sum_counts(list(summary.coverage_by_week.values())[-RECENT_WEEKS:])
    if not total.intervals:
        yield "Too few predictions have met their outcome to say how often the Brain is right."
        return
    coverage, nominal = total.covered / total.intervals, summary.nominal_coverage
    noise = 2 * math.sqrt(nominal * (1 - nominal) / total.intervals)
    verdict = (
        "as promised"
        if abs(coverage - nominal) <= noise
        else "too often wrong"
        if coverage < nominal
        else "too cautious"
    )
    yield (
        f"Predictions at the first score said {nominal:.0%}; {coverage:.0%} of {format_count(total.intervals)} in the "
        f"last {RECENT_WEEKS} weeks were right: {verdict}."
    )
    in_report = _sum_counts(count for week, count in summary.coverage_by_week.items() if _is_in_period(week, facts))
    if in_report.intervals and in_report != total:
        yield f"In the weeks of this report: {in_report.covered} of {in_report.intervals}."


def _sum_counts(counts: Iterable[CoverageCount]) -> CoverageCount:
    counts = list(counts)
    return CoverageCount(sum(count.intervals for count in counts), sum(count.covered for count in counts))


def _is_in_period(week: str, facts: ReportFacts) -> bool:
    year, _, number = week.partition("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    return monday < facts.end and monday + timedelta(days=7) > facts.start


def _describe_comparisons(summary: LearningSummary) -> Iterator[str]:
    if not summary.comparisons:
        yield "No other model stands against the one in use: none would have predicted better."
    for comparison in summary.comparisons:
        yield _describe_comparison(comparison)
    if summary.gold_failures:
        yield f"The weights fail gold standards and are watched or held back: {', '.join(summary.gold_failures)}."


def _describe_comparison(comparison: ComparisonSummary) -> str:
    challenger, champion = OPPONENTS[comparison.kind]
    versions = "" if comparison.kind == "own" else f" ({comparison.challenger} against {comparison.champion})"
    decision = DECISIONS.get((comparison.kind, comparison.decision), "still open")
    return (
        f"{challenger} against {champion}{versions}: {_describe_improvement(comparison)} on "
        f"{format_count(comparison.n)} outcomes; {decision}, since {comparison.reason}."
    )


def _describe_improvement(comparison: ComparisonSummary) -> str:
    """Return how much lower or higher the challenger's error is, and the bounds of the change."""
    if comparison.improvement is None:
        return "errors cannot be compared"
    direction = "lower" if comparison.improvement >= 0 else "higher"
    low, high = comparison.interval or (None, None)
    bounds = "no bounds yet" if low is None or high is None else f"between {-low:+.1%} and {-high:+.1%}"
    return f"error {abs(comparison.improvement):.1%} {direction} ({bounds})"


def _describe_alarm_answers(facts: ReportFacts) -> Iterator[str]:
    answers = facts.learning.alarm_answers if facts.learning else {}
    alarms = sum(facts.touches_period(incident) for incident in facts.incidents)
    if not alarms:
        return
    if answers:
        counts = ", ".join(f"{status} {_count_status(answers, status)}" for status in sorted(set(answers.values())))
        yield f"Alarms acted on: {len(answers)} of {alarms} were answered ({counts})."
    else:
        noun = f"{alarms} alarm{'' if alarms == 1 else 's'}"
        yield f"Alarms acted on: nobody answered the {noun} of this period, so it is not known which were useful."


def _count_status(answers: Mapping[str, str], status: str) -> int:
    return sum(answer == status for answer in answers.values())


def _list_unknowns(summary: LearningSummary) -> Iterator[str]:
    for reason, count in sorted(summary.excluded.items()):
        yield f"Not learned from: {format_count(count)} pieces of content that {EXCLUSION_REASONS.get(reason, reason)}."
    if summary.outcome_count:
        yield "Not known: how fast attention fades; no outcome speaks about age, so its weight stays as defined."


def _list_figures(
    summary: LearningSummary, before: WeightsSnapshot | None, current: WeightsSnapshot | None
) -> dict[str, object]:
    total = _sum_counts(summary.coverage_by_week.values())
    comparison_fields = ("kind", "challenger", "decision", "n", "improvement")
    return {
        "served_by": summary.served_by,
        "outcomes": summary.outcome_count,
        "weights_before": dict(before.weights) if before else None,
        "weights_now": dict(current.weights) if current else None,
        "said": summary.nominal_coverage,
        "asked": total.intervals,
        "right": total.covered,
        "duels": [
            {name: getattr(comparison, name) for name in comparison_fields} for comparison in summary.comparisons
        ],
        "alarms_answered": len(summary.alarm_answers),
    }
