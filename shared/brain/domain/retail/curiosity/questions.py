"""Puts every template to one series at once: what can be asked of it, and what its days answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from brain.domain.retail.curiosity.config import Limits, Template
from brain.domain.retail.curiosity.outcome import Outcome
from brain.domain.retail.curiosity.transformations import spells
from brain.domain.statistics.circular_shift import ShiftTests, run_shift_tests
from brain.domain.types import Floats

EVERY_DAY = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The questions that one series can answer, row by row.

    ``signals``: whitened signals (questions, days); ``raw``: before whitening, 0 or 1 for a flag, NaN where unknown;
    ``flags``: whether a row is yes or no (else a unit is one standard deviation).
    """

    templates: tuple[Template, ...]
    outcome: Outcome
    signals: Floats
    raw: Floats
    flags: tuple[bool, ...]

    def tests(self, window: slice = EVERY_DAY) -> ShiftTests:
        """Answer every question from the days of ``window``."""
        return run_shift_tests(self.outcome.surprise[window], self.outcome.seen[window], self.signals[:, window])

    def days(self, window: slice = EVERY_DAY) -> list[int]:
        """How many open days with a known signal each question has."""
        known = np.isfinite(self.raw[:, window]) & (self.outcome.seen[window] > 0)
        return [int(count) for count in known.sum(axis=1)]

    def occurrences(self, window: slice = EVERY_DAY) -> list[int]:
        """How many separate spells of yes each question has seen; for readings, how many days."""
        open_days = np.where(self.outcome.seen[window] > 0, self.raw[:, window], np.nan)
        counted = self.days(window)
        return [spells(row) if flag else days for row, flag, days in zip(open_days, self.flags, counted, strict=True)]

    def keeping(self, rows: Sequence[int]) -> "Asked":
        """The same with these questions only."""
        return replace(
            self,
            templates=tuple(self.templates[row] for row in rows),
            signals=self.signals[list(rows)],
            raw=self.raw[list(rows)],
            flags=tuple(self.flags[row] for row in rows),
        )


def ask(templates: Sequence[Template], readings: Sequence[Floats], outcome: Outcome) -> Asked:
    """Put ``templates`` with their explanatory ``readings``, each (days,), to an outcome."""
    raw = np.array(readings).reshape(len(templates), len(outcome.days))
    flags = tuple(is_flag_row(row) for row in raw)
    return Asked(tuple(templates), outcome, outcome.whitened(raw), raw, flags)


def is_flag_row(row: Floats) -> bool:
    """Whether a row says only yes and no (over a chain of stores: the share of stores that say yes)."""
    known = row[np.isfinite(row)]
    return bool(((known >= 0) & (known <= 1)).all())


def can_be_asked(days: int, occurrences: int, limits: Limits) -> bool:
    """Whether there is enough to ask at all."""
    return days >= limits.least_days and occurrences >= limits.least_spells
