"""The tests behind curiosity keep their promises where the truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from brain.domain.statistics.circular_shift import correlate_shifts, run_shift_tests
from brain.domain.statistics.false_discovery import benjamini_yekutieli, harmonic_number, single_discovery_level
from brain.domain.statistics.online_false_discovery import compute_test_level
from brain.domain.statistics.whitening import fit_autoregression, whiten, winsorize
from brain.testing.simulations.curiosity import simulate_noise, simulate_wet_spells

DAYS = 540
SEEN = np.ones(DAYS)


def centred_spells(rng: np.random.Generator, signals: int) -> np.ndarray:
    """Spells around their mean, one row a signal."""
    rows = np.stack([simulate_wet_spells(rng, DAYS) for _ in range(signals)])
    return rows - rows.mean(axis=1, keepdims=True)


def test_chance_is_called_significant_as_often_as_said_although_both_series_have_a_memory() -> None:
    """Size at 5 % within its error, where a naive correlation test calls chance significant far more often."""
    rng = np.random.default_rng(7)
    calibrated, naive = [], []
    for _ in range(60):
        outcome = simulate_noise(rng, DAYS)
        signals = centred_spells(rng, 10)
        calibrated.extend(run_shift_tests(outcome - outcome.mean(), SEEN, signals).p_value)
        naive.extend(stats.pearsonr(row, outcome).pvalue for row in signals)
    assert np.mean(np.array(calibrated) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(np.array(naive) < 0.05) > 0.10


def test_every_shift_is_what_sliding_by_hand_gives() -> None:
    """The Fourier transform is only a faster way to slide."""
    rng = np.random.default_rng(1)
    outcome, signals = rng.standard_normal(20), rng.standard_normal((3, 20))
    observed = np.ones(20)
    observed[4:7] = 0
    outcome *= observed
    scores = correlate_shifts(outcome, observed, signals)
    for shift in (0, 1, 13):
        slid = np.roll(signals, shift, axis=1)
        by_hand = (slid @ outcome) / np.sqrt((slid**2) @ observed)
        assert scores[:, shift] == pytest.approx(by_hand)


def test_the_slope_is_found_with_its_error() -> None:
    """An effect of 0.5 a unit of signal lies within the interval."""
    rng = np.random.default_rng(3)
    signals = centred_spells(rng, 1)
    tests = run_shift_tests(0.5 * signals[0] + rng.standard_normal(DAYS), SEEN, signals)
    assert abs(tests.slope[0] - 0.5) < 3 * tests.slope_sd[0]
    assert tests.slope_sd[0] == pytest.approx(1 / np.sqrt((signals**2).sum()), rel=0.15)


@pytest.mark.parametrize("signals", [np.zeros((2, DAYS)), np.full((1, DAYS), np.nan_to_num(np.nan))])
def test_a_signal_that_never_varies_cannot_be_tested(signals: np.ndarray) -> None:
    """No z, no slope, and a p-value that discovers nothing."""
    tests = run_shift_tests(np.random.default_rng(0).standard_normal(DAYS), SEEN, signals)
    assert np.isnan(tests.z).all()
    assert np.isnan(tests.slope_sd).all()
    assert (tests.p_value == 1).all()


def test_memory_is_measured_and_taken_out() -> None:
    """What is left of a whitened series no longer foretells itself."""
    series = simulate_noise(np.random.default_rng(5), 5000, 0.6)
    coefficients = fit_autoregression(series, np.ones(5000), 2)
    assert coefficients == pytest.approx([0.6, 0.0], abs=0.05)
    whitened = whiten(series, coefficients)
    assert abs(np.corrcoef(whitened[1:], whitened[:-1])[0, 1]) < 0.05


@pytest.mark.parametrize("residual", [np.zeros(100), np.arange(5.0)])
def test_without_enough_to_measure_no_memory_is_assumed(residual: np.ndarray) -> None:
    """A constant series, and one too short."""
    assert not fit_autoregression(residual, np.ones(len(residual)), 2).any()


def test_an_outlier_counts_no_more_than_the_limit() -> None:
    """One day of a power cut does not decide a question; unseen days do not set the limit."""
    residual = np.random.default_rng(0).standard_normal(400)
    residual[7] = 50.0
    pulled = winsorize(residual, np.ones(400), 3.5)
    assert 2.5 < pulled.max() < 4.5
    assert winsorize(np.zeros(5), np.ones(5), 3.5) == pytest.approx(np.zeros(5))
    assert winsorize(np.ones(5), np.zeros(5), 3.5) == pytest.approx(np.ones(5))


@pytest.mark.parametrize("weights", [None, np.ones(30)])
def test_discoveries_are_those_of_benjamini_and_yekutieli(weights: np.ndarray | None) -> None:
    """The same as scipy's adjusted p-values, with or without equal weights."""
    rng = np.random.default_rng(2)
    p_values = np.concatenate([rng.random(20), rng.random(10) * 1e-3])
    expected = stats.false_discovery_control(p_values, method="by") <= 0.1
    assert (benjamini_yekutieli(p_values, 0.1, weights) == expected).all()
    assert expected.sum() > 3


def test_no_tests_make_no_discoveries() -> None:
    """A night without questions is a quiet one."""
    assert not len(benjamini_yekutieli(np.array([]), 0.1))
    assert (harmonic_number(0), single_discovery_level(0, 0.1)) == (0.0, 0.1)


@given(arrays(float, st.integers(1, 30), elements=st.floats(0, 1)), st.floats(0.01, 0.5))
def test_a_smaller_p_value_is_never_left_out(p_values: np.ndarray, level: float) -> None:
    """Discoveries are the smallest p-values, and a lone one needs the level that is announced."""
    discoveries = benjamini_yekutieli(p_values, level)
    if discoveries.any() and not discoveries.all():
        assert p_values[discoveries].max() <= p_values[~discoveries].min()
    if p_values.min() <= single_discovery_level(len(p_values), level):
        assert discoveries.any()


def test_wealth_is_never_spent_beyond_the_level_without_a_discovery() -> None:
    """A shop that never finds anything has spent at most half its level, however long it asks."""
    levels = [compute_test_level([False] * tests, 0.1) for tests in range(300)]
    assert levels == sorted(levels, reverse=True)
    assert 0.04 < sum(levels) < 0.05


def test_a_discovery_earns_wealth_for_those_that_follow() -> None:
    """After a finding the next test is easier, after a second one easier still."""
    barren, once, twice = ([False] * 6, [False] * 5 + [True], [False] * 4 + [True, True])
    assert compute_test_level(barren, 0.1) < compute_test_level(once, 0.1) < compute_test_level(twice, 0.1) < 0.1


@pytest.mark.slow
def test_findings_over_a_career_keep_their_false_discovery_rate() -> None:
    """200 confirmations in a row, a fifth of them true: at most 10 % of findings are false."""
    rng = np.random.default_rng(11)
    shares = []
    for _ in range(100):
        confirmed: list[bool] = []
        false = 0
        for _ in range(200):
            true = rng.random() < 0.2
            p_value = stats.norm.sf(rng.standard_normal() + (3.5 if true else 0.0))
            confirmed.append(bool(p_value <= compute_test_level(confirmed, 0.1)))
            false += confirmed[-1] and not true
        shares.append(false / max(1, sum(confirmed)))
    assert np.mean(shares) <= 0.10
