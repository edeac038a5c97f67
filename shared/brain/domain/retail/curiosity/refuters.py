"""Three attempts to refute a lead before it is reported (after the refuters of DoWhy; Sharma and Kiciman 2020).

*Placebo date*: at other dates the signal must have less effect. *Subset*: no half and no fifth of the days may carry
the effect alone. *Dummy outcome*: on random outcomes with the same memory the test must stay silent.
"""

from dataclasses import dataclass

import numpy as np

from brain.domain.retail.curiosity.config import CuriosityLimits
from brain.domain.retail.curiosity.question_batch import QuestionBatch
from brain.domain.statistics.circular_shift import correlate_shifts, studentize_scores
from brain.domain.types import Booleans, Floats

BLOCK_DAYS = 28
FOLDS = 5
MIN_SHARE_WITHOUT_FOLD = 0.5
DUMMY_SIGNIFICANCE_Z = 1.96
MAX_SIGNIFICANT_DUMMIES = 0.15


@dataclass(frozen=True, slots=True)
class Refutation:
    """The results of the three attempts.

    Attributes:
        placebo_share_below: share of placebo dates with less effect than the real dates.
        weakest_subset_share: smallest share of the effect that a subset of the days retains.
        dummy_false_alarms: share of dummy outcomes that look significant.
    """

    placebo_share_below: float
    weakest_subset_share: float
    dummy_false_alarms: float

    @property
    def passed_placebo_date(self) -> bool:
        """Whether the effect was larger than at every placebo date."""
        return self.placebo_share_below >= 1.0

    @property
    def passed_subset(self) -> bool:
        """Whether every subset of the days retained enough of the effect."""
        return self.weakest_subset_share >= MIN_SHARE_WITHOUT_FOLD

    @property
    def passed_dummy_outcome(self) -> bool:
        """Whether the test stayed silent on dummy outcomes."""
        return self.dummy_false_alarms <= MAX_SIGNIFICANT_DUMMIES

    @property
    def survived(self) -> bool:
        """Whether none of the attempts refuted the lead."""
        return self.passed_placebo_date and self.passed_subset and self.passed_dummy_outcome

    def to_document(self) -> dict[str, dict[str, object]]:
        """Return the three results by name."""
        return {
            "placebo_date": {
                "passed": self.passed_placebo_date,
                "share_of_dates_below": round(self.placebo_share_below, 4),
            },
            "subset": {
                "passed": self.passed_subset,
                "weakest_share_of_effect": round(self.weakest_subset_share, 4),
            },
            "dummy_outcome": {
                "passed": self.passed_dummy_outcome,
                "share_significant": round(self.dummy_false_alarms, 4),
            },
        }


def refute_lead(batch: QuestionBatch, row: int, limits: CuriosityLimits, rng: np.random.Generator) -> Refutation:
    """Try to refute question ``row`` of ``batch``; ``rng`` draws the dummy outcomes."""
    signal = batch.signals[row]
    innovation, observed = batch.outcome.innovation, batch.outcome.observed
    return Refutation(
        _compare_placebo_dates(innovation, observed, signal, limits.placebo_dates),
        _find_weakest_subset(innovation, signal),
        _count_dummy_alarms(innovation, observed, signal, limits.dummy_outcomes, rng),
    )


def _compare_placebo_dates(innovation: Floats, observed: Floats, signal: Floats, dates: int) -> float:
    """Return the share of ``dates`` evenly spread shifts at which the signal has less effect than unshifted."""
    scores = np.abs(correlate_shifts(innovation, observed, signal[None])[0])
    shifts = np.linspace(0, len(scores), dates + 2)[1:-1].astype(int)
    return float((scores[shifts] < scores[0]).mean())


def _find_weakest_subset(innovation: Floats, signal: Floats) -> float:
    """Return the smallest share of the effect in a half or without a fifth; negative when its sign turns."""
    block = np.arange(len(signal)) // BLOCK_DAYS
    first_half = np.arange(len(signal)) < len(signal) // 2
    overall_slope = _compute_slope(innovation, signal, np.ones(len(signal), dtype=bool))
    if overall_slope == 0:
        return 0.0
    without_fold = [_compute_slope(innovation, signal, block % FOLDS != fold) / overall_slope for fold in range(FOLDS)]
    # A half has half the occurrences, so it only has to agree on the sign: it counts as 1 or -1.
    halves = [
        float(np.sign(_compute_slope(innovation, signal, half) * overall_slope)) for half in (first_half, ~first_half)
    ]
    return float(min(*without_fold, *halves))


def _compute_slope(innovation: Floats, signal: Floats, days: Booleans) -> float:
    energy = float(signal[days] @ signal[days])
    return float(innovation[days] @ signal[days]) / energy if energy > 0 else 0.0


def _count_dummy_alarms(
    innovation: Floats, observed: Floats, signal: Floats, outcomes: int, rng: np.random.Generator
) -> float:
    """Return the share of outcomes of equal spectrum and random phases that look significant (Theiler et al. 1992)."""
    spectrum = np.abs(np.fft.rfft(innovation))
    phases = rng.uniform(0, 2 * np.pi, (outcomes, len(spectrum)))
    phases[:, 0] = 0.0
    dummies = np.fft.irfft(spectrum * np.exp(1j * phases), len(innovation), axis=1) * observed
    z, _ = studentize_scores(correlate_shifts(dummies, observed, signal[None]))
    return float((np.abs(z) > DUMMY_SIGNIFICANCE_Z).mean())
