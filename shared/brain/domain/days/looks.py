"""One look at one difference, and the claim that all looks of a report together allow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from brain.domain.days.sums import LOG_SCALE, Sums
from brain.domain.reports import figures
from brain.domain.reports.report import Facts
from brain.domain.statistics.stratified import stratified_difference
from brain.domain.statistics.welch import Difference, Sample, welch_difference

# Sections that share a report's chance of a false claim: activity, formats, timing, campaigns and fatigue.
SECTIONS = 5


@dataclass(frozen=True, slots=True)
class Look:
    """Something compared with the rest of its platform, within strata that are alike in all else that is known.

    ``what`` names it in the figures, such as ``{"content_type": "photo"}``.
    """

    platform: str
    what: dict[str, object]
    strata: Sequence[tuple[Sample, Sample]]

    @property
    def own(self) -> int:
        """How many events it has."""
        return sum(own.count for own, rest in self.strata if rest.count)

    @property
    def rest(self) -> int:
        """How many events it is compared with."""
        return sum(rest.count for own, rest in self.strata if own.count)


def level(facts: Facts, looks: int) -> float:
    """Return the chance of a false claim that one of ``looks`` in a section may take (Bonferroni)."""
    return facts.config.comparisons.false_claims / SECTIONS / max(looks, 1)


def enough(looks: Sequence[Look], facts: Facts) -> list[Look]:
    """Return the looks with enough events on either side."""
    least = facts.config.comparisons.minimum_events
    return [look for look in looks if min(look.own, look.rest) >= least]


def compare(looks: Sequence[Look], facts: Facts) -> list[tuple[Look, Difference]]:
    """Return each look with its difference of log rates, all of them together at the section's level."""
    alpha = level(facts, len(looks))
    found = [(look, _difference(look, alpha)) for look in looks]
    return [(look, differs) for look, differs in found if differs]


def _difference(look: Look, alpha: float) -> Difference | None:
    if len(look.strata) == 1:
        ((own, rest),) = look.strata
        return welch_difference(own, rest, alpha=alpha)
    return stratified_difference(look.strata, alpha=alpha)


def sample(sums: Sequence[Sums]) -> Sample:
    """Return the log engagement rates of events as a sample, in natural units."""
    count, total, squared = (
        sum(s.get(name, 0) for s in sums) for name in ("rated", "log_rate_milli", "log_rate_milli_squared")
    )
    return Sample(count, total / LOG_SCALE, squared / LOG_SCALE**2)


def row(look: Look, name: str, found: Difference) -> tuple[str, ...]:
    """Return a look's row: platform, what, events, against, the change with its interval, whether it is sure."""
    ratio = f"{figures.change(math.exp(found.estimate))} ({figures.change_range(found.lower, found.upper)})"
    sure = "yes" if found.is_significant else "no"
    return (look.platform, name, figures.count(look.own), figures.count(look.rest), ratio, sure)


def claim(look: Look, found: Difference) -> str:
    """Return the numbers of a claim: how many times, between what, from how many events."""
    interval = f"{math.exp(found.lower):.2f} to {math.exp(found.upper):.2f}"
    return (
        f"{math.exp(found.estimate):.2f} times (between {interval}; {figures.count(look.own)} against "
        f"{figures.count(look.rest)} events)"
    )


def effect(look: Look, found: Difference) -> dict[str, object]:
    """Return a look's figures for machines: ratios of engagement rates."""
    return {
        "platform": look.platform,
        **look.what,
        "events": look.own,
        "against": look.rest,
        "ratio": math.exp(found.estimate),
        "lower": math.exp(found.lower),
        "upper": math.exp(found.upper),
        "claimed": found.is_significant,
    }


def strata(cells: Sequence[tuple[object, bool, Sums]]) -> list[tuple[Sample, Sample]]:
    """Return a pair of samples a stratum from ``cells`` (stratum, whether it is looked at, sums)."""
    found: dict[object, tuple[list[Sums], list[Sums]]] = {}
    for stratum, own, sums in cells:
        found.setdefault(stratum, ([], []))[0 if own else 1].append(sums)
    return [(sample(own), sample(rest)) for own, rest in found.values()]
