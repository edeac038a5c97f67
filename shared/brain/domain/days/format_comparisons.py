"""Each content type compared with the other content of its platform."""

from collections.abc import Iterator
from datetime import timedelta

from brain.domain.days.comparisons import RateComparison, build_rate_sample
from brain.domain.days.facts import ClientFacts
from brain.domain.days.sums import Sums, parse_content_type, parse_platform


def compare_formats(facts: ClientFacts) -> Iterator[RateComparison]:
    """Yield a comparison per content type that shares its platform with others in the comparison window."""
    groups = _collect_sums_by_group(facts)
    for group, sums in sorted(groups.items()):
        platform = parse_platform(group)
        others = [
            other_sums
            for other, sums_of_other in groups.items()
            if other != group and parse_platform(other) == platform
            for other_sums in sums_of_other
        ]
        if others:
            strata = [(build_rate_sample(sums), build_rate_sample(others))]
            yield RateComparison(platform, {"content_type": parse_content_type(group)}, strata)


def _collect_sums_by_group(facts: ClientFacts) -> dict[str, list[Sums]]:
    window_days = facts.config.comparisons.window_days
    groups: dict[str, list[Sums]] = {}
    for days_before_end in range(window_days, 0, -1):
        day = (facts.end - timedelta(days=days_before_end)).isoformat()
        for group, sums in facts.days.get(day, {}).items():
            groups.setdefault(group, []).append(sums)
    return groups
