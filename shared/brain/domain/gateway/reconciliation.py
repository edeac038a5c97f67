"""Reconciliation: every item that was answered, held against the documents and counters that must exist for it.

An answered item is a stored event, a revision, or counted by the counter of its delivery. A dead-lettered item must
still be in its dead letter, or have a settlement that records what became of it, or have expired with its dead letter.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

OUTCOMES: Final = ("stored", "revised", "duplicate", "rejected", "ignored", "dead_lettered", "settled", "expired")
COUNTED_OUTCOMES: Final = ("duplicate", "rejected", "ignored", "dead_lettered")


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """The counter of one delivery: its hour, the number of items per outcome, and its dead letter."""

    hour: str
    outcomes: Mapping[str, int]
    dead_letter_id: str | None


def counts_from_document(counter: Mapping[str, Any]) -> DeliveryCounts:
    """Return the counts of a delivery's counter document."""
    outcomes = {name: counter[name] for name in COUNTED_OUTCOMES if name in counter}
    return DeliveryCounts(counter["hour"], outcomes, counter.get("dead_letter_id"))


@dataclass(slots=True)
class Reconciliation:
    """Everything that is stored of one client's deliveries.

    Attributes:
        unexpired_since: the first hour whose dead letters cannot have expired yet, such as ``2026-11-22T07``.
        stored: the number of stored events per hour.
        revised: the number of revisions per hour.
        deliveries: the counters of deliveries.
        dead_letters: per dead letter, how many events its replays made so far.
        settlements: per settled dead letter, how many events its replays made.
    """

    unexpired_since: str = ""
    stored: Counter[str] = field(default_factory=Counter)
    revised: Counter[str] = field(default_factory=Counter)
    deliveries: list[DeliveryCounts] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)
    settlements: dict[str, int] = field(default_factory=dict)

    def by_hour(self) -> dict[str, dict[str, int]]:
        """Return per hour of receipt the outcomes, ``sent``, ``accounted`` and ``difference``."""
        hours: dict[str, Counter[str]] = {}
        for outcome, counts in (("stored", self.stored), ("revised", self.revised)):
            for hour, count in counts.items():
                hours.setdefault(hour, Counter())[outcome] += count
        for delivery in self.deliveries:
            outcomes = hours.setdefault(delivery.hour, Counter())
            outcomes.update({name: delivery.outcomes.get(name, 0) for name in ("duplicate", "rejected", "ignored")})
            outcomes[self._dead_letter_outcome(delivery)] += delivery.outcomes.get("dead_lettered", 0)
        self._subtract_replayed(hours)
        return {hour: _balance(outcomes) for hour, outcomes in sorted(hours.items())}

    def _dead_letter_outcome(self, delivery: DeliveryCounts) -> str:
        """Return what became of the dead-lettered items of a delivery."""
        dead_letter_id = delivery.dead_letter_id
        if dead_letter_id in self.dead_letters:
            return "dead_lettered"
        if dead_letter_id in self.settlements:
            return "settled"
        return "expired" if delivery.hour < self.unexpired_since else "lost"

    def _subtract_replayed(self, hours: Mapping[str, Counter[str]]) -> None:
        """Count what replays turned into events only as events, in the hour of the request's first delivery."""
        first_deliveries: dict[str, DeliveryCounts] = {}
        for delivery in sorted(self.deliveries, key=lambda delivery: delivery.hour):
            if delivery.dead_letter_id:
                first_deliveries.setdefault(delivery.dead_letter_id, delivery)
        for dead_letter_id, delivery in first_deliveries.items():
            event_count = max(self.dead_letters.get(dead_letter_id, 0), self.settlements.get(dead_letter_id, 0))
            if event_count:
                hours[delivery.hour][self._dead_letter_outcome(delivery)] -= event_count


def sum_hours(hours: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the totals over hours."""
    totals: Counter[str] = Counter(dict.fromkeys((*OUTCOMES, "sent", "accounted", "difference"), 0))
    for counts in hours:
        for name, count in counts.items():
            totals[name] += count
    return dict(totals)


def _balance(outcomes: Counter[str]) -> dict[str, int]:
    counts = {name: outcomes[name] for name in OUTCOMES}
    accounted = sum(counts.values())
    sent = accounted + outcomes["lost"]
    return {**counts, "sent": sent, "accounted": accounted, "difference": sent - accounted}
