"""Sorts decisions into spells that share a forecast, and into groups that only their sum can be told of.

Sales after a decision carry its traces, so what would have been without a second decision soon after is forecast from
before the first: from the last days on which nothing had been decided for a while. Decisions on the same days of the
same shop cannot be told apart at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from brain.domain.retail.roi.decision import Decision


@dataclass(frozen=True, slots=True)
class Group:
    """Decisions that are valued as one, by start; mostly a single one."""

    decisions: tuple[Decision, ...]

    @property
    def start(self) -> date:
        """The first day of the first."""
        return self.decisions[0].start

    @property
    def end(self) -> date:
        """The last day of the last."""
        return max(one.end for one in self.decisions)

    @property
    def store_id(self) -> str | None:
        """The store they are all about; None for all or several."""
        named = {one.store_id for one in self.decisions}
        return named.pop() if len(named) == 1 else None

    @property
    def subject(self) -> tuple[str | None, str | None]:
        """Product and category they are all about; both None for the whole shop."""
        named = {(one.product_id, one.category) for one in self.decisions}
        return named.pop() if len(named) == 1 else (None, None)


@dataclass(frozen=True, slots=True)
class Spell:
    """Groups forecast from the end of the day before ``start``."""

    groups: tuple[Group, ...]

    @property
    def start(self) -> date:
        """The first day of any decision of the spell."""
        return min(group.start for group in self.groups)


def spells(decisions: Sequence[Decision], rest_days: int) -> list[Spell]:
    """Return the spells by start: decisions of a store with breaks of fewer than ``rest_days`` are in one."""
    ordered = sorted(decisions, key=lambda one: (one.start, one.decision_id))
    close = _linked(ordered, lambda a, b: _share_store(a, b) and _apart(a, b) < rest_days)
    found = [Spell(tuple(Group(tuple(together)) for together in _linked(members, _inseparable))) for members in close]
    return sorted(found, key=lambda spell: (spell.start, spell.groups[0].decisions[0].decision_id))


def _linked(decisions: Sequence[Decision], linked: Callable[[Decision, Decision], bool]) -> list[list[Decision]]:
    """The connected components, each in the order of ``decisions``."""
    component = list(range(len(decisions)))
    for later, one in enumerate(decisions):
        for earlier in range(later):
            if linked(decisions[earlier], one) and component[earlier] != component[later]:
                old, new = component[later], component[earlier]
                component = [new if place == old else place for place in component]
    return [
        [one for one, place in zip(decisions, component, strict=True) if place == number]
        for number in dict.fromkeys(component)
    ]


def _share_store(a: Decision, b: Decision) -> bool:
    return a.store_id is None or b.store_id is None or a.store_id == b.store_id


def _apart(a: Decision, b: Decision) -> int:
    """Days between the two on which neither runs; below 0 when they overlap."""
    return (max(a.start, b.start) - min(a.end, b.end)).days - 1


def _inseparable(a: Decision, b: Decision) -> bool:
    overlap = _share_store(a, b) and _apart(a, b) < 0
    return overlap and not (_differ(a.product_id, b.product_id) or _differ(a.category, b.category))


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
