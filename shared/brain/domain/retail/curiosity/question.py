"""One question about one store's product on one night, with what its days say so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from brain.domain.retail.curiosity.config import Limits
from brain.domain.retail.curiosity.estimates import estimate
from brain.domain.retail.curiosity.ledger import Entry, State, hypothesis_id
from brain.domain.retail.curiosity.questions import EVERY_DAY, Asked
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES
from brain.domain.statistics.circular_shift import ShiftTests


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose sales are asked about; ``*`` is all stores, or all products of a store."""

    store_id: str
    product_id: str = ALL_PRODUCTS

    @property
    def is_total(self) -> bool:
        """Whether it is a store's or the chain's total, and not one product."""
        return self.product_id == ALL_PRODUCTS

    def __str__(self) -> str:
        store = "all stores" if self.store_id == ALL_STORES else f"store {self.store_id}"
        return store if self.is_total else f"{self.product_id} in {store}"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Row ``row`` of ``asked``; ``tests`` are the answers of all days, ``prior`` its entry of the night before."""

    subject: Subject
    asked: Asked
    row: int
    tests: ShiftTests
    days: int
    occurrences: int
    prior: Entry | None

    @property
    def identity(self) -> str:
        """The hypothesis' id, the same every night."""
        return hypothesis_id(self.asked.templates[self.row].id, self.subject.store_id, self.subject.product_id)

    @property
    def p_value(self) -> float:
        """Two-sided, over all days."""
        return float(self.tests.p_value[self.row])

    @property
    def z(self) -> float:
        """The studentised association over all days."""
        return float(self.tests.z[self.row])

    @property
    def last_day(self) -> date:
        """The last day known this night."""
        last: date = self.asked.outcome.days[-1].item()
        return last

    def window(self, after: date, until: date | None = None) -> slice:
        """The days after ``after``, up to and with ``until``, as a slice of the arrays."""
        first: date = self.asked.outcome.days[0].item()
        stop = None if until is None else max(0, (until - first).days + 1)
        return slice(max(0, (after - first).days + 1), stop)

    def alone(self) -> Asked:
        """The same days with this question only."""
        return self.asked.keeping([self.row])

    def entry(self, night: date, state: State, **found: Any) -> Entry:
        """The ledger's entry of this question."""
        template = self.asked.templates[self.row]
        counts = {"n": self.days, "occurrences": self.occurrences}
        return Entry(
            hypothesis_id=self.identity,
            night=night,
            template=template.id,
            question=template.question,
            store_id=self.subject.store_id,
            product_id=self.subject.product_id,
            state=state,
            **{**counts, **found},
        )


def questions_of(subjects: Mapping[Subject, Asked], latest: Mapping[str, Entry]) -> list[Question]:
    """Every question of the night, in a stable order."""
    return [
        Question(subject, asked, row, tests, days, occurrences, latest.get(_identity(asked, row, subject)))
        for subject, asked in sorted(subjects.items(), key=lambda one: (one[0].store_id, one[0].product_id))
        for tests in [asked.tests()]
        for row, (days, occurrences) in enumerate(zip(asked.days(), asked.occurrences(), strict=True))
    ]


def _identity(asked: Asked, row: int, subject: Subject) -> str:
    return hypothesis_id(asked.templates[row].id, subject.store_id, subject.product_id)


def answer(asked: Asked, tests: ShiftTests, row: int, limits: Limits, window: slice = EVERY_DAY) -> dict[str, Any]:
    """The columns of an estimate: effect, interval and counts; no effect where the test could not be made."""
    counts = {"n": asked.days(window)[row], "occurrences": asked.occurrences(window)[row]}
    if not np.isfinite(tests.z[row]):
        return counts
    found = estimate(tests, row, limits.interval)
    return {"effect": found.effect, "lower": found.lower, "upper": found.upper, **counts}
