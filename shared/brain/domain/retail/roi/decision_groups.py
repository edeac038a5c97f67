"""Sort decisions into spells that share a forecast, and into groups that can only be valued together.

Sales after a decision bear its traces, so the counterfactual of a second decision soon after it is forecast from
before the first one: from the last days on which nothing had been decided for a while. Decisions on the same days of
the same shop cannot be told apart at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

from brain.domain.retail.roi.shop_decision import ShopDecision

DecisionSubject: TypeAlias = tuple[str | None, str | None]
"""The product and the category that a decision is about; both None for the whole shop."""


@dataclass(frozen=True, slots=True)
class DecisionGroup:
    """Decisions that are valued as one, by start; mostly a single decision."""

    decisions: tuple[ShopDecision, ...]

    @property
    def start(self) -> date:
        """The first day of the first decision."""
        return self.decisions[0].start

    @property
    def end(self) -> date:
        """The last day of any decision."""
        return max(decision.end for decision in self.decisions)

    @property
    def store_id(self) -> str | None:
        """The store that all decisions are about; None for all or several stores."""
        store_ids = {decision.store_id for decision in self.decisions}
        return store_ids.pop() if len(store_ids) == 1 else None

    @property
    def subject(self) -> DecisionSubject:
        """The product and category that all decisions are about."""
        subjects = {(decision.product_id, decision.category) for decision in self.decisions}
        return subjects.pop() if len(subjects) == 1 else (None, None)

    @property
    def cost(self) -> float:
        """The sum of the costs."""
        return float(sum(decision.cost for decision in self.decisions))


@dataclass(frozen=True, slots=True)
class DecisionSpell:
    """Groups that are forecast from the end of the day before ``start``."""

    groups: tuple[DecisionGroup, ...]

    @property
    def start(self) -> date:
        """The first day of any decision of the spell."""
        return min(group.start for group in self.groups)


class DecisionRelation(Protocol):
    """A symmetric relation between two decisions."""

    def __call__(self, a: ShopDecision, b: ShopDecision, /) -> bool:
        """Return whether the decisions are related."""


def group_into_spells(decisions: Sequence[ShopDecision], rest_days: int) -> list[DecisionSpell]:
    """Return the spells by start; decisions of a store fewer than ``rest_days`` apart are in one spell."""
    ordered = sorted(decisions, key=lambda decision: (decision.start, decision.decision_id))
    spells = [
        DecisionSpell(tuple(DecisionGroup(tuple(members)) for members in _connect(spell_decisions, _is_inseparable)))
        for spell_decisions in _connect(ordered, lambda a, b: _share_store(a, b) and _days_between(a, b) < rest_days)
    ]
    return sorted(spells, key=lambda spell: (spell.start, spell.groups[0].decisions[0].decision_id))


def _connect(decisions: Sequence[ShopDecision], is_related: DecisionRelation) -> list[list[ShopDecision]]:
    """Return the connected components of the relation, each in the order of ``decisions``."""
    components = list(range(len(decisions)))
    for later in range(len(decisions)):
        for earlier in range(later):
            if is_related(decisions[earlier], decisions[later]) and components[earlier] != components[later]:
                old, new = components[later], components[earlier]
                components = [new if component == old else component for component in components]
    return [
        [decision for decision, component in zip(decisions, components, strict=True) if component == selected]
        for selected in dict.fromkeys(components)
    ]


def _share_store(a: ShopDecision, b: ShopDecision) -> bool:
    return a.store_id is None or b.store_id is None or a.store_id == b.store_id


def _days_between(a: ShopDecision, b: ShopDecision) -> int:
    """Return the number of days between the two on which neither runs; negative when they overlap."""
    return (max(a.start, b.start) - min(a.end, b.end)).days - 1


def _is_inseparable(a: ShopDecision, b: ShopDecision) -> bool:
    """Return whether the two run on the same days and are not about different products or categories."""
    overlap = _share_store(a, b) and _days_between(a, b) < 0
    return overlap and not (_differ(a.product_id, b.product_id) or _differ(a.category, b.category))


def _differ(a: str | None, b: str | None) -> bool:
    return a is not None and b is not None and a != b
