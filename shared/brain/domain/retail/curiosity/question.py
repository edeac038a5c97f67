"""A question about the sales of one store or product on one night, with the test over all days so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from brain.domain.retail.curiosity.config import CuriosityLimits
from brain.domain.retail.curiosity.effect_estimate import estimate_effect
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState, build_hypothesis_id
from brain.domain.retail.curiosity.question_batch import ALL_DAYS, QuestionBatch
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES
from brain.domain.statistics.circular_shift import ShiftTests


@dataclass(frozen=True, slots=True)
class QuestionSubject:
    """Whose sales a question is about; ``*`` stands for all stores, or for all products of a store."""

    store_id: str
    product_id: str = ALL_PRODUCTS

    @property
    def is_total(self) -> bool:
        """Whether it is the total of a store or of the chain rather than a product."""
        return self.product_id == ALL_PRODUCTS

    def __str__(self) -> str:
        store = "all stores" if self.store_id == ALL_STORES else f"store {self.store_id}"
        return store if self.is_total else f"{self.product_id} in {store}"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Row ``row`` of ``batch``.

    ``tests`` holds the tests of the batch over all days, ``previous`` the question's entry of the night before.
    """

    subject: QuestionSubject
    batch: QuestionBatch
    row: int
    tests: ShiftTests
    days: int
    occurrences: int
    previous: HypothesisEntry | None

    @property
    def hypothesis_id(self) -> str:
        """The id of the hypothesis, the same every night."""
        return _hypothesis_id(self.batch, self.row, self.subject)

    @property
    def p_value(self) -> float:
        """Two-sided p-value over all days."""
        return float(self.tests.p_value[self.row])

    @property
    def z(self) -> float:
        """Studentized association over all days."""
        return float(self.tests.z[self.row])

    @property
    def last_day(self) -> date:
        """The last day with sales."""
        last_day: date = self.batch.outcome.days[-1].item()
        return last_day

    def window(self, after: date, until: date | None = None) -> slice:
        """Return the days after ``after``, up to and including ``until``, as a slice of the arrays."""
        first_day: date = self.batch.outcome.days[0].item()
        stop = None if until is None else max(0, (until - first_day).days + 1)
        return slice(max(0, (after - first_day).days + 1), stop)

    def extract_batch(self) -> QuestionBatch:
        """Return a batch of the same days with this question only."""
        return self.batch.select_rows([self.row])

    def build_entry(self, night: date, state: HypothesisState, **columns: Any) -> HypothesisEntry:
        """Return the ledger entry of this question; ``columns`` are further attributes of the entry."""
        template = self.batch.templates[self.row]
        counts = {"n": self.days, "occurrences": self.occurrences}
        return HypothesisEntry(
            hypothesis_id=self.hypothesis_id,
            night=night,
            template=template.id,
            question=template.question,
            store_id=self.subject.store_id,
            product_id=self.subject.product_id,
            state=state,
            **{**counts, **columns},
        )


def build_questions(
    batches: Mapping[QuestionSubject, QuestionBatch], latest: Mapping[str, HypothesisEntry]
) -> list[Question]:
    """Return every question of the night in a stable order; ``latest`` holds the latest entries by hypothesis id."""
    ordered = sorted(batches.items(), key=lambda pair: (pair[0].store_id, pair[0].product_id))
    return [
        Question(subject, batch, row, tests, days, occurrences, latest.get(_hypothesis_id(batch, row, subject)))
        for subject, batch in ordered
        for tests in [batch.run_tests()]
        for row, (days, occurrences) in enumerate(zip(batch.count_days(), batch.count_occurrences(), strict=True))
    ]


def describe_effect(
    batch: QuestionBatch, tests: ShiftTests, row: int, limits: CuriosityLimits, window: slice = ALL_DAYS
) -> dict[str, Any]:
    """Return effect, interval and counts as attributes of an entry; no effect where the test was not possible."""
    counts = {"n": batch.count_days(window)[row], "occurrences": batch.count_occurrences(window)[row]}
    if not np.isfinite(tests.z[row]):
        return counts
    estimate = estimate_effect(tests, row, limits.interval)
    return {"effect": estimate.effect, "lower": estimate.lower, "upper": estimate.upper, **counts}


def _hypothesis_id(batch: QuestionBatch, row: int, subject: QuestionSubject) -> str:
    return build_hypothesis_id(batch.templates[row].id, subject.store_id, subject.product_id)
