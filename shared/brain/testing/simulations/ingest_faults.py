"""Ingest under weather: a share of all store calls fails and the process dies now and then, while a sender sends."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

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
AT_ONCE = 16
PAGE = 1000
ADS_PER_POST = 0.1
# Which of several requests with the same event came first is the weather's choice.
OF_THE_FIRST = ("stored_at", "delivery", "correlation_id")


class FlakyWriter:
    """An ``EventWriter`` in whose batches a share of the single writes fails, applied or not."""

    def __init__(self, inner: EventWriter, faults: RandomFaults) -> None:
        self._inner = inner
        self._faults = faults

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply those that are not refused, and lose the answers of some."""
        modes = [self._faults.next_call("write") for _ in writes]
        sent = [write for write, mode in zip(writes, modes, strict=True) if mode is not FaultMode.REFUSE]
        results = iter(await self._inner.write(sent))
        failed = WriteResult(WriteStatus.UNAVAILABLE, StoreUnavailableError("failed for a test"))
        found = [failed if mode is FaultMode.REFUSE else next(results) for mode in modes]
        return [one if mode is None else failed for one, mode in zip(found, modes, strict=True)]

    async def aclose(self) -> None:
        """Let go of the inner one."""
        await self._inner.aclose()


class PartialRetrySender(Sender):
    """A sender that sends again only those items of a request that were not stored."""

    async def _deliver(self, request: SenderRequest) -> None:
        for turn in range(self.tries):
            answer = await self.send(request)
            if answer is not None and answer.status_code < 500:
                return
            if answer is not None and "results" in answer.json():
                items = json.loads(request.body)
                left = [items[end["index"]] for end in answer.json()["results"] if end["status"] == 503]
                request = SenderRequest(f"{request.name}.{turn}"[-60:], encode_array(left), request.source)
        raise AssertionError(f"{request.name} was never answered for good")


@dataclass
class IngestSimulation:
    """A store, how to write to it, and the weather over both: whole calls fail, or ``flaky`` single writes."""

    store: DocumentStore
    writer: Callable[[], EventWriter]
    faults: RandomFaults | None = None
    flaky: bool = False

    def brain(self) -> Brain:
        """Make a new process's Brain on it."""
        given = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
        store = FaultyStore(self.store, faults=self.faults) if self.faults and not self.flaky else self.store
        brain = Brain(given, ManualClock(START), SECRETS, store)
        writer = self.writer()
        if self.faults:
            writer = (FlakyWriter if self.flaky else _breaking)(writer, self.faults)
        brain.writer = GroupCommit(writer)
        brain.log = lambda *_, **__: None
        return brain

    def key(self) -> str:
        """Make a key of the client, in calm weather."""
        calm = IngestSimulation(self.store, self.writer)
        return calm.brain().key_ring.create(CLIENT)[0]

    def events(self) -> dict[str, dict[str, Any]]:
        """Return every event by its path, without what the weather decides."""
        found: dict[str, dict[str, Any]] = {}
        after: Snapshot | None = None
        while page := self.store.query(paths.events(CLIENT), limit=PAGE, start_after=after):
            after = page[-1]
            found |= {e.path: {n: v for n, v in e.data.items() if n not in OF_THE_FIRST} for e in page}
        return found


def _breaking(writer: EventWriter, faults: RandomFaults) -> EventWriter:
    return FaultyWriter(writer, faults=faults)


class DyingTransport(httpx.AsyncBaseTransport):
    """A server in this process that dies before its n-th request for each n of ``deaths``, and starts anew at once.

    Requests in it are never answered. What it has handed to the store may still be applied, as on a wire.
    """

    def __init__(self, start: Callable[[], Brain], deaths: Sequence[int] = ()) -> None:
        self.died = 0
        self._start = start
        self._deaths = sorted(deaths)
        self._count = 0
        self._inside: set[asyncio.Future[httpx.Response]] = set()
        self._begin()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or die with it."""
        self._count += 1
        if self._deaths and self._count >= self._deaths[0]:
            self._deaths.pop(0)
            self._die()
        inside = asyncio.ensure_future(self._server.handle_async_request(request))
        self._inside.add(inside)
        await asyncio.wait([inside])
        self._inside.discard(inside)
        if inside.cancelled():
            raise httpx.ReadError("the process ended")
        return inside.result()

    def _begin(self) -> None:
        self.brain = self._start()
        self._server = httpx.ASGITransport(LocalServer(self.brain, schedule=False).app())

    def _die(self) -> None:
        self.died += 1
        for one in self._inside:
            one.cancel()
        self._begin()


@asynccontextmanager
async def open_sender(
    world: IngestSimulation, deaths: Sequence[int] = ()
) -> AsyncIterator[tuple[Sender, DyingTransport]]:
    """Yield a sender to a server of this world."""
    server = DyingTransport(world.brain, deaths)
    async with httpx.AsyncClient(transport=server, base_url="http://brain") as http:
        yield (PartialRetrySender if world.flaky else Sender)(http, world.key(), tries=200, at_once=AT_ONCE), server
        await server.brain.writer.aclose()


def build_payloads(amount: int) -> list[tuple[str, dict[str, Any]]]:
    """Return that many different events with the feed each comes from: posts, and running totals of ads."""
    ads = int(amount * ADS_PER_POST)
    return [("custom", build_post_payload(n)) for n in range(amount - ads)] + [
        ("ads_meta", build_ad_payload(n, 100 + n)) for n in range(ads)
    ]


def shuffle_requests(items: Sequence[tuple[str, dict[str, Any]]], seed: int, largest: int) -> list[SenderRequest]:
    """Return the events as requests of 1 to ``largest``, in a random order."""
    rng = random.Random(seed)
    requests = []
    for source in sorted({source for source, _ in items}):
        mine = [item for feed, item in items if feed == source]
        rng.shuffle(mine)
        at = 0
        while at < len(mine):
            size = rng.randint(1, largest)
            requests.append(SenderRequest(f"pass-{seed}-{source}-{at}", encode_array(mine[at : at + size]), source))
            at += size
    rng.shuffle(requests)
    return requests
