"""How fast events are stored, against the raw Firestore SDK on the same emulator.

``python -m benchmarks ingest_store``. Every contender stores the same documents (a SendGrid-like event of some 25
fields), prepared before the clock starts. "Raw" is what Google's client does with ``create()`` and its batches.
"""

import asyncio
import itertools
import json
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.firestore import SERVER_TIMESTAMP, AsyncClient, Client
from google.cloud.firestore_v1 import _helpers as sdk_encoding
from google.cloud.firestore_v1.types import firestore

from benchmarks.measure import interleaved, print_ratio, print_table
from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.firestore.batches import exchange_batches
from brain.adapters.firestore.writer import FirestoreWriter
from brain.domain.events import Event, FeedType
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.requests import IngestRequest
from brain.ports.document_store import Create, Transform, WriteStatus
from brain.repositories import codec, paths
from brain.services.gateway.group_commit import GroupCommit
from brain.services.gateway.rate_limits import UnlimitedBudgets
from brain.settings.environment import read_settings
from tests.emulator import running

EVENTS = 800
BATCHES = 4
BATCH = 500
ROUNDS = 5
GOAL_SINGLE = 1.2
GOAL_BATCH = 0.85
START = datetime(2026, 11, 22, tzinfo=UTC)
Work = Callable[[], float]


def document(number: int) -> dict[str, Any]:
    """Return a realistic event's document."""
    event = Event(
        event_id=f"evt_{number:024x}",
        client_id="bench",
        feed_type=FeedType.SOCIAL_INSTAGRAM,
        occurred_at=START + timedelta(seconds=number),
        received_at=START + timedelta(seconds=number, microseconds=137),
        engagements=number % 997,
        impressions=12_000 + number,
        audience_size=48_211,
        likes=number % 701,
        comments=number % 31,
        shares=number % 17,
        clicks=number % 13,
        views=9_120,
        spend=12.5,
        currency="EUR",
        content_id=f"1789{number:013d}",
        content_type="carousel",
        platform="instagram",
        vertical="ecommerce",
        creator_hash="1:0123456789abcdef",
        raw_data={"id": f"1789{number:013d}", "insights": [{"name": "reach", "values": [{"value": 9120 + number}]}]},
        correlation_id=f"{number:032x}",
    )
    return codec.new_event_to_document(event, f"{number:064x}", cumulative=True)


def run() -> None:
    """Print the events per second of each contender, and the ratio of ours to the best raw one."""
    with running():
        asyncio.run(_run())


async def _run() -> None:
    bench = Bench(f"demo-{uuid.uuid4().hex[:12]}")
    print(f"{EVENTS} single events per round, {ROUNDS} rounds, interleaved")
    singles = await asyncio.to_thread(interleaved, bench.singles(), rounds=ROUNDS)
    print_table(singles, "events/s")
    raw = [one for name, one in singles.items() if name.startswith("raw")]
    for name, one in singles.items():
        if not name.startswith("raw"):
            print_ratio(f"{name} / best raw create()", one, raw, GOAL_SINGLE)
    print(f"\n{BATCHES} batches of {BATCH} per round, {ROUNDS} rounds, interleaved")
    batches = await asyncio.to_thread(interleaved, bench.batches(), rounds=ROUNDS)
    print_table(batches, "events/s")
    raw = [one for name, one in batches.items() if name.startswith("raw") and "encoded" not in name]
    print_ratio("our batches / best raw batch", batches["writer.write, 500 per call"], raw, GOAL_BATCH)
    mixed = batches["ingest service, 500 new, duplicate and invalid"]
    print_ratio("ingest service, mixed items / best raw batch", mixed, raw, GOAL_BATCH)
    ceiling = [one for name, one in batches.items() if "encoded" in name]
    print_ratio("our batches / encoded beforehand", batches["writer.write, 500 per call"], ceiling, GOAL_BATCH)
    print("\nCPU of validation and encoding, without calls")
    encoded = interleaved(bench.encodings(), rounds=ROUNDS)
    print_table(encoded, "events/s per core")
    await bench.close()


class Bench:
    """The contenders, on one project of one emulator; asynchronous ones share the event loop that created this."""

    def __init__(self, project: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._async_client = AsyncClient(project=project)
        self._client = Client(project=project)
        self._writer = FirestoreWriter(project)
        self._shared = GroupCommit(self._writer)
        self._database = f"projects/{project}/databases/(default)"
        self._pool = ThreadPoolExecutor(16)
        self._numbers = itertools.count()
        self._brain = _brain(project)

    def singles(self) -> dict[str, Work]:
        """Return the ways to store one event a call."""
        return {
            "shared commits, 50 callers": self._on_loop(lambda: self._store_singly(50, self._group_create)),
            "shared commits, 100 callers": self._on_loop(lambda: self._store_singly(100, self._group_create)),
            "raw async create(), 50 in flight": self._on_loop(lambda: self._store_singly(50, self._sdk_create)),
            "raw create(), 16 threads": self._threads,
        }

    def batches(self) -> dict[str, Work]:
        """Return the ways to store 500 events a call."""
        return {
            "writer.write, 500 per call": self._on_loop(lambda: self._store_in_batches(self._our_batch)),
            "ingest service, 500 new, duplicate and invalid": self._on_loop(self._mixed_batches),
            "raw BatchWrite, SDK encoding": self._on_loop(lambda: self._store_in_batches(self._sdk_batch_write)),
            "raw async client's batch().commit()": self._on_loop(lambda: self._store_in_batches(self._sdk_commit)),
            "raw BatchWrite, encoded beforehand": self._on_loop(self._encoded_beforehand),
        }

    def encodings(self) -> dict[str, Work]:
        """Return the ways to make a batch of events into protobuf."""
        return {
            "ours, every rule checked": lambda: self._encode(
                lambda batch: next(exchange_batches([Create(*one) for one in batch], self._database))
            ),
            "raw SDK": lambda: self._encode(lambda batch: [self._sdk_write(*one) for one in batch]),
        }

    def _encode(self, encode: Callable[[list[tuple[str, dict[str, Any]]]], object]) -> float:
        batch = list(self._documents(BATCH))
        started = time.process_time()
        encode(batch)
        return BATCH / (time.process_time() - started)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._shared.aclose()
        await self._brain.writer.aclose()
        self._brain.store.close()
        self._async_client.close()
        self._client.close()
        self._pool.shutdown()

    def _on_loop(self, work: Callable[[], Coroutine[Any, Any, float]]) -> Work:
        return lambda: asyncio.run_coroutine_threadsafe(work(), self._loop).result()

    def _documents(self, amount: int) -> Iterator[tuple[str, dict[str, Any]]]:
        numbers = list(itertools.islice(self._numbers, amount))
        return iter([(paths.event("bench", f"evt_{number:024x}"), document(number)) for number in numbers])

    async def _store_singly(self, in_flight: int, create: Callable[[str, dict[str, Any]], Awaitable[None]]) -> float:
        documents = self._documents(EVENTS)

        async def caller() -> None:
            for path, data in documents:
                await create(path, data)

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(in_flight)))
        return EVENTS / (time.perf_counter() - started)

    async def _group_create(self, path: str, data: dict[str, Any]) -> None:
        (result,) = await self._shared.write([Create(path, data)])
        assert result.status is WriteStatus.WRITTEN

    async def _sdk_create(self, path: str, data: dict[str, Any]) -> None:
        await self._async_client.document(path).create(_for_sdk(data))

    def _threads(self) -> float:
        documents = list(self._documents(EVENTS))
        started = time.perf_counter()
        list(self._pool.map(lambda one: self._client.document(one[0]).create(_for_sdk(one[1])), documents))
        return EVENTS / (time.perf_counter() - started)

    async def _store_in_batches(self, write: Callable[[list[tuple[str, dict[str, Any]]]], Awaitable[None]]) -> float:
        batches = [list(self._documents(BATCH)) for _ in range(BATCHES)]
        started = time.perf_counter()
        for batch in batches:
            await write(batch)
        return BATCHES * BATCH / (time.perf_counter() - started)

    async def _our_batch(self, batch: list[tuple[str, dict[str, Any]]]) -> None:
        results = await self._writer.write([Create(path, data) for path, data in batch])
        assert all(one.status is WriteStatus.WRITTEN for one in results)

    async def _mixed_batches(self) -> float:
        """Take whole requests in: parse, read, identify, pseudonymise, validate, store, compare, book."""
        batches = [self._mixed() for _ in range(BATCHES)]
        started = time.perf_counter()
        for body in batches:
            name = uuid.uuid4().hex
            received = IngestRequest("bench", "custom", "application/json", body, name, name)
            done = await self._brain.ingest(received, FeedContext("bench", START, correlation_id=name))
            counts = done.count_outcomes()
            assert (counts["stored"], counts["duplicate"], counts["dead_lettered"]) == (400, 50, 50), counts
        return BATCHES * BATCH / (time.perf_counter() - started)

    def _mixed(self) -> bytes:
        """Return 400 new events, 50 of them twice, and 50 that break a rule, in no order."""
        new = [_item(number) for number in itertools.islice(self._numbers, 400)]
        bad = [_item(number) | {"likes": -1} for number in itertools.islice(self._numbers, 50)]
        items = [*new, *new[:50], *bad]
        random.Random(len(items)).shuffle(items)  # noqa: S311 - an order
        return json.dumps(items).encode()

    async def _sdk_batch_write(self, batch: list[tuple[str, dict[str, Any]]]) -> None:
        await self._batch_write([self._sdk_write(path, data) for path, data in batch])

    async def _sdk_commit(self, batch: list[tuple[str, dict[str, Any]]]) -> None:
        writes = self._async_client.batch()
        for path, data in batch:
            writes.create(self._async_client.document(path), _for_sdk(data))
        await writes.commit()

    async def _encoded_beforehand(self) -> float:
        batches = [[self._sdk_write(*one) for one in self._documents(BATCH)] for _ in range(BATCHES)]
        started = time.perf_counter()
        for batch in batches:
            await self._batch_write(batch)
        return BATCHES * BATCH / (time.perf_counter() - started)

    def _sdk_write(self, path: str, data: dict[str, Any]) -> Any:
        (write,) = sdk_encoding.pbs_for_create(f"{self._database}/documents/{path}", _for_sdk(data))
        return write

    async def _batch_write(self, writes: list[Any]) -> None:
        request = firestore.BatchWriteRequest(database=self._database, writes=writes)
        response = await self._async_client._firestore_api.batch_write(  # noqa: SLF001 - the SDK's own way to it
            request,
            metadata=self._async_client._rpc_metadata,  # noqa: SLF001 - the same
        )
        assert not any(status.code for status in response.status)


def _brain(project: str) -> bootstrap.Brain:
    """Return the Brain on the project, without rate limits."""
    secrets = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a benchmark", "BRAIN_SEAL_KEY": "a key of a benchmark"})
    brain = bootstrap.build_brain(read_settings({"BRAIN_STORE": f"firestore://{project}"}), secrets=secrets)
    brain.limits = UnlimitedBudgets()
    return brain


def _item(number: int) -> dict[str, Any]:
    return {
        "event_id": f"bench-{number}", "occurred_at": START.isoformat(), "platform": "instagram", "likes": number % 701,
        "content_id": f"1789{number:013d}", "content_type": "carousel", "engagements": number % 997, "comments": 7,
        "impressions": 12_000 + number, "audience_size": 48_211, "shares": number % 17, "creator": "author-7",
    }  # fmt: skip


def _for_sdk(data: dict[str, Any]) -> dict[str, Any]:
    return {name: SERVER_TIMESTAMP if value is Transform.SERVER_TIME else value for name, value in data.items()}


if __name__ == "__main__":
    run()
