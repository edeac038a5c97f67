"""All questions about one sales series, tested together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from brain.domain.retail.curiosity.config import CuriosityLimits, QuestionTemplate
from brain.domain.retail.curiosity.sales_outcome import SalesOutcome
from brain.domain.retail.curiosity.transformations import count_spells
from brain.domain.statistics.circular_shift import ShiftTests, run_shift_tests
from brain.domain.types import Floats

ALL_DAYS = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class QuestionBatch:
    """The questions that one series can answer, one per row.

    Attributes:
        templates: the template of each question.
        outcome: the prepared sales.
        signals: whitened signals, (questions, days).
        raw_signals: signals before whitening, (questions, days): 0 or 1 for a flag, NaN where unknown.
        is_flag: for each question whether its signal is a flag; otherwise its unit is one standard deviation.
    """

    templates: tuple[QuestionTemplate, ...]
    outcome: SalesOutcome
    signals: Floats
    raw_signals: Floats
    is_flag: tuple[bool, ...]

    def run_tests(self, window: slice = ALL_DAYS) -> ShiftTests:
        """Test every question on the days of ``window``."""
        outcome = self.outcome
        return run_shift_tests(outcome.innovation[window], outcome.observed[window], self.signals[:, window])

    def count_days(self, window: slice = ALL_DAYS) -> list[int]:
        """Return for each question the number of open days with a known signal."""
        is_known = np.isfinite(self.raw_signals[:, window]) & (self.outcome.observed[window] > 0)
        return [int(count) for count in is_known.sum(axis=1)]

    def count_occurrences(self, window: slice = ALL_DAYS) -> list[int]:
        """Return for each question the number of separate spells of its flag, or of days for a reading."""
        on_open_days = np.where(self.outcome.observed[window] > 0, self.raw_signals[:, window], np.nan)
        return [
            count_spells(row) if is_flag else days
            for row, is_flag, days in zip(on_open_days, self.is_flag, self.count_days(window), strict=True)
        ]

    def select_rows(self, rows: Sequence[int]) -> "QuestionBatch":
        """Return the batch with these questions only."""
        return replace(
            self,
            templates=tuple(self.templates[row] for row in rows),
            signals=self.signals[list(rows)],
            raw_signals=self.raw_signals[list(rows)],
            is_flag=tuple(self.is_flag[row] for row in rows),
        )


def build_question_batch(
    templates: Sequence[QuestionTemplate], signals: Sequence[Floats], outcome: SalesOutcome
) -> QuestionBatch:
    """Return the batch of ``templates`` with their transformed ``signals``, each (days,), on an outcome."""
    raw_signals = np.array(signals).reshape(len(templates), len(outcome.days))
    is_flag = tuple(_is_flag(row) for row in raw_signals)
    return QuestionBatch(tuple(templates), outcome, outcome.whiten_signals(raw_signals), raw_signals, is_flag)


def has_enough_data(days: int, occurrences: int, limits: CuriosityLimits) -> bool:
    """Return whether a question can be tested at all."""
    return days >= limits.least_days and occurrences >= limits.least_spells


def _is_flag(row: Floats) -> bool:
    """Return whether a row holds nothing but yes and no, or for a chain the share of stores that say yes."""
    is_known = row[np.isfinite(row)]
    return bool(((is_known >= 0) & (is_known <= 1)).all())
