"""A thousand events, each sent three times in random order through failures and crashes, are stored once each."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.sqlite.writer import SqliteWriter
from brain.services.gateway.reconcile import Reconcile
from brain.testing.faulty_store import RandomFaults
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.ingest_faults import IngestSimulation, build_payloads, open_sender, shuffle_requests
from brain.testing.simulations.senders import CLIENT, START, write_unlimited_config

EVENTS = 1000
SHARE = 0.05
DEATHS = 6
LARGEST = 40


@pytest.fixture
def build_simulation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[RandomFaults | None], IngestSimulation]:
    """Makes worlds on stores of their own, with budgets that no test reaches."""
    monkeypatch.setenv("BRAIN_CONFIG", str(write_unlimited_config(tmp_path)))

    def build(faults: RandomFaults | None) -> IngestSimulation:
        store = SqliteStore(":memory:", ManualClock(START))
        return IngestSimulation(store, lambda: SqliteWriter(store), faults)

    return build


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_times_in_any_order_through_any_weather_is_once(
    build_simulation: Callable[[RandomFaults | None], IngestSimulation], seed: int
) -> None:
    """Five of a hundred store calls fail, applied or not, the process dies six times: the store is a clean pass's."""
    items = build_payloads(EVENTS)
    clean, stormy = build_simulation(None), build_simulation(RandomFaults(SHARE, seed))
    deaths = random.Random(seed).sample(range(5, 150), DEATHS)  # noqa: S311 - moments of a test

    async def both() -> int:
        async with open_sender(clean) as (sender, _):
            await sender.deliver(shuffle_requests(items, 0, LARGEST))
        async with open_sender(stormy, deaths) as (sender, server):
            for turn in range(3):
                await sender.deliver(shuffle_requests(items, 10 * seed + turn, LARGEST))
        assert sender.count_outcomes().total() == 3 * EVENTS
        return server.death_count

    assert asyncio.run(both()) == DEATHS
    assert stormy.faults.failures > 0
    assert stormy.read_events() == clean.read_events()
    counts = Reconcile(stormy.store)(CLIENT)
    figures = {name: counts[name] for name in ("stored", "revised", "duplicate", "sent", "difference")}
    assert figures == {"stored": EVENTS, "revised": 0, "duplicate": 2 * EVENTS, "sent": 3 * EVENTS, "difference": 0}


def test_single_writes_that_fail_are_made_good_by_sending_their_items_again(
    build_simulation: Callable[[RandomFaults | None], IngestSimulation],
) -> None:
    """Of a request whose items have different ends, only those that were not stored are sent again."""
    items = build_payloads(400)
    clean, flaky = build_simulation(None), replace(build_simulation(RandomFaults(0.1, seed=5)), flaky=True)

    async def send_both() -> None:
        for simulation in (clean, flaky):
            async with open_sender(simulation) as (sender, _):
                await sender.deliver(shuffle_requests(items, 0, LARGEST))

    asyncio.run(send_both())
    assert flaky.faults.failures > 20
    assert flaky.read_events() == clean.read_events()
