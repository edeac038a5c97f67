"""Budgets across instances, each with a store call that is counted and a clock that is turned by hand."""

import asyncio
from datetime import timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.errors import PayloadTooLargeError, RateLimitedError, StoreUnavailableError
from brain.repositories import paths
from brain.services.gateway import rate_limits
from brain.services.gateway.rate_limits import RateLimits, UnlimitedBudgets
from brain.testing.faulty_store import FaultMode, FaultyStore
from brain.testing.manual_clock import ManualClock


@pytest.fixture
def store(clock):
    """A counting store in memory."""
    return FaultyStore(SqliteStore(":memory:", clock))


@pytest.fixture
def instance(store, clock):
    """Make one more instance on the same store."""
    instances = []

    def one_more(**limits):
        instances.append(RateLimits(store, clock, f"{len(instances):04x}", sleep=lambda _: None, **limits))
        return instances[-1]

    return one_more


def take_events(limits, client, amount):
    """Take events from a thread without an event loop."""
    asyncio.run(limits.take_events(client, amount))


def passes(limits, client, most):
    """Send single events until one is refused, at most so many; return how many passed and the wait."""
    for count in range(most):
        try:
            take_events(limits, client, 1)
        except RateLimitedError as refused:
            return count, refused.retry_after_seconds
    return most, 0.0


def ops(store):
    """Return what the store was asked and told."""
    return store.reads + store.writes


def test_a_budget_is_one_over_all_instances(instance):
    """Whoever comes first; the others keep an allowance that is within the tolerance."""
    limits, two, three = instance(), instance(), instance()
    assert passes(limits, "acme", 2000)[0] == 1000
    assert passes(two, "acme", 2000)[0] == passes(three, "acme", 2000)[0] == 10


def test_the_global_budget_is_one_over_all_clients_and_instances(instance):
    """Each client within its own."""
    two = [instance(events_in_all=1000), instance(events_in_all=1000)]
    passed = sum(passes(two[n % 2], f"client-{n}", 500)[0] for n in range(6))
    assert 950 <= passed <= 1050


def test_waiting_as_long_as_told_succeeds_when_nobody_else_takes(instance, clock):
    """A second less does not."""
    limits, two = instance(), instance()
    passes(limits, "acme", 1000)
    clock.advance(timedelta(seconds=20))
    assert passes(two, "acme", 100)[0] == 10
    with pytest.raises(RateLimitedError) as refused:
        take_events(limits, "acme", 500)
    assert refused.value.retry_after_seconds == pytest.approx(40)
    clock.advance(timedelta(seconds=39))
    with pytest.raises(RateLimitedError):
        take_events(limits, "acme", 500)
    clock.advance(timedelta(seconds=1))
    take_events(limits, "acme", 500)


def test_waiting_for_the_lease_of_another_succeeds_too(instance, clock):
    """An instance that has nothing is told when the share of one that fell silent is back."""
    limits, two = instance(), instance()
    passes(limits, "acme", 1000)
    clock.advance(timedelta(seconds=20))
    with pytest.raises(RateLimitedError) as refused:
        take_events(two, "acme", 500)
    wait = refused.value.retry_after_seconds
    clock.advance(timedelta(seconds=wait - 1))
    with pytest.raises(RateLimitedError):
        take_events(two, "acme", 500)
    clock.advance(timedelta(seconds=1))
    take_events(two, "acme", 500)


def test_a_refusal_costs_nobody_anything_and_no_store_call(instance, store):
    """Neither the global budget nor the store notices a thousand of them."""
    limits = instance(events_a_client=20, events_in_all=40)
    passes(limits, "noisy", 20)
    with pytest.raises(RateLimitedError):
        take_events(limits, "noisy", 1)
    before = ops(store)
    for _ in range(1000):
        with pytest.raises(RateLimitedError):
            take_events(limits, "noisy", 1)
    assert ops(store) == before
    assert passes(limits, "quiet", 30)[0] == 20


def test_a_refused_rest_leaves_the_global_budget_as_it_was(instance):
    """From both budgets or from neither."""
    limits = instance(events_a_client=100, events_in_all=60)
    take_events(limits, "acme", 50)
    with pytest.raises(RateLimitedError):
        take_events(limits, "other", 20)
    take_events(limits, "other", 10)


def test_an_event_costs_less_than_a_twentieth_of_a_store_call(instance, store, clock):
    """At full rate for three minutes, in four instances."""
    four = [instance() for _ in range(4)]
    passed = 0
    for second in range(180):
        clock.advance(timedelta(seconds=1))
        for n in range(20):
            passed += passes(four[(second + n) % 4], "acme", 1)[0]
    assert 2850 <= passed <= 3150
    assert ops(store) <= 0.05 * passed


@pytest.mark.parametrize("a_minute", [1, 5, 10, 30, 60])
def test_a_small_sender_is_cheap_too(instance, store, clock, a_minute):
    """Within the allowance it costs nothing; beyond it, a long lease."""
    limits = instance()
    for _ in range(10 * a_minute):
        clock.advance(timedelta(seconds=60 / a_minute))
        take_events(limits, "acme", 1)
    assert ops(store) <= 0.05 * 10 * a_minute
    assert a_minute > 10 or ops(store) == 0


def test_duplicates_give_back_what_they_took(instance):
    """A retry storm must not starve new events; what was never taken is not given back."""
    limits = instance(events_a_client=4)
    limits.give_back_events("acme", 5)
    for _ in range(20):
        take_events(limits, "acme", 2)
        limits.give_back_events("acme", 2)
    assert passes(limits, "acme", 10)[0] == 4


def test_zero_lets_nothing_pass_and_too_much_at_once_is_said(instance):
    """0 is not everything; more than a minute's budget in one request never fits."""
    with pytest.raises(RateLimitedError):
        take_events(instance(events_a_client=0), "acme", 1)
    with pytest.raises(PayloadTooLargeError, match="at most 4 events"):
        take_events(instance(events_a_client=4), "acme", 5)


def test_a_clock_that_steps_back_gives_nothing_and_takes_nothing(instance, clock):
    """An hour back: what was used stays used for a minute, and the rest is there."""
    limits = instance()
    take_events(limits, "acme", 900)
    clock.advance(timedelta(hours=-1))
    assert passes(limits, "acme", 200)[0] == 100
    clock.advance(timedelta(seconds=61))
    assert passes(limits, "acme", 500)[0] == 500


def test_the_share_of_a_crashed_instance_returns_when_its_lease_has_ended(instance, clock):
    """And a minute more, since it may have spent it at the last moment."""
    passes(instance(), "acme", 1000)
    other = instance()
    assert passes(other, "acme", 100)[0] == 10
    clock.advance(timedelta(seconds=122))
    assert passes(other, "acme", 2000)[0] == 1000


def test_an_instance_that_ends_hands_its_share_back(instance, clock):
    """What it used in the last minute stays used."""
    limits, other = instance(), instance()
    take_events(limits, "acme", 500)
    limits.release_shares(never)
    assert passes(other, "acme", 2000)[0] == 500
    clock.advance(timedelta(seconds=62))
    assert passes(other, "acme", 2000)[0] == 1000


def never(part, error):
    """Fail: nothing is to go wrong here."""
    raise AssertionError(part) from error


def test_a_share_that_cannot_be_handed_back_is_told_and_the_others_are(instance, clock):
    """It ends by itself."""
    limits = instance()
    take_events(limits, "acme", 500)
    take_events(limits, "other", 500)
    reported = []
    limits.store = FaultyStore(limits.store, fail_at=1)
    limits.release_shares(lambda part, error: reported.append((part, error.code)))
    assert reported == [("release a rate share", "store_unavailable")]
    clock.advance(timedelta(seconds=62))
    assert passes(instance(), "other", 2000)[0] == 1000


def test_a_large_share_that_lies_idle_goes_back_while_its_instance_serves_others(instance, clock):
    """Before its lease ends."""
    limits, other = instance(), instance()
    take_events(limits, "acme", 900)
    clock.advance(timedelta(seconds=59))
    take_events(limits, "acme", 1)
    clock.advance(timedelta(seconds=62))
    take_events(limits, "acme", 900)
    for _ in range(4):
        clock.advance(timedelta(seconds=31))
        take_events(limits, "another", 1)
    assert passes(other, "acme", 2000)[0] >= 950


def test_without_a_store_the_share_in_hand_is_spent_and_then_it_is_503(clock):
    """Never a false refusal, never a free ride; renewals that fail are tried again."""
    inner = SqliteStore(":memory:", clock)
    limits = RateLimits(inner, clock, "00", sleep=lambda _: None)
    take_events(limits, "acme", 200)
    limits.store = Away(inner)
    clock.advance(timedelta(seconds=59))
    take_events(limits, "acme", 5)
    with pytest.raises(StoreUnavailableError):
        passes(limits, "acme", 2000)
    limits.store = inner
    take_events(limits, "acme", 100)


class Away:
    """A store that never answers."""

    def __init__(self, inner):
        self._inner = inner

    def get(self, _path):
        """Fail."""
        raise StoreUnavailableError("away in this test")


@pytest.mark.parametrize("mode", list(FaultMode)[:2])
def test_an_answer_that_is_lost_loses_no_budget(clock, mode):
    """Whatever call breaks, the next request goes on, and all of the limit passes and no more."""
    for k in range(1, 9):
        inner = SqliteStore(":memory:", clock)
        limits = RateLimits(FaultyStore(inner, fail_at=k, mode=mode), clock, "00", sleep=lambda _: None)
        passed = broken = 0
        for _ in range(1200):
            try:
                take_events(limits, "acme", 1)
                passed += 1
            except RateLimitedError:
                pass
            except StoreUnavailableError:
                broken += 1
        assert (passed, broken) == (1000, 1), k


def test_memory_is_bounded_however_many_keys_come(instance, monkeypatch):
    """Those used longest ago are forgotten."""
    monkeypatch.setattr(rate_limits, "MAX_BUDGETS", 50)
    limits = instance()
    for n in range(500):
        take_events(limits, f"client-{n}", 1)
    assert len(limits._budgets) == 50


def test_an_address_that_keeps_guessing_is_told_to_wait_and_its_neighbour_is_not(instance, store):
    """A hundred a minute, an IPv6 network counting as one; no address is in the store."""
    limits = instance()

    async def guess(address, times):
        for _ in range(times):
            await limits.take_request(address)

    asyncio.run(guess("192.0.2.1", 100))
    with pytest.raises(RateLimitedError):
        asyncio.run(guess("192.0.2.1", 1))
    asyncio.run(guess("192.0.2.2", 1))
    limits.give_back_request("192.0.2.1")
    asyncio.run(guess("192.0.2.1", 1))
    asyncio.run(guess("2001:db8::1", 60))
    asyncio.run(guess("not-an-address", 1))
    with pytest.raises(RateLimitedError):
        asyncio.run(guess("2001:db8::2", 41))
    rate_paths = [snapshot.path for snapshot in store.query(paths.RATES)]
    assert rate_paths
    assert not [path for path in rate_paths if "192.0" in path or "2001" in path]


def test_the_event_loop_takes_from_the_share_in_hand_without_leaving_it(instance, store, clock):
    """A thread is used only where the store is asked."""
    limits = instance()

    async def take(times):
        for _ in range(times):
            await limits.take_events("acme", 1)

    asyncio.run(take(500))
    asyncio.run(take(500))
    with pytest.raises(RateLimitedError):
        asyncio.run(take(1))
    clock.advance(timedelta(seconds=50))
    before = ops(store)
    with pytest.raises(RateLimitedError):
        asyncio.run(take(1))
    assert ops(store) <= before + 2
    clock.advance(timedelta(seconds=11))
    asyncio.run(take(200))
    clock.advance(timedelta(seconds=31))
    asyncio.run(take(100))


def test_no_budgets_let_everything_pass():
    """For history from files."""
    asyncio.run(UnlimitedBudgets().take_events("acme", 10**9))
    UnlimitedBudgets().give_back_events("acme", 1)


def test_a_budget_that_all_fight_for_answers_503(clock):
    """After a dozen lost races."""
    inner = SqliteStore(":memory:", clock)

    class Contended(FaultyStore):
        """Somebody writes between each read and write."""

        def get(self, path):
            """Read, and let another write."""
            snapshot = super().get(path)
            other = RateLimits(inner, ManualClock(clock.now()), f"{self.reads:04x}", sleep=lambda _: None)
            take_events(other, "acme", 11)
            return snapshot

    limits = RateLimits(Contended(inner), clock, "ff", sleep=lambda _: None)
    with pytest.raises(StoreUnavailableError, match="too many"):
        take_events(limits, "acme", 11)


def test_a_budget_that_was_dropped_meanwhile_asks_the_store_for_nothing(instance, store):
    """It was the least recently used; the next round makes it anew."""
    limits = instance()
    limits._request("a client of long ago", 1)
    assert ops(store) == 0
