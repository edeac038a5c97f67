"""The proof that nothing was lost: every answered item against the documents and entries that must be there for it.

An answered item is a stored event, a revision, or counted in the entry of its request. What was kept aside must be in
its dead letter still, or have a settlement that says what became of it, or have expired with it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ENDS: Final = ("stored", "revised", "duplicate", "rejected", "ignored", "dead_lettered", "settled", "expired")
BOOKED: Final = ("duplicate", "rejected", "ignored", "dead_lettered")


@dataclass(frozen=True, slots=True)
class Sending:
    """What a request's entry in the books says: its hour, its ends, and the dead letter that keeps the rest."""

    hour: str
    ends: Mapping[str, int]
    dead_letter_id: str | None


@dataclass(slots=True)
class Account:
    """What there is of one client's; ``letters`` and ``settlements`` say how many events replays made of each.

    ``kept_since`` is the hour (as the books name it) from which on a dead letter cannot have expired.
    """

    kept_since: str = ""
    stored: Counter[str] = field(default_factory=Counter)
    revised: Counter[str] = field(default_factory=Counter)
    sendings: list[Sending] = field(default_factory=list)
    letters: dict[str, int] = field(default_factory=dict)
    settlements: dict[str, int] = field(default_factory=dict)

    def hours(self) -> dict[str, dict[str, int]]:
        """Return for each hour of receipt its ends, ``sent``, ``accounted`` and ``difference``."""
        found: dict[str, Counter[str]] = {}
        for end, counts in (("stored", self.stored), ("revised", self.revised)):
            for hour, number in counts.items():
                found.setdefault(hour, Counter())[end] += number
        for sending in self.sendings:
            ends = found.setdefault(sending.hour, Counter())
            ends.update({name: sending.ends.get(name, 0) for name in ("duplicate", "rejected", "ignored")})
            ends[self._fate(sending)] += sending.ends.get("dead_lettered", 0)
        self._take_back(found)
        return {hour: _proof(ends) for hour, ends in sorted(found.items())}

    def _fate(self, sending: Sending) -> str:
        """Return what became of what a request had kept aside."""
        name = sending.dead_letter_id
        if name in self.letters:
            return "dead_lettered"
        if name in self.settlements:
            return "settled"
        return "expired" if sending.hour < self.kept_since else "lost"

    def _take_back(self, found: Mapping[str, Counter[str]]) -> None:
        """Count what replays made events of once: as the events, in the hour in which the request came first."""
        first: dict[str, Sending] = {}
        for sending in sorted(self.sendings, key=lambda one: one.hour):
            if sending.dead_letter_id:
                first.setdefault(sending.dead_letter_id, sending)
        for name, sending in first.items():
            taken = max(self.letters.get(name, 0), self.settlements.get(name, 0))
            if taken:
                found[sending.hour][self._fate(sending)] -= taken


def in_all(hours: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums over hours."""
    total: Counter[str] = Counter(dict.fromkeys((*ENDS, "sent", "accounted", "difference"), 0))
    for one in hours:
        for name, number in one.items():
            total[name] += number
    return dict(total)


def _proof(ends: Counter[str]) -> dict[str, int]:
    accounted = sum(ends[name] for name in ENDS)
    sent = accounted + ends["lost"]
    return {**{name: ends[name] for name in ENDS}, "sent": sent, "accounted": accounted, "difference": sent - accounted}


def sending_from(entry: Mapping[str, Any]) -> Sending:
    """Return what an entry of the books says."""
    ends = {name: entry[name] for name in BOOKED if name in entry}
    return Sending(entry["hour"], ends, entry.get("dead_letter_id"))
