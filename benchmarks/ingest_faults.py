"""Events that ingest loses or duplicates when 5 % of the store calls fail and the process dies; the goal is none.

``python -m benchmarks ingest_faults``. A failing call is reported as unavailable, although half of these calls were
applied. The sender resends whatever has no final response.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.sqlite.writer import SqliteWriter
from brain.services.gateway.reconcile import Reconcile

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from emulator import running

from brain.testing.faulty_store import RandomFaults
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.ingest_faults import IngestSimulation, build_payloads, open_sender, shuffle_requests
from brain.testing.simulations.senders import CLIENT, START, write_unlimited_config

SHARE = 0.05
THRICE = 10_000
DEATHS = 25
MANY = 100_000
ON_EMULATOR = 10_000
LARGEST = 200
SEED = 20261122


@dataclass(frozen=True)
class Run:
    """The result of one run."""

    seconds: float
    died: int
    told: dict[int, int]


def run() -> None:
    """Print what was sent, failed, stored, lost and duplicated in each run, and the time."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ["BRAIN_CONFIG"] = str(write_unlimited_config(Path(folder)))
        print(f"{THRICE} events, each sent three times in random order; {SHARE:.0%} of store calls fail")
        clean, stormy = (_embedded(Path(folder) / name, faults) for name, faults in _weathers())
        asyncio.run(_deliver(clean, [0], THRICE, ()))
        deaths = random.Random(SEED).sample(range(10, 3 * THRICE // LARGEST * 2), DEATHS)  # noqa: S311 - seeded moments
        _print(stormy, asyncio.run(_deliver(stormy, [1, 2, 3], THRICE, deaths)), THRICE)
        differing = _differing(stormy.read_events(), clean.read_events())
        print(f"documents that differ from a run without faults: {differing}, goal 0")
        _once(_embedded(Path(folder) / "large", RandomFaults(SHARE, SEED), flaky=True), MANY, "embedded")
        _once(stack.enter_context(_emulated(RandomFaults(SHARE, SEED))), ON_EMULATOR, "Firestore's emulator")
        del os.environ["BRAIN_CONFIG"]


def _once(world: IngestSimulation, amount: int, store: str) -> None:
    print(f"\n{amount} events sent once; {SHARE:.0%} of all single writes fail; store: {store}", flush=True)
    _print(world, asyncio.run(_deliver(world, [4], amount, ())), amount)


def _weathers() -> Iterator[tuple[str, RandomFaults | None]]:
    yield "clean", None
    yield "stormy", RandomFaults(SHARE, SEED)


def _embedded(file: Path, faults: RandomFaults | None, *, flaky: bool = False) -> IngestSimulation:
    store = SqliteStore(file, ManualClock(START))
    return IngestSimulation(store, lambda: SqliteWriter(store), faults, flaky)


@contextmanager
def _emulated(faults: RandomFaults) -> Iterator[IngestSimulation]:
    from brain.adapters.firestore.store import FirestoreStore  # noqa: PLC0415 - a heavy import
    from brain.adapters.firestore.writer import FirestoreWriter  # noqa: PLC0415 - the same

    with running():
        project = f"demo-{uuid.uuid4().hex[:12]}"
        store = FirestoreStore(project)
        yield IngestSimulation(store, lambda: FirestoreWriter(project), faults, flaky=True)
        store.close()


async def _deliver(world: IngestSimulation, passes: list[int], amount: int, deaths: Any) -> Run:
    items = build_payloads(amount)
    started = time.perf_counter()
    async with open_sender(world, deaths) as (sender, server):
        for seed in passes:
            await sender.deliver(shuffle_requests(items, seed, LARGEST))
    return Run(time.perf_counter() - started, server.death_count, dict(sender.status_counts))


def _print(world: IngestSimulation, done: Run, amount: int) -> None:
    faults = world.faults
    assert faults is not None
    counts = Reconcile(world.store)(CLIENT)
    calls = faults.calls.total()
    stored = len(world.read_events())
    answers = ", ".join(f"{status or 'none'}: {number}" for status, number in sorted(done.told.items()))
    what = "writes" if world.flaky else "store calls"
    print(f"{what}: {calls}, failed: {faults.failures} ({faults.failures / calls:.1%}); process deaths: {done.died}")
    print(f"responses by status: {answers}")
    doubled = max(0, stored - amount) + counts["revised"]
    print(f"stored {stored}, lost {max(0, amount - stored)}, duplicated {doubled}, goal 0")
    print(f"reconciled: sent {counts['sent']}, accounted {counts['accounted']}, difference {counts['difference']}")
    print(f"{done.seconds:.1f} s, {counts['sent'] / done.seconds:.0f} items/s")


def _differing(one: dict[str, Any], other: dict[str, Any]) -> int:
    return sum(one.get(path) != other.get(path) for path in one.keys() | other.keys())


if __name__ == "__main__":
    run()
