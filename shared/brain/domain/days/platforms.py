"""The platforms of a client that analyses look at: bounded, since senders choose their names."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from brain.domain.days import sums
from brain.domain.days.sums import Sums

MAX_PLATFORMS = 25


def select_platforms(days: Mapping[str, Mapping[str, Sums]]) -> list[str]:
    """Return the platforms with events, in order; of more than ``MAX_PLATFORMS`` those with events on the most days.

    Among platforms with as many days, those with more events are preferred.

    Example:
        >>> select_platforms({"2026-11-22": {"x|photo": {"events": 1}, "x|text": {"events": 1}, "email|other": {}}})
        ['email', 'x']
    """
    active_days: defaultdict[str, set[str]] = defaultdict(set)
    events: Counter[str] = Counter()
    for day, groups in days.items():
        for group, group_sums in groups.items():
            platform = sums.parse_platform(group)
            active_days[platform].add(day)
            events[platform] += group_sums.get("events", 0)
    ranked = sorted(active_days, key=lambda platform: (-len(active_days[platform]), -events[platform], platform))
    return sorted(ranked[:MAX_PLATFORMS])
