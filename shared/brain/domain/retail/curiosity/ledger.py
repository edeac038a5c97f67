"""The hypothesis ledger: every question of every night with its result and state, null results included."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class HypothesisState(StrEnum):
    """The state of a question after a night."""

    TOO_LITTLE_DATA = "too_little_data"
    NOTHING = "nothing"
    REFUTED = "refuted"
    LEAD = "lead"
    NOT_CONFIRMED = "not_confirmed"
    FINDING = "finding"
    RETIRED = "retired"


SCREENED_STATES = frozenset({HypothesisState.TOO_LITTLE_DATA, HypothesisState.NOTHING, HypothesisState.REFUTED})
"""States after which a question is screened again the next night."""

RESTING_STATES = frozenset({HypothesisState.NOT_CONFIRMED, HypothesisState.RETIRED})
"""States after which a question rests before it is screened again."""


@dataclass(frozen=True, slots=True)
class HypothesisEntry:
    """The entry of one question on one night.

    Attributes:
        hypothesis_id: the id of the question, the same every night.
        night: the last day with sales.
        template: the id of the question's template.
        question: the question in words.
        store_id: the store whose sales are asked about; "*" is all stores.
        product_id: the product; "*" is the store's total.
        state: the state after this night.
        n: days that the effect is estimated on.
        occurrences: occurrences of the signal on those days.
        effect: relative change of a day's sales where the flag is set, or per standard deviation of a reading.
        lower: lower bound of the effect.
        upper: upper bound of the effect.
        p_value: p-value of the last test: two-sided over all days for a screening, one-sided on the days since
            ``tested_from`` for a confirmation.
        alpha: level of a confirmation on the night it was made; None on every other night.
        detectable_effect: the smallest effect that would have been found with the configured power.
        asked_on: the last day with sales when the lead arose.
        due_on: when a lead will be confirmed or dropped; afterwards the night on which it was confirmed, dropped or
            retired.
        tested_from: the first day of a confirmation's data.
        refuters: the verdicts of the refuters as JSON.
        note: what readers are told about the state.
    """

    hypothesis_id: str
    night: date
    template: str
    question: str
    store_id: str
    product_id: str
    state: HypothesisState
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

    def to_row(self) -> dict[str, Any]:
        """Return the entry as a row of ``brain_hypotheses``."""
        return {name: getattr(self, name) for name in self.__slots__} | {"state": str(self.state)}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "HypothesisEntry":
        """Return the entry in a row of ``brain_hypotheses``."""
        return cls(**{**row, "state": HypothesisState(row["state"])})


def build_hypothesis_id(template_id: str, store_id: str, product_id: str) -> str:
    """Return the id of a question about the sales of a product in a store.

    >>> build_hypothesis_id("rain", "kiel", "*")
    'rain@kiel/*'
    """
    return f"{template_id}@{store_id}/{product_id}"
