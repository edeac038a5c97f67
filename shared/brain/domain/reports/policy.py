"""What the advice is worth: the choice of moves against chance and against last month's, and moves against none."""

from collections.abc import Iterator

from brain.domain.policy_evaluation import PolicyValue, PolicyVerdict
from brain.domain.recommendations.advice_value import MIN_CONTROLS, AdviceValue
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus

NAME, TITLE = "policy", "What the advice is worth"
COLUMNS = ("moves chosen", "worked", "between", "decisions", "worth of them", "verdict")
RANDOM, EARLIER = "at random", "by last month's beliefs"
# The verdict is on the other policy; the reader asks about the one that advised.
VERDICTS = {
    PolicyVerdict.BETTER: "yours is worse",
    PolicyVerdict.WORSE: "yours is better",
    PolicyVerdict.CANNOT_TELL: "cannot tell",
    PolicyVerdict.NOT_ENOUGH_DATA: "not enough data",
}


def build_section(facts: ReportFacts) -> Section:
    """Return the value of the policy and of two others; ``worked`` is the share of moves whose metric improved."""
    advice_value = facts.advice_value
    if advice_value is None or advice_value.random_policy is None or advice_value.earlier_policy is None:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, tuple(_explain_no_outcome(advice_value)))
    if advice_value.measured < advice_value.required:
        lines = (_count_missing(advice_value), *_count_unmeasurable(advice_value), _compare_with_control(advice_value))
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, lines, figures=_list_figures(advice_value))
    logged_value, measured = f"{advice_value.random_policy.logged_value:.0%}", f"{advice_value.measured}"
    return Section(
        NAME,
        TITLE,
        SectionStatus.OK,
        (
            _compare_with_policy(RANDOM, advice_value.random_policy),
            _compare_with_policy(EARLIER, advice_value.earlier_policy),
            _compare_with_control(advice_value),
            *_count_unmeasurable(advice_value),
        ),
        COLUMNS,
        (
            ("as they were", logged_value, "", measured, measured, ""),
            _build_row(RANDOM, advice_value.random_policy),
            _build_row(EARLIER, advice_value.earlier_policy),
        ),
        _list_figures(advice_value),
    )


def _explain_no_outcome(advice_value: AdviceValue | None) -> Iterator[str]:
    waiting = advice_value.waiting if advice_value else 0
    yield "Not enough data yet: no move's outcome is measured; that takes two weeks from the day on which it was shown."
    if waiting:
        yield f"{waiting} {'move waits' if waiting == 1 else 'moves wait'} for an outcome."


def _count_missing(advice_value: AdviceValue) -> str:
    enough_by = advice_value.enough_by
    when = f"; at the present pace enough by {enough_by.isoformat()}" if enough_by else ""
    measured = f"{advice_value.measured} {'move was' if advice_value.measured == 1 else 'moves were'} measured"
    return f"Not enough data yet: {measured}, {advice_value.required} are needed{when}."


def _count_unmeasurable(advice_value: AdviceValue) -> Iterator[str]:
    if advice_value.unmeasurable:
        reason = "too little was reported of what they should improve"
        yield f"{advice_value.unmeasurable} more could not be measured: {reason}."


def _compare_with_policy(name: str, policy_value: PolicyValue) -> str:
    worked = f"{policy_value.logged_value:.0%} of the moves worked"
    if policy_value.verdict in (PolicyVerdict.BETTER, PolicyVerdict.WORSE) and policy_value.difference_interval:
        low, high = policy_value.difference_interval
        side = "worse" if policy_value.verdict is PolicyVerdict.BETTER else "better"
        gap = f"between {min(abs(low), abs(high)):.0%} and {max(abs(low), abs(high)):.0%} of the moves"
        return f"Chosen as they were, {worked}: {side} than chosen {name}, by {gap}."
    return f"Against moves chosen {name}: {VERDICTS[policy_value.verdict]}; {policy_value.reason}."


def _compare_with_control(advice_value: AdviceValue) -> str:
    lift, controls = advice_value.lift_over_control, advice_value.controls
    if lift is None:
        return (
            f"Against no advice: not enough data yet; of moves that were kept back, {controls} "
            f"{'is' if controls == 1 else 'are'} measured, {MIN_CONTROLS} are needed."
        )
    between = f"between {lift.lower:+.0%} and {lift.upper:+.0%}, {controls} kept back"
    if not lift.is_significant:
        return f"Against no advice: cannot tell ({between})."
    side = "more" if lift.estimate > 0 else "less"
    return f"Against no advice: a move that was shown worked {side} often than one that was kept back ({between})."


def _build_row(name: str, policy_value: PolicyValue) -> tuple[str, ...]:
    between = (
        "" if policy_value.interval is None else f"{policy_value.interval[0]:.0%} to {policy_value.interval[1]:.0%}"
    )
    worked = "unknown" if policy_value.dr is None else f"{policy_value.dr:.0%}"
    return (
        name,
        worked,
        between,
        f"{policy_value.n}",
        f"{policy_value.effective_sample_size:.0f}",
        VERDICTS[policy_value.verdict],
    )


def _list_figures(advice_value: AdviceValue) -> dict[str, object]:
    values = {"random": advice_value.random_policy, "before": advice_value.earlier_policy}
    policies = {name: _value_to_document(policy_value) for name, policy_value in values.items() if policy_value}
    counts = {"measured": advice_value.measured, "controls": advice_value.controls, "waiting": advice_value.waiting}
    return {**policies, **counts}


def _value_to_document(policy_value: PolicyValue) -> dict[str, object]:
    return {
        "n": policy_value.n,
        "ips": policy_value.ips,
        "snips": policy_value.snips,
        "dr": policy_value.dr,
        "interval": list(policy_value.interval) if policy_value.interval else None,
        "effective_sample_size": policy_value.effective_sample_size,
        "logged_value": policy_value.logged_value,
        "difference_interval": list(policy_value.difference_interval) if policy_value.difference_interval else None,
        "verdict": str(policy_value.verdict),
    }
