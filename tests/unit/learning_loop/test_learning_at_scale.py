"""Learning from many clients: calls per client, bounded commits, silent clients, and no client in the model."""

import json
import math
from datetime import timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.steps import ALL_CLIENTS, LEARNING
from brain.domain.learning.outcomes import recording_order
from brain.domain.learning.own_weights import OwnWeights
from brain.domain.learning.score_model import MAX_SNAPSHOTS
from brain.domain.learning.summary import WeightsSnapshot
from brain.ports.document_rules import MAX_COMMIT_BYTES, check_write
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.latest_outcomes import LatestOutcomes
from brain.services.analysis.learn import Learn
from brain.services.jobs.run_once import run_once
from brain.testing.faulty_store import FaultyStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.agency import (
    GOLD,
    LEARNING_CONFIG,
    LIMIT,
    START,
    read_learned_documents,
    read_model,
    run_learning,
)
from brain.testing.simulations.outcomes import ONES
from brain.testing.simulations.recorded_outcomes import record_day

# Calls of a run whatever the number of clients: its record, marks of activity, priors, model, and the last commit.
FIXED_CALLS = 12


def open_memory_store():
    """Return an empty store."""
    clock = ManualClock(START)
    return SqliteStore(":memory:", clock), clock


def name_clients(count):
    """Return so many client ids."""
    return [f"client-{number:03}" for number in range(count)]


def at(day):
    """Return when outcomes of a day are recorded: an hour before learning."""
    return START + timedelta(days=day, hours=5)


@pytest.mark.parametrize("count", [30, 300])
def test_a_client_with_new_outcomes_costs_one_call_and_a_silent_one_almost_none(count):
    """Of further calls there are few: one per fifty clients and kind of document, one per batch, a few per run."""
    store, clock = open_memory_store()
    clients = name_clients(count)
    record_day(store, clients, at(1), 20)
    run_learning(store, clock, 1)
    record_day(store, clients, at(2), 4)
    counting = FaultyStore(store)
    result = run_learning(counting, clock, 2)
    assert result["outcomes"] == 4 * count
    # the outcomes of each, and those of the clients to whose latest outcomes a challenger is fitted
    assert counting.calls.total() - FIXED_CALLS <= 2.2 * count
    counting = FaultyStore(store)
    assert run_learning(counting, clock, 3)["outcomes"] == 0
    assert counting.calls.total() - FIXED_CALLS <= 0.1 * count


def test_both_stores_end_in_the_same_documents(store, clock):
    """More clients than are read in one call; the second run skips those that are silent."""
    clients = name_clients(55)
    memory, memory_clock = open_memory_store()
    documents = []
    for target, its_clock in ((store, clock), (memory, memory_clock)):
        record_day(target, clients, at(1), 3)
        run_learning(target, its_clock, 1)
        record_day(target, clients[::2], at(2), 2)
        assert run_learning(target, its_clock, 2)["outcomes"] == 56
        documents.append(read_learned_documents(target, clients, ("state",)))
    assert json.dumps(documents[0], sort_keys=True, default=str) == json.dumps(
        documents[1], sort_keys=True, default=str
    )


def test_a_silent_client_is_not_queried_and_one_without_a_register_is():
    """A register may be lost, and outcomes must not be lost with it."""
    store, clock = open_memory_store()
    record_day(store, ["blue", "acme"], at(1), 20)
    run_learning(store, clock, 1)
    record_day(store, ["blue"], at(2), 3)
    store.delete(paths.state("blue", "outcomes"))
    counting = FaultyStore(store)
    assert run_learning(counting, clock, 2)["outcomes"] == 3
    assert counting.reads_by["outcomes"] == 3
    record_day(store, ["acme"], at(3), 2)
    store.update(paths.state("acme", "outcomes"), {"recorded": 20})
    assert run_learning(store, clock, 3)["outcomes"] == 2, "a restored register that counts no new ones"


def test_a_run_that_stopped_among_outcomes_of_one_time_continues_with_the_next_of_them():
    """The register's latest time is that of the last outcome learned from, and there are more."""
    store, clock = open_memory_store()
    record_day(store, ["acme"], at(1), 30)

    class Slow(FaultyStore):
        """The time is up once a batch is written."""

        def commit(self, writes):
            versions = super().commit(writes)
            clock.advance(LIMIT if any(write.path == paths.model("score") for write in writes) else timedelta(0))
            return versions

    def learn(target):
        task = Task(LEARNING, ALL_CLIENTS, at(2), at(2))
        job = Learn(target, LEARNING_CONFIG, GOLD, batch_outcomes=20)
        return run_once(Runs(target), task, job, time_limit=LIMIT, clock=clock)

    assert (learn(Slow(store))["status"], read_model(store)["state"]["outcomes"]) == ("stopped", 20)
    assert (learn(store)["status"], read_model(store)["state"]["outcomes"]) == ("success", 30)


def test_clients_of_two_months_are_learned_from_in_batches_that_a_commit_can_hold():
    """Their own documents are 16 kB each: 250 of them are more than one commit may write."""
    store, clock = open_memory_store()
    clients = name_clients(250)
    record_day(store, clients, at(1), 2)
    snapshot = WeightsSnapshot(START - timedelta(days=80), "own-100", dict.fromkeys(ONES, 1.0 + 1 / 3), 100)
    old = OwnWeights(
        vertical="agency",
        outcomes=100,
        pooled=dict(ONES),
        sums=(1.0,) * 44,
        weights_history=(snapshot,) * MAX_SNAPSHOTS,
    )
    for client in clients:
        store.set(paths.state(client, "learning"), old.to_document())
    sizes = []

    class Measuring(FaultyStore):
        """Notes the size of each commit."""

        def commit(self, writes):
            sizes.append(sum(check_write(write) for write in writes))
            return super().commit(writes)

    result = run_learning(Measuring(store), clock, 1)
    assert (result["outcomes"], result["batches"]) == (500, 3)
    assert sum(sizes) > MAX_COMMIT_BYTES > max(sizes)


def test_a_client_that_was_silent_for_months_continues_after_its_last_outcome():
    """Nothing is learned twice; what was recorded just before the silence, and never learned, is not lost."""
    store, clock = open_memory_store()
    record_day(store, ["acme"], at(1), 20)
    run_learning(store, clock, 1)
    record_day(store, ["acme"], at(2), 5)
    record_day(store, ["blue"], at(90), 20)
    assert run_learning(store, clock, 90)["outcomes"] == 20
    record_day(store, ["acme"], at(95), 7)
    assert run_learning(store, clock, 95)["outcomes"] == 12
    assert run_learning(store, clock, 96)["outcomes"] == 0
    assert store.get(paths.state("acme", "learning")).data["outcomes"] == 32


@pytest.mark.parametrize(("silent_days", "serves_only"), [(58, None), (62, "blue")])
def test_shared_weights_are_those_of_a_silent_client_too_for_two_months(silent_days, serves_only):
    """It is no longer active, and the weights come from it all the same."""
    store, clock = open_memory_store()
    record_day(store, ["acme"], at(1), 20)
    run_learning(store, clock, 1)
    assert read_model(store)["serves_only"] == "acme"
    record_day(store, ["blue"], at(1 + silent_days), 20)
    run_learning(store, clock, 1 + silent_days)
    assert read_model(store)["serves_only"] == serves_only


def test_the_model_names_no_client_and_its_size_does_not_depend_on_how_many_there_are():
    """A client's cursor is in its own document, and goes with it."""
    sizes = []
    for count in (60, 240):
        store, clock = open_memory_store()
        clients = name_clients(count)
        record_day(store, clients, at(1), 3)
        run_learning(store, clock, 1)
        model = json.dumps(read_model(store), sort_keys=True)
        assert not [client for client in clients if client in model]
        assert store.get(paths.state(clients[0], "learning")).data["cursor"][1] == "o000002"
        sizes.append(len(model))
    assert max(sizes) < 5000, "240 cursors alone would have three times as many"


def test_a_client_with_invalid_settings_does_not_end_the_learning_of_all():
    """Only its vertical is read."""
    store, clock = open_memory_store()
    record_day(store, ["acme", "blue"], at(1), 20)
    store.set(paths.client("acme"), {"vertical": "D2C brands", "time_zone": "Mars/Olympus"})
    assert run_learning(store, clock, 1)["outcomes"] == 40
    assert store.get(paths.state("acme", "learning")).data["vertical"] == "D2C brands"


def test_a_challenger_is_fitted_to_the_latest_outcomes_wherever_they_come_from(monkeypatch):
    """Batches that are remembered and outcomes that are read again are the same as all outcomes sorted."""
    store, clock = open_memory_store()
    clients = name_clients(12)
    for day in (1, 2, 3):
        record_day(store, clients[day:] if day < 3 else clients[:9], at(day), 60)
    selections = []
    real = LatestOutcomes.select

    def spy(self, cursors):
        selections.append((dict(cursors), real(self, cursors)))
        return selections[-1][1]

    monkeypatch.setattr(LatestOutcomes, "select", spy)
    run_learning(store, clock, 3)
    assert len(selections) >= 2
    for cursors, selected in selections:
        assert selected == expect_latest(store, cursors)


def expect_latest(store, cursors):
    """Return what reading the latest outcomes of every client selects."""
    limit = LEARNING_CONFIG.challenger.fitted_to
    per_client = min(limit, math.ceil(3 * limit / len(cursors)))
    source = Outcomes(store, LEARNING_CONFIG.outcomes)
    every = [
        outcome for client, cursor in cursors.items() for outcome in source.list_latest(client, cursor, per_client)
    ]
    return sorted(every, key=recording_order)[-limit:]
