"""The daily analysis with advice and predictions, broken at every call and overlapped, ends in the same documents."""

import contextlib
import threading
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.errors import BrainError, LeaseHeldError
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import RecentDays, answer_recommendation, read_advice_state, run_daily, run_weekly
from brain.testing.simulations.posts import MONDAY, simulate_posts

CLIENT = "acme"
COLLECTIONS = ("state", "feedback", "anomalies", "recommendations", "predictions", "outcomes", "views", "reports")
FIRST = MONDAY + timedelta(days=21, hours=6)
NOW = FIRST + timedelta(days=21)
LATER = timedelta(minutes=7)


def documents(store: SqliteStore) -> dict[str, dict[str, Any]]:
    """Everything a store holds of the client."""
    return {s.path: s.data for name in COLLECTIONS for s in store.query(f"clients/{CLIENT}/{name}")}


@cache
def past() -> Mapping[str, Any]:
    """A client with a slate three weeks old that was answered, and four weeks of new content since."""
    store = SqliteStore(":memory:", ManualClock(FIRST))
    books = RecentDays(store, CLIENT)
    books.add(simulate_posts(CLIENT, MONDAY, 21, ratio=1.8))
    run_daily(store, CLIENT, FIRST)
    card = read_advice_state(store, CLIENT).cards[0]
    books.add(simulate_posts(CLIENT, MONDAY + timedelta(days=21), 21, ratio=1.8))
    answer_recommendation(store, CLIENT, card["id"], "done", NOW - timedelta(days=1))
    stored_documents = documents(store)
    store.close()
    return stored_documents


def world() -> SqliteStore:
    """A store in which the run has everything to do: answers, outcomes, judgements, a new slate and a new grid."""
    store = SqliteStore(":memory:", ManualClock(NOW))
    for path, data in past().items():
        store.set(path, data)
    return store


@cache
def faultless(weekly: bool = False) -> tuple[Mapping[str, Any], int]:
    """What a run without faults leaves, and how many calls it makes."""
    store = world()
    counting = FaultyStore(store)
    (run_weekly if weekly else run_daily)(counting, CLIENT, NOW)
    return documents(store), counting.calls.total()


def test_the_run_has_everything_to_do() -> None:
    """Else the faults below would show little."""
    before, after = past(), faultless()[0]
    new = {path.split("/")[2] for path in after if path not in before}
    assert new >= {"recommendations", "predictions", "outcomes", "reports"}
    assert any(data.get("status") == "done" for path, data in after.items() if "/recommendations/" in path)


@pytest.mark.slow
@pytest.mark.parametrize("weekly", [False, True], ids=["daily", "weekly"])
@pytest.mark.parametrize("mode", list(FaultMode))
def test_a_run_broken_at_any_call_and_taken_up_again_ends_in_the_same_documents(mode: FaultMode, weekly: bool) -> None:
    """Refused, answered into the void, or killed before or after it was applied: one slate, one outcome each."""
    run = run_weekly if weekly else run_daily
    expected, calls = faultless(weekly)
    for k in range(1, calls + 1):
        store = world()
        with contextlib.suppress(BrainError, ProcessKilled):
            run(FaultyStore(store, fail_at=k, mode=mode), CLIENT, NOW)
        again = run(store, CLIENT, NOW, clock=ManualClock(NOW + LATER))
        assert again["status"] == "success", k
        assert documents(store) == expected, f"{mode} at call {k} of {calls}"
        store.close()


def test_workers_at_once_draw_one_slate() -> None:
    """Six threads start the same run; those that find it taken are told to come back."""
    expected, _ = faultless()
    store = world()
    held: list[LeaseHeldError] = []

    def start() -> None:
        try:
            run_daily(store, CLIENT, NOW)
        except LeaseHeldError as error:
            held.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert documents(store) == expected


def test_a_slate_that_another_run_of_the_week_drew_meanwhile_stands() -> None:
    """Monday's late worker and Tuesday's run overlap: whoever commits second finds the standing changed."""
    store = world()
    tuesday = NOW + timedelta(days=1)
    overlapping = Interrupted(store, lambda: run_daily(store, CLIENT, tuesday))
    run_daily(overlapping, CLIENT, NOW)
    moves = read_advice_state(store, CLIENT)
    names = [move.recommendation_id for move in moves.moves]
    assert len(names) == len(set(names))
    assert {m.recommendation_id for m in moves.current_moves if not m.held_back} == {c["id"] for c in moves.cards}


class Interrupted:
    """A store before whose first commit with documents something else happens once."""

    def __init__(self, inner: SqliteStore, hook: Any) -> None:
        self._inner = inner
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        """Pass the call on, after the hook when it is the run's own commit."""
        method = getattr(self._inner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            hook, self._hook = (self._hook, None) if name == "commit" else (None, self._hook)
            if hook:
                hook()
            return method(*args, **kwargs)

        return call
