"""The ledger's entries: every question of every night with what was found, nothing included, and where it stands."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where a question stands."""

    TOO_LITTLE_DATA = "too_little_data"
    NOTHING = "nothing"
    REFUTED = "refuted"
    LEAD = "lead"
    NOT_CONFIRMED = "not_confirmed"
    FINDING = "finding"
    RETIRED = "retired"


ASKED_AFRESH = frozenset({State.TOO_LITTLE_DATA, State.NOTHING, State.REFUTED})
"""States after which a question is simply asked again the next night."""

RESTING = frozenset({State.NOT_CONFIRMED, State.RETIRED})
"""States after which a question rests before it is asked again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One question on one night.

    ``effect`` (with ``lower`` and ``upper``) is the relative change of a day's sales where the signal says yes, or
    for one standard deviation more of a reading. ``p_value`` belongs to the last test made: two-sided over all days
    for a question, one-sided on the days since ``tested_from`` for a confirmation. ``alpha`` is the level of a
    confirmation on its own night, and None on every other. ``detectable_effect``: the smallest effect that would have
    been found with the power of the configuration. ``asked_on``: the last day known when the lead arose. ``due_on``:
    when a lead is confirmed or dropped; for what was confirmed, dropped or retired, the night that happened.
    """

    hypothesis_id: str
    night: date
    template: str
    question: str
    store_id: str
    product_id: str
    state: State
    n: int
    occurrences: int
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    alpha: float | None = None
    detectable_effect: float | None = None
    asked_on: date | None = None
    due_on: date | None = None
    tested_from: date | None = None
    refuters: str | None = None
    note: str | None = None

    def as_row(self) -> dict[str, Any]:
        """The entry as a row of ``brain_hypotheses``."""
        return {name: getattr(self, name) for name in self.__slots__} | {"state": str(self.state)}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Entry":
        """An entry from a row of ``brain_hypotheses``."""
        return cls(**{**row, "state": State(row["state"])})


def hypothesis_id(template: str, store_id: str, product_id: str) -> str:
    """The name of a question about a store's product: the same every night."""
    return f"{template}@{store_id}/{product_id}"
