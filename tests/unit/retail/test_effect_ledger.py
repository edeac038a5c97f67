"""The effect ledger: effects are claimed when sure, stay claimed while they hold, and are retired with a reason."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from brain.domain.retail.lifts.effect_ledger import EffectEntry, EffectState, update_effect_ledger
from brain.domain.retail.lifts.signal_lifts import SignalLift
from brain.testing.simulations.shop import load_retail_config

SETTINGS = load_retail_config().magnitudes
DAY = date(2024, 6, 1)
SURE = SignalLift("a", None, "derby", "home_game", 0.1, 0.05, 0.15, 6, 0.99, claimed=True, last_seen=DAY)


def _claimed() -> list[EffectEntry]:
    return update_effect_ledger([], [SURE], DAY, SETTINGS)


def test_a_sure_sign_is_claimed_and_an_unsure_one_watched() -> None:
    """The reason states the confidence and the number of occurrences."""
    (effect,) = _claimed()
    assert (effect.state, effect.since) == (EffectState.CLAIMED, DAY)
    assert effect.reason == "sign 99% sure after 6 occurrences"
    (watched,) = update_effect_ledger([], [replace(SURE, confidence=0.9)], DAY, SETTINGS)
    assert watched.state is EffectState.WATCHED


def test_the_same_measurements_twice_change_nothing() -> None:
    """A repeated run leaves the ledger as it was."""
    ledger = _claimed()
    assert update_effect_ledger(ledger, [SURE], DAY, SETTINGS) == ledger


def test_a_claim_stays_while_it_holds() -> None:
    """A slightly lower confidence does not retire a claim: the figures are updated, the date is not."""
    (effect,) = update_effect_ledger(
        _claimed(), [replace(SURE, confidence=0.9, lift=0.08)], DAY + timedelta(days=9), SETTINGS
    )
    assert (effect.state, effect.since, effect.lift) == (EffectState.CLAIMED, DAY, 0.08)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"lift": -0.02}, "the sign turned: +10.0% became -2.0%"), ({"confidence": 0.7}, "only 70% sure of its sign now")],
)
def test_a_claim_that_no_longer_holds_is_retired(change: dict[str, float], reason: str) -> None:
    """Either its sign changes or its confidence falls."""
    later = DAY + timedelta(days=30)
    (effect,) = update_effect_ledger(_claimed(), [replace(SURE, **change)], later, SETTINGS)  # type: ignore[arg-type]
    assert (effect.state, effect.since, effect.reason) == (EffectState.RETIRED, later, reason)


def test_an_effect_unseen_for_two_years_is_retired_even_when_not_measured() -> None:
    """An event that no longer takes place is retired after two years, not a day earlier."""
    later = DAY + timedelta(days=731)
    (effect,) = update_effect_ledger(_claimed(), [], later, SETTINGS)
    assert (effect.state, effect.reason) == (EffectState.RETIRED, "not seen for 731 days")
    assert update_effect_ledger(_claimed(), [], later - timedelta(days=1), SETTINGS) == _claimed()


def test_a_retired_effect_can_be_claimed_again() -> None:
    """It stays retired while unsure, and is claimed again once sure."""
    retired = update_effect_ledger(_claimed(), [replace(SURE, confidence=0.5)], DAY + timedelta(days=1), SETTINGS)
    (unsure,) = update_effect_ledger(retired, [replace(SURE, confidence=0.9)], DAY + timedelta(days=2), SETTINGS)
    assert (unsure.state, unsure.since) == (EffectState.RETIRED, DAY + timedelta(days=1))
    (again,) = update_effect_ledger(retired, [SURE], DAY + timedelta(days=3), SETTINGS)
    assert (again.state, again.since) == (EffectState.CLAIMED, DAY + timedelta(days=3))


def test_entries_are_sorted_by_key() -> None:
    """By store, product, class and signal."""
    rows = [replace(SURE, store_id="b"), replace(SURE, product_id="bread"), SURE]
    assert [effect.key[:2] for effect in update_effect_ledger([], rows, DAY, SETTINGS)] == [
        ("a", ""),
        ("a", "bread"),
        ("b", ""),
    ]
