"""What the advice is worth: the choice of moves against chance, against last month's, and moves against none."""

from collections.abc import Iterator

from brain.domain.policy_evaluation import PolicyValue, PolicyVerdict
from brain.domain.recommendations.worth import FEWEST_CONTROLS, AdviceWorth
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.welch import Difference

NAME, TITLE = "policy", "What the advice is worth"
COLUMNS = ("moves chosen", "worked", "between", "decisions", "worth of them", "verdict")
RANDOM, BEFORE = "at random", "by last month's beliefs"
# The verdict is on the other policy; the reader asks about the one that advised.
SAID = {
    PolicyVerdict.BETTER: "yours is worse",
    PolicyVerdict.WORSE: "yours is better",
    PolicyVerdict.CANNOT_TELL: "cannot tell",
    PolicyVerdict.NOT_ENOUGH_DATA: "not enough data",
}


def build_section(facts: ReportFacts) -> Section:
    """Return the value of the policy beside two others; ``worked`` is the share of moves whose metric improved."""
    worth = facts.worth
    if worth is None or worth.over_random is None or worth.over_before is None:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, tuple(_too_early(worth)))
    if worth.measured < worth.needed:
        early = (*_counted(worth), *_unmeasured(worth), _control(worth))
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, early, figures=_both(worth))
    verdicts = (_verdict(RANDOM, worth.over_random), _verdict(BEFORE, worth.over_before), _control(worth))
    return Section(
        NAME,
        TITLE,
        SectionStatus.OK,
        (*verdicts, *_unmeasured(worth)),
        COLUMNS,
        (
            ("as they were", f"{worth.over_random.logged_value:.0%}", "", f"{worth.measured}", f"{worth.measured}", ""),
            _row(RANDOM, worth.over_random),
            _row(BEFORE, worth.over_before),
        ),
        _both(worth),
    )


def _too_early(worth: AdviceWorth | None) -> Iterator[str]:
    waiting = worth.waiting if worth else 0
    yield "Not enough data yet: no move's outcome is measured; that takes two weeks from the day on which it was shown."
    if waiting:
        yield f"{waiting} {'move waits' if waiting == 1 else 'moves wait'} for an outcome."


def _counted(worth: AdviceWorth) -> Iterator[str]:
    when = f"; at the present pace enough by {worth.enough_by.isoformat()}" if worth.enough_by else ""
    yield f"Not enough data yet: {worth.measured} moves were measured, {worth.needed} are needed{when}."


def _unmeasured(worth: AdviceWorth) -> Iterator[str]:
    if worth.unmeasured:
        yield f"{worth.unmeasured} more could not be measured: too little was reported of what they should improve."


def _verdict(name: str, value: PolicyValue) -> str:
    ours = f"{value.logged_value:.0%} of the moves worked"
    if value.verdict in (PolicyVerdict.BETTER, PolicyVerdict.WORSE) and value.difference_interval:
        low, high = value.difference_interval
        side = "worse" if value.verdict is PolicyVerdict.BETTER else "better"
        gap = f"between {min(abs(low), abs(high)):.0%} and {max(abs(low), abs(high)):.0%} of the moves"
        return f"Chosen as they were, {ours}: {side} than chosen {name}, by {gap}."
    return f"Against moves chosen {name}: {SAID[value.verdict]}; {value.reason}."


def _control(worth: AdviceWorth) -> str:
    found: Difference | None = worth.better_by
    if found is None:
        return (
            f"Against no advice: not enough data yet; of moves that were kept back, {worth.controls} "
            f"{'is' if worth.controls == 1 else 'are'} measured, {FEWEST_CONTROLS} are needed."
        )
    between = f"between {found.lower:+.0%} and {found.upper:+.0%}, {worth.controls} kept back"
    if not found.is_significant:
        return f"Against no advice: cannot tell ({between})."
    side = "more" if found.estimate > 0 else "less"
    return f"Against no advice: a move that was shown worked {side} often than one that was kept back ({between})."


def _row(name: str, value: PolicyValue) -> tuple[str, ...]:
    between = "" if value.interval is None else f"{value.interval[0]:.0%} to {value.interval[1]:.0%}"
    worked = "unknown" if value.dr is None else f"{value.dr:.0%}"
    return (name, worked, between, f"{value.n}", f"{value.effective_sample_size:.0f}", SAID[value.verdict])


def _both(worth: AdviceWorth) -> dict[str, object]:
    values = {"random": worth.over_random, "before": worth.over_before}
    told = {name: _figures(value) for name, value in values.items() if value}
    return {**told, "measured": worth.measured, "controls": worth.controls, "waiting": worth.waiting}


def _figures(value: PolicyValue) -> dict[str, object]:
    return {
        "n": value.n,
        "ips": value.ips,
        "snips": value.snips,
        "dr": value.dr,
        "interval": list(value.interval) if value.interval else None,
        "effective_sample_size": value.effective_sample_size,
        "logged_value": value.logged_value,
        "difference_interval": list(value.difference_interval) if value.difference_interval else None,
        "verdict": str(value.verdict),
    }
