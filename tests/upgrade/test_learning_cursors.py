"""A store whose model holds the clients' cursors, as it did before they were stored with the clients."""

import json
from datetime import timedelta
from typing import Any

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.errors import BrainError
from brain.ports.document_store import Set
from brain.repositories import paths
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.agency import (
    LIMIT,
    START,
    read_learned_documents,
    read_model,
    run_learning,
)
from brain.testing.simulations.recorded_outcomes import record_day

CLIENTS = tuple(f"c{number}" for number in range(7))
LEARNED, NEW = 1, 4
"""The days of the two runs; before the second only some clients have new outcomes, and one is silent for long."""


def build_store(*, former: bool) -> tuple[SqliteStore, ManualClock]:
    """Return a store after one run, with the cursors where they are now or where they were, and new outcomes."""
    clock = ManualClock(START)
    store = SqliteStore(":memory:", clock)
    record_day(store, CLIENTS, START + timedelta(days=LEARNED), 20)
    run_learning(store, clock, LEARNED)
    if former:
        move_cursors_to_model(store)
    record_day(store, CLIENTS[:4], START + timedelta(days=NEW), 6)
    return store, clock


def move_cursors_to_model(store: SqliteStore) -> None:
    """Write the documents as the former version did."""
    cursors = {}
    for client in CLIENTS:
        own_weights = dict(read(store, paths.state(client, "learning")))
        cursors[client] = own_weights.pop("cursor")
        store.commit([Set(paths.state(client, "learning"), own_weights)])
    model = dict(read(store, paths.model("score")))
    store.commit([Set(paths.model("score"), model | {"state": {**model["state"], "cursors": cursors}})])


def read(store: SqliteStore, path: str) -> Any:
    """Return a document that exists."""
    snapshot = store.get(path)
    assert snapshot is not None
    return snapshot.data


def learned(store: SqliteStore) -> str:
    """Return everything that learning left, as text."""
    return json.dumps(read_learned_documents(store, CLIENTS, ("state",)), sort_keys=True, default=str)


@pytest.fixture(scope="module")
def expected() -> str:
    """Return what a store that always had its cursors with the clients holds after the second run."""
    store, clock = build_store(former=False)
    assert run_learning(store, clock, NEW)["outcomes"] == 24
    return learned(store)


def test_cursors_move_to_the_clients_and_no_outcome_is_learned_twice_or_skipped(expected: str) -> None:
    """The documents are those of a store that never had the former ones."""
    store, clock = build_store(former=True)
    assert set(read_model(store)["state"]["cursors"]) == set(CLIENTS)
    assert run_learning(store, clock, NEW)["outcomes"] == 24
    assert learned(store) == expected
    assert "cursors" not in read_model(store)["state"]


@pytest.mark.parametrize("mode", list(FaultMode))
def test_broken_at_any_call_the_move_is_completed_by_the_next_attempt(mode: FaultMode, expected: str) -> None:
    """Some cursors may be moved and the model not be written yet."""
    store, clock = build_store(former=True)
    counting = FaultyStore(store)
    run_learning(counting, clock, NEW)
    for k in range(1, counting.calls.total() + 1):
        store, clock = build_store(former=True)
        try:
            run_learning(FaultyStore(store, fail_at=k, mode=mode), clock, NEW)
        except (BrainError, ProcessKilled):
            clock.advance(LIMIT + timedelta(minutes=1))  # the dead worker's lease ends
        assert run_learning(store, clock, NEW)["status"] == "success"
        assert learned(store) == expected, f"{mode} at call {k}"


def test_the_later_cursor_counts_while_both_are_there() -> None:
    """A worker of the former version learned after a client's cursor was moved, in a run that was then killed."""
    store, clock = build_store(former=True)
    moved = dict(read(store, paths.state("c0", "learning")))
    early = (START - timedelta(days=1)).isoformat()
    store.commit([Set(paths.state("c0", "learning"), moved | {"cursor": [early, "o000003"]})])
    assert run_learning(store, clock, NEW)["outcomes"] == 24


def test_a_client_whose_own_document_is_gone_keeps_its_former_cursor() -> None:
    """It is learned from where the model was, and its own weights start again."""
    store, clock = build_store(former=True)
    store.delete(paths.state("c0", "learning"))
    assert run_learning(store, clock, NEW)["outcomes"] == 24
    assert read(store, paths.state("c0", "learning"))["outcomes"] == 6
