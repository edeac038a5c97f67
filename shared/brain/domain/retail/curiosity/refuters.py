"""Three attempts to break a lead before anyone hears of it (after DoWhy's refuters; Sharma, Kiciman 2020).

*Placebo date*: at other dates the signal must do less. *Subset*: no half and no fifth of the days may carry the
effect alone. *Dummy outcome*: on outcomes with the same memory but drawn by chance the test must stay silent.
"""

from dataclasses import dataclass

import numpy as np

from brain.domain.retail.curiosity.config import Limits
from brain.domain.retail.curiosity.questions import Asked
from brain.domain.statistics.circular_shift import correlate_shifts, studentize_scores
from brain.domain.types import Floats

BLOCK_DAYS = 28
FOLDS = 5
LEAST_SHARE_WITHOUT_A_FOLD = 0.5
DUMMY_SIGNIFICANCE_Z = 1.96
MOST_SIGNIFICANT_DUMMIES = 0.15


@dataclass(frozen=True, slots=True)
class Refutation:
    """What became of the three attempts, each with the number it turned on."""

    placebo_share_below: float
    weakest_subset_share: float
    dummy_false_alarms: float

    @property
    def survived(self) -> bool:
        """Whether none of the three broke the lead."""
        return (
            self.placebo_share_below >= 1.0
            and self.weakest_subset_share >= LEAST_SHARE_WITHOUT_A_FOLD
            and self.dummy_false_alarms <= MOST_SIGNIFICANT_DUMMIES
        )

    def as_document(self) -> dict[str, dict[str, object]]:
        """The three verdicts by name."""
        return {
            "placebo_date": {
                "passed": self.placebo_share_below >= 1.0,
                "share_of_dates_below": round(self.placebo_share_below, 4),
            },
            "subset": {
                "passed": self.weakest_subset_share >= LEAST_SHARE_WITHOUT_A_FOLD,
                "weakest_share_of_effect": round(self.weakest_subset_share, 4),
            },
            "dummy_outcome": {
                "passed": self.dummy_false_alarms <= MOST_SIGNIFICANT_DUMMIES,
                "share_significant": round(self.dummy_false_alarms, 4),
            },
        }


def refute(asked: Asked, row: int, limits: Limits, rng: np.random.Generator) -> Refutation:
    """Try to break question ``row``; ``rng`` draws the dummy outcomes."""
    signal = asked.signals[row]
    surprise, seen = asked.outcome.surprise, asked.outcome.seen
    return Refutation(
        _placebo(surprise, seen, signal, limits.placebo_dates),
        _weakest_subset(surprise, signal),
        _dummy_alarms(surprise, seen, signal, limits.dummy_outcomes, rng),
    )


def _placebo(surprise: Floats, seen: Floats, signal: Floats, dates: int) -> float:
    """Share of ``dates`` evenly spread shifts of the signal at which it does less than on its real dates."""
    scores = np.abs(correlate_shifts(surprise, seen, signal[None])[0])
    shifts = np.linspace(0, len(scores), dates + 2)[1:-1].astype(int)
    return float((scores[shifts] < scores[0]).mean())


def _weakest_subset(surprise: Floats, signal: Floats) -> float:
    """The smallest share of the whole effect that is left in a half, or without a fifth; negative: its sign turns."""
    block = np.arange(len(signal)) // BLOCK_DAYS
    half = np.arange(len(signal)) < len(signal) // 2
    whole = _slope(surprise, signal, np.ones(len(signal), dtype=bool))
    if whole == 0:
        return 0.0
    without_fold = [_slope(surprise, signal, block % FOLDS != fold) / whole for fold in range(FOLDS)]
    # A half sees half the occurrences: it must only agree on the sign, so it counts as whole or as nothing.
    halves = [float(np.sign(_slope(surprise, signal, part) * whole)) for part in (half, ~half)]
    return float(min(*without_fold, *halves))


def _slope(surprise: Floats, signal: Floats, days: np.ndarray) -> float:
    energy = float(signal[days] @ signal[days])
    return float(surprise[days] @ signal[days]) / energy if energy > 0 else 0.0


def _dummy_alarms(surprise: Floats, seen: Floats, signal: Floats, outcomes: int, rng: np.random.Generator) -> float:
    """Share of outcomes with the same spectrum and random phases (Theiler et al. 1992) that look significant."""
    spectrum = np.abs(np.fft.rfft(surprise))
    phases = rng.uniform(0, 2 * np.pi, (outcomes, len(spectrum)))
    phases[:, 0] = 0.0
    dummies = np.fft.irfft(spectrum * np.exp(1j * phases), len(surprise), axis=1) * seen
    z, _ = studentize_scores(correlate_shifts(dummies, seen, signal[None]))
    return float((np.abs(z) > DUMMY_SIGNIFICANCE_Z).mean())
