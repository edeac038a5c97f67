"""How instances divide a budget, on the decisions alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.rates.shares import LONGEST_LEASE_SECONDS, RateBudget, RateShare
from brain.domain.rates.window import SlidingWindow

BUDGET = RateBudget(1000)
NOW = 10_000.0


@given(
    st.integers(1, 5000),
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 1000), st.floats(-200, 200), st.booleans()), max_size=6),
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(0, 500),
    st.floats(0, 10_000) | st.just(float("inf")),
)
def test_shares_never_add_up_to_more_than_the_limit(limit, instances, held, own, used, amount, projected):
    """A share grows into what is free and shrinks to no less than what its window holds."""
    budget = RateBudget(limit, instances)
    others = [RateShare(units, NOW + until, short) for units, until, short in held]
    taken = sum(other.units for other in others if other.reclaimable_at > NOW)
    own = max(0, min(own, limit - taken))
    used = min(used, own)
    share = budget.resize_share(own, used, amount, others, NOW, projected=projected)
    assert used <= share.units <= limit
    assert share.units <= own or share.units + taken <= limit
    if share.is_short:
        assert used + amount > limit - taken
        assert share.units == own
    else:
        assert share.units >= used + amount
    assert NOW <= share.lease_ends_at <= NOW + LONGEST_LEASE_SECONDS


def test_an_instance_begins_small_and_grows_to_its_pace():
    """Then half of what is free, so that others find something."""
    assert BUDGET.resize_share(0, 10, 1, [], NOW, projected=20).units == 40
    assert BUDGET.resize_share(40, 40, 1, [], NOW, projected=300).units == 330
    assert BUDGET.resize_share(40, 40, 1, [], NOW, projected=float("inf")).units == 520
    assert BUDGET.resize_share(0, 0, 500, [], NOW, projected=2000).units == 500


def test_what_lies_idle_is_given_up():
    """Nearly all of it when another is short, what is far too much otherwise, and a small share never for nothing."""
    short = RateShare(10, NOW + 10, is_short=True)
    assert BUDGET.resize_share(400, 300, 0, [short], NOW, projected=300).units == 315
    assert BUDGET.resize_share(400, 300, 0, [], NOW, projected=300).units == 400
    assert BUDGET.resize_share(400, 50, 0, [], NOW, projected=50).units == 100
    assert BUDGET.resize_share(400, 0, 0, [], NOW, projected=0) == RateShare(0, NOW)
    assert BUDGET.resize_share(40, 0, 0, [], NOW, projected=0).units == 40


def test_a_small_share_is_leased_for_longer():
    """It costs little while it lies idle, and a small sender must not pay for renewals."""
    assert [BUDGET.lease_seconds(units) for units in (0, 10, 100, 1000)] == [0, 300, 150, 60]


def test_a_share_whose_holder_is_gone_returns_when_its_lease_and_a_minute_are_over():
    """Until then somebody might have spent it a moment ago."""
    abandoned = RateShare(1000, NOW)
    assert BUDGET.count_free([abandoned], 0, NOW + 61) == 0
    assert BUDGET.count_free([abandoned], 0, NOW + 62) == 1000


@pytest.mark.parametrize(
    ("own", "amount", "wait"),
    [(300, 1, 40.0), (300, 301, 57.0), (0, 990, 82.0), (300, 1000, 82.0)],
)
def test_the_wait_is_for_the_own_window_or_for_the_first_leases_that_end(own, amount, wait):
    """Whichever comes first."""
    window = SlidingWindow()
    window.take(0.0, own)
    others = (
        [RateShare(600, NOW + 20 - 5), RateShare(400 - own, NOW)]
        if own
        else [RateShare(600, NOW + 20), RateShare(400, NOW)]
    )
    assert BUDGET.wait_seconds(window, own, amount, others, NOW, 20.0) == pytest.approx(wait, abs=5.1)


@given(st.integers(1, 10**6), st.integers(1, 50))
def test_all_instances_without_a_share_pass_less_than_the_tolerance(limit, instances):
    """Five per cent of the limit."""
    assert RateBudget(limit, instances).allowance * instances <= 0.05 * limit
