"""Simulated ingest in which store calls fail at random and the server process dies while a sender sends."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from brain.adapters.environment import EnvironmentSecrets
from brain.bootstrap import Brain
from brain.entrypoints.local import LocalServer
from brain.errors import StoreUnavailableError
from brain.ports.document_store import DocumentStore, EventWriter, Snapshot, Write, WriteResult, WriteStatus
from brain.repositories import paths
from brain.services.gateway.group_commit import GroupCommit
from brain.settings.environment import read_settings
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter, RandomFaults
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.senders import (
    CLIENT,
    START,
    Sender,
    SenderRequest,
    build_ad_payload,
    build_post_payload,
    encode_array,
)

SECRETS = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"})
MAX_CONCURRENT = 16
PAGE_SIZE = 1000
ADS_PER_POST = 0.1
# Fields of the first request with an event; faults decide which request that is.
FIRST_REQUEST_FIELDS = ("stored_at", "delivery", "correlation_id")


class FlakyWriter:
    """An ``EventWriter`` that fails single writes of a batch, before or after they are applied.

    Args:
        inner: The writer that does the work.
        faults: Decides which writes fail.
    """

    def __init__(self, inner: EventWriter, faults: RandomFaults) -> None:
        self._inner = inner
        self._faults = faults

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply the writes that are not refused, and report some of them as failed."""
        modes = [self._faults.next_call("write") for _ in writes]
        applied = [write for write, mode in zip(writes, modes, strict=True) if mode is not FaultMode.REFUSE]
        results = iter(await self._inner.write(applied))
        failed = WriteResult(WriteStatus.UNAVAILABLE, StoreUnavailableError("failed for a test"))
        write_results = [failed if mode is FaultMode.REFUSE else next(results) for mode in modes]
        return [result if mode is None else failed for result, mode in zip(write_results, modes, strict=True)]

    async def aclose(self) -> None:
        """Close the inner writer."""
        await self._inner.aclose()


class PartialRetrySender(Sender):
    """A sender that retries only those items of a request that were not stored."""

    async def _deliver(self, request: SenderRequest) -> None:
        for attempt in range(self.max_attempts):
            response = await self.send(request)
            if response is not None and response.status_code < 500:
                return
            if response is not None and "results" in response.json():
                payloads = json.loads(request.body)
                item_results = response.json()["results"]
                failed = [payloads[result["index"]] for result in item_results if result["status"] == 503]
                request = SenderRequest(f"{request.name}.{attempt}"[-60:], encode_array(failed), request.source)
        raise AssertionError(f"{request.name} got no final response")


class WriterBuilder(Protocol):
    """Opens the event writer of a new server process."""

    def __call__(self) -> EventWriter:
        """Return a new writer to the same store."""


@dataclass
class IngestSimulation:
    """A store, its event writer, and the faults of both.

    Attributes:
        store: The store of all server processes.
        open_writer: Opens the event writer of a new server process.
        faults: The random failures; with None nothing fails.
        flaky: Whether single writes of a batch fail instead of whole store calls.
    """

    store: DocumentStore
    open_writer: WriterBuilder
    faults: RandomFaults | None = None
    flaky: bool = False

    def build_brain(self) -> Brain:
        """Build the application of a new server process on the store."""
        settings = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
        store = FaultyStore(self.store, faults=self.faults) if self.faults and not self.flaky else self.store
        brain = Brain(settings, ManualClock(START), SECRETS, store)
        writer: EventWriter = self.open_writer()
        if self.faults:
            writer = FlakyWriter(writer, self.faults) if self.flaky else FaultyWriter(writer, faults=self.faults)
        brain.writer = GroupCommit(writer)
        brain.log = lambda *_, **__: None
        return brain

    def create_key(self) -> str:
        """Create an API key of the client, without faults."""
        faultless = IngestSimulation(self.store, self.open_writer)
        return faultless.build_brain().key_ring.create(CLIENT)[0]

    def read_events(self) -> dict[str, dict[str, Any]]:
        """Return every event by its path, without the fields that depend on the faults."""
        events: dict[str, dict[str, Any]] = {}
        last: Snapshot | None = None
        while page := self.store.query(paths.events(CLIENT), limit=PAGE_SIZE, start_after=last):
            last = page[-1]
            for event in page:
                events[event.path] = {k: v for k, v in event.data.items() if k not in FIRST_REQUEST_FIELDS}
        return events


class BrainBuilder(Protocol):
    """Builds the application of a new server process."""

    def __call__(self) -> Brain:
        """Return a new application on the same store."""


class DyingTransport(httpx.AsyncBaseTransport):
    """A transport to a server in this process that dies before chosen requests and restarts immediately.

    Requests in flight at that moment get no response; their writes may still be applied.

    Args:
        start: Builds the application of a new server process.
        deaths: The numbers of the requests before which the server dies, from 1.
    """

    def __init__(self, start: BrainBuilder, deaths: Sequence[int] = ()) -> None:
        self.death_count = 0
        self._start = start
        self._deaths = sorted(deaths)
        self._request_count = 0
        self._in_flight: set[asyncio.Future[httpx.Response]] = set()
        self._restart()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the server's response, or raise ``httpx.ReadError`` if the server dies first."""
        self._request_count += 1
        if self._deaths and self._request_count >= self._deaths[0]:
            self._deaths.pop(0)
            self._die()
        response = asyncio.ensure_future(self._server.handle_async_request(request))
        self._in_flight.add(response)
        await asyncio.wait([response])
        self._in_flight.discard(response)
        if response.cancelled():
            raise httpx.ReadError("the server process ended")
        return response.result()

    def _restart(self) -> None:
        self.brain = self._start()
        self._server = httpx.ASGITransport(LocalServer(self.brain, schedule=False).app())

    def _die(self) -> None:
        self.death_count += 1
        for response in self._in_flight:
            response.cancel()
        self._restart()


@asynccontextmanager
async def open_sender(
    simulation: IngestSimulation, deaths: Sequence[int] = ()
) -> AsyncIterator[tuple[Sender, DyingTransport]]:
    """Start a server on the simulation; yield a sender to it and its transport.

    Args:
        simulation: The store and its faults.
        deaths: The numbers of the requests before which the server dies, from 1.
    """
    server = DyingTransport(simulation.build_brain, deaths)
    async with httpx.AsyncClient(transport=server, base_url="http://brain") as http:
        sender_class = PartialRetrySender if simulation.flaky else Sender
        yield sender_class(http, simulation.create_key(), max_attempts=200, max_concurrent=MAX_CONCURRENT), server
        await server.brain.writer.aclose()


def build_payloads(count: int) -> list[tuple[str, dict[str, Any]]]:
    """Build payloads of distinct events, each with its feed: posts, and running totals of ads."""
    ads = int(count * ADS_PER_POST)
    return [("custom", build_post_payload(n)) for n in range(count - ads)] + [
        ("ads_meta", build_ad_payload(n, 100 + n)) for n in range(ads)
    ]


def shuffle_requests(payloads: Sequence[tuple[str, dict[str, Any]]], seed: int, max_size: int) -> list[SenderRequest]:
    """Distribute payloads over requests of 1 to ``max_size`` payloads of one feed, in a random order."""
    rng = random.Random(seed)
    requests = []
    for source in sorted({source for source, _ in payloads}):
        feed_payloads = [payload for feed, payload in payloads if feed == source]
        rng.shuffle(feed_payloads)
        start = 0
        while start < len(feed_payloads):
            body = encode_array(feed_payloads[start : start + (size := rng.randint(1, max_size))])
            requests.append(SenderRequest(f"pass-{seed}-{source}-{start}", body, source))
            start += size
    rng.shuffle(requests)
    return requests
