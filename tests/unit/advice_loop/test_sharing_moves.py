"""What a class shares is read for many clients in one call, and stops in time."""

from datetime import timedelta

import pytest
from faults.test_jobs_survive import Interrupted
from unit.advice_loop.test_advice_value import build_outcome, move

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.recommendations.advice_state import AdviceState
from brain.repositories import paths
from brain.repositories.analysis.recommendations import ADVICE
from brain.repositories.gateway.ingest_counters import build_activity_marks
from brain.services.analysis import share_moves
from brain.services.analysis.share_moves import ShareMoves
from brain.testing.faulty_store import FaultyStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import MOVE_CATALOGUE, run_job, store_client
from brain.testing.simulations.posts import MONDAY

POOLED_AT = MONDAY + timedelta(days=35, hours=7)


def build_store(clients):
    """Return a store in which every other client measured moves."""
    store = SqliteStore(":memory:", ManualClock(POOLED_AT))
    for k in range(clients):
        client = f"agency{k:03}"
        store_client(store, client)
        store.commit(build_activity_marks(client, POOLED_AT))
        moves = tuple(move(10 * k + n, outcome=build_outcome(0.4) if k % 2 else None) for n in range(3))
        store.set(paths.state(client, ADVICE), AdviceState("2026-W30", (), moves).to_document())
    return store


def share(store, clock=None):
    """Pool the moves of the week, and end the run."""
    work = ShareMoves(store, MOVE_CATALOGUE.policy, lambda lease: lease.finish([], {"learned": 1}))
    return run_job(work, "brainLearning", store, "*", POOLED_AT, clock=clock)


@pytest.mark.parametrize("clients", [30, 300])
def test_reading_the_moves_costs_a_few_calls_for_fifty_clients(clients):
    """Two per fifty clients, and those of the run."""
    counting = FaultyStore(build_store(clients))
    assert share(counting)["learned"] == 1
    assert counting.calls.total() <= 2 * -(-clients // 50) + 6


def test_out_of_time_at_any_call_it_leaves_all_to_the_next_attempt(monkeypatch):
    """Nothing is pooled from half of the clients."""
    monkeypatch.setattr(share_moves, "CLIENTS_PER_READ", 3)
    counting = FaultyStore(build_store(13))
    share(counting)
    expected = counting.get(paths.model("moves")).data
    assert expected["classes"]["agency"]["format_wins"]["clients"] == 6
    stopped = 0
    for k in range(2, counting.calls.total()):
        store, clock = build_store(13), ManualClock(POOLED_AT)
        slow = Interrupted(store, at_call=k, hook=lambda clock=clock: clock.advance(timedelta(minutes=5)))
        if share(slow, clock)["status"] == "stopped":
            stopped += 1
            assert store.get(paths.model("moves")) is None
            assert share(store, clock)["learned"] == 1
        assert store.get(paths.model("moves")).data == expected
    assert stopped >= 9
