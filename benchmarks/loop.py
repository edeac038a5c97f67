"""The cost of the hourly, daily and weekly loop: store operations, reads per run, scoring speed, and memory."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import grpc
from google.cloud.firestore_v1.types import firestore

from benchmarks.measure import interleaved, print_table
from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.virtual_clock import VirtualClock
from brain.domain.days.scorer import Scorer
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.requests import IngestRequest
from brain.domain.scoring import ScoringConfig, Weights
from brain.settings.environment import read_settings
from brain.settings.files import load_config
from brain.testing.faulty_store import FaultyStore
from brain.testing.simulations.client import CLIENT, MONDAY, build_event, store_events

SECRETS = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a benchmark", "BRAIN_SEAL_KEY": "a key of a benchmark"})
NEW_EVENTS = 100
HISTORY = 500
TIMES = 10


def run() -> None:
    """Print all figures."""
    _wire()
    _hourly_reads()
    _report_reads()
    _scoring()
    _memory()


class CountingFirestore:
    """A Firestore that counts the operations it receives over gRPC and stores nothing."""

    def __init__(self) -> None:
        self.writes = 0
        self.reads = 0
        self.calls: Counter[str] = Counter()

    def batch_write(self, request: firestore.BatchWriteRequest, _context: grpc.ServicerContext) -> Any:
        """Accept every write."""
        self.calls["BatchWrite"] += 1
        self.writes += len(request.writes)
        now = datetime.now(UTC)
        results = [{"update_time": now} for _ in request.writes]
        return firestore.BatchWriteResponse(write_results=results, status=[{"code": 0} for _ in results])

    def batch_get(self, request: firestore.BatchGetDocumentsRequest, _context: grpc.ServicerContext) -> Iterator[Any]:
        """Find nothing."""
        self.calls["BatchGetDocuments"] += 1
        self.reads += len(request.documents)
        for name in request.documents:
            yield firestore.BatchGetDocumentsResponse(missing=name, read_time=datetime.now(UTC))

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on the loopback and yield ``host:port``."""
        kinds = (firestore.BatchWriteRequest, firestore.BatchGetDocumentsRequest)
        serialize = lambda answer: type(answer).serialize(answer)  # noqa: E731 - a name for two uses
        handlers = {
            "BatchWrite": grpc.unary_unary_rpc_method_handler(self.batch_write, kinds[0].deserialize, serialize),
            "BatchGetDocuments": grpc.unary_stream_rpc_method_handler(self.batch_get, kinds[1].deserialize, serialize),
        }
        server = grpc.server(futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("google.firestore.v1.Firestore", handlers),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        server.stop(None)


def _wire() -> None:
    """Ingest new events in requests of one and of 500, and count the store operations."""
    import os  # noqa: PLC0415 - the emulator's address is this function's alone

    for label, requests, size in (("one event per request", 1000, 1), ("500 events per request", 2, 500)):
        counting = CountingFirestore()
        with counting.serving() as host:
            before = os.environ.get("FIRESTORE_EMULATOR_HOST")
            os.environ["FIRESTORE_EMULATOR_HOST"] = host
            asyncio.run(_ingest(requests, size))
            os.environ.pop("FIRESTORE_EMULATOR_HOST")
            if before:
                os.environ["FIRESTORE_EMULATOR_HOST"] = before
        events = requests * size
        print(
            f"wire, {events} new events, {label}: {counting.writes / events:.3f} writes and "
            f"{counting.reads / events:.3f} reads per event, {counting.calls.total()} calls (goal 1 write, 0 reads)"
        )


async def _ingest(requests: int, size: int) -> None:
    clock = VirtualClock(MONDAY)
    brain = bootstrap.build_brain(read_settings({"BRAIN_STORE": "firestore://demo-wire"}), clock=clock, secrets=SECRETS)
    brain.limits.events_a_client = brain.limits.events_in_all = 10**9
    numbers = iter(range(requests * size))

    async def one() -> None:
        items = [
            {"event_id": f"e{next(numbers)}", "occurred_at": MONDAY.isoformat(), "platform": "linkedin", "likes": 3}
            for _ in range(size)
        ]
        request = IngestRequest(CLIENT, "custom", "application/json", json.dumps(items).encode(), "bench")
        done = await brain.ingest(request, FeedContext(CLIENT, clock.now()))
        assert done.count_outcomes()["stored"] == size, done

    await one()
    for begun in range(1, requests, 50):
        await asyncio.gather(*(one() for _ in range(min(50, requests - begun))))
    await brain.writer.aclose()


def _world(store: Any, events: int, days: int = 30) -> None:
    """Fill a store with a client's events over the days before ``MONDAY``."""
    for number in range(events):
        store_events(store, build_event(number, MONDAY - timedelta(days=days) + timedelta(days=days) * number / events))


def _job(store: Any, job: str, hours: int) -> dict[str, Any]:
    settings = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
    brain = bootstrap.build_brain(settings, clock=VirtualClock(MONDAY + timedelta(hours=hours)), secrets=SECRETS)
    brain.store = store
    return brain.run_job(job, MONDAY + timedelta(hours=hours), client_id=CLIENT)


def _hourly_reads() -> None:
    for times in (1, TIMES):
        store = SqliteStore(":memory:", VirtualClock(MONDAY))
        _world(store, HISTORY * times)
        _job(store, "brainHourlyScores", 1)
        for number in range(NEW_EVENTS):
            store_events(store, build_event(10**6 + number, MONDAY + timedelta(minutes=number % 60)))
        counting = FaultyStore(store)
        answer = _job(counting, "brainHourlyScores", 2)
        assert answer["totals"]["scored"] == NEW_EVENTS
        print(
            f"hourly run, {NEW_EVENTS} new events after {HISTORY * times} scored ones: "
            f"{counting.reads / NEW_EVENTS:.2f} reads and {counting.writes / NEW_EVENTS:.2f} writes per new event "
            f"({counting.reads} reads in total)"
        )


def _report_reads() -> None:
    for times in (1, TIMES):
        store = SqliteStore(":memory:", VirtualClock(MONDAY))
        _world(store, HISTORY * times)
        _job(store, "brainHourlyScores", 1)
        counting = FaultyStore(store)
        assert _job(counting, "brainDailyAnalysis", 6)["status"] == "success"
        print(f"daily analysis of a client with {HISTORY * times} events: {counting.reads} reads")
        counting = FaultyStore(store)
        assert _job(counting, "brainWeeklyReport", 9)["status"] == "success"
        print(f"weekly report of a client with {HISTORY * times} events: {counting.reads} reads (goal at most 10)")


def _scoring() -> None:
    config = load_config("brain_scoring", ScoringConfig)
    events = [build_event(n, MONDAY - timedelta(days=30) + timedelta(minutes=4 * n)) for n in range(10_000)]

    def score_all() -> float:
        scorer = Scorer({}, Weights(), as_of=MONDAY, time_zone=ZoneInfo("UTC"), config=config)
        started = time.perf_counter()
        scorer.score_all(events)
        return len(events) / (time.perf_counter() - started)

    print_table(interleaved({"scoring with history and daily sums": score_all}, rounds=5), "events/s")


def _memory() -> None:
    """Run the hourly job over 2,000 and 20,000 new events, each in its own process."""
    for events in (2000, 2000 * TIMES):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "brain.db"
            store = SqliteStore(file, VirtualClock(MONDAY), synchronous="OFF")
            _world(store, events)
            store.close()
            script = f"from benchmarks.loop import hourly_memory; hourly_memory({str(file)!r}, {events})"
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
            print(done.stdout.strip())


def hourly_memory(file: str, events: int) -> None:
    """Print the peak memory of an hourly run over the new events of a file, and how much the run added."""
    store = SqliteStore(file, VirtualClock(MONDAY))
    before = _peak_megabytes()
    assert _job(store, "brainHourlyScores", 1)["totals"]["scored"] == events
    after = _peak_megabytes()
    print(f"hourly run over {events} new events: peak memory {after:.0f} MB, {after - before:.0f} MB added by the run")


def _peak_megabytes() -> float:
    """Return the peak memory of this process; ``ru_maxrss`` would include its parent."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
