"""Simulated senders for tests of ingest: their requests, a client with retries, and the documents that result."""

import asyncio
import json
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from brain.ports.document_store import DocumentStore, Filter
from brain.ports.sealing import Sealer
from brain.repositories import paths
from brain.settings.files import config_directory

CLIENT = "acme"
START = datetime(2026, 11, 22, 7, 59, 30, tzinfo=UTC)  # two minutes later the counters of another hour begin
# Fields that may differ from a run without faults: when the server wrote, and how often a sender tried.
SERVER_FIELDS = frozenset({"stored_at"})
TIME_FIELDS = frozenset({"received_at", "expires_at", "hour", "first_seen", "next_try_at"})
ATTEMPT_FIELDS = frozenset({"attempts", "last_seen", "sealed"})


@dataclass(frozen=True)
class SenderRequest:
    """A request to ingest; a retry sends the same bytes. ``name`` becomes its correlation id."""

    name: str
    body: bytes
    source: str = "custom"
    content_type: str = "application/json"


@dataclass
class Sender:
    """A client of ingest that retries every request until its response is final, and counts all responses.

    Attributes:
        http: The HTTP client; its base URL is the server's.
        key: The API key of ``CLIENT``.
        path_prefix: The path in front of ``/v1``.
        max_attempts: How often a request is sent before ``deliver`` fails.
        max_concurrent: How many requests are in flight at the same time.
        responses: The final response of each request, by the request's name.
        status_counts: The number of responses by status code; 0 counts requests without a response.

    Example:
        ::

            async with httpx.AsyncClient(base_url="http://localhost:8080") as http:
                sender = Sender(http, key)
                await sender.deliver([SenderRequest("r1", encode_array([build_post_payload(1)]))])
                assert sender.count_outcomes() == {"stored": 1}
    """

    http: httpx.AsyncClient
    key: str
    path_prefix: str = "/ingest"
    max_attempts: int = 40
    max_concurrent: int = 500
    responses: dict[str, httpx.Response] = field(default_factory=dict)
    status_counts: Counter[int] = field(default_factory=Counter)

    async def deliver(self, requests: Iterable[SenderRequest]) -> None:
        """Send requests, up to ``max_concurrent`` at a time, and return when each has its final response."""
        queue = iter(requests)

        async def deliver_queued() -> None:
            for request in queue:
                await self._deliver(request)

        await asyncio.gather(*(deliver_queued() for _ in range(self.max_concurrent)))

    async def _deliver(self, request: SenderRequest) -> None:
        for _ in range(self.max_attempts):
            response = await self.send(request)
            if response is not None and response.status_code < 500:
                self.responses[request.name] = response
                return
            await self.pause()
        raise AssertionError(f"{request.name} got no final response: {response and response.text}")

    async def pause(self) -> None:
        """Wait a moment before the next attempt."""
        await asyncio.sleep(0.01)

    async def send(self, request: SenderRequest) -> httpx.Response | None:
        """Send a request once and return the response, or None if there was none."""
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": request.content_type,
            "X-Correlation-Id": request.name,
            "Idempotency-Key": request.name,
        }
        url = f"{self.path_prefix}/v1/clients/{CLIENT}/events/{request.source}"
        try:
            response = await self.http.post(url, content=request.body, headers=headers)
        except httpx.TransportError:
            self.status_counts[0] += 1
            return None
        self.status_counts[response.status_code] += 1
        return response

    def count_outcomes(self) -> Counter[str]:
        """Count the outcomes of all items in the final responses."""
        return Counter(
            item_result["outcome"] for response in self.responses.values() for item_result in response.json()["results"]
        )


def write_unlimited_config(folder: Path) -> Path:
    """Copy the configuration to ``folder`` with rate limits that no test reaches; pass the path as BRAIN_CONFIG."""
    config = folder / "config"
    shutil.copytree(config_directory(), config)
    file = config / "brain_limits.yaml"
    limits = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({name: 10**9 if name.endswith("minute") else limits[name] for name in limits}))
    return config


def build_post_payload(number: int, before: datetime = START, **fields: Any) -> dict[str, Any]:
    """Build the payload of a canonical event at a fixed time before ``before``; ``fields`` override."""
    occurred_at = (before - timedelta(hours=number % 500)).isoformat()
    payload = {"event_id": f"post-{number}", "occurred_at": occurred_at, "platform": "linkedin", "likes": number % 97}
    return payload | fields


def build_ad_payload(number: int, impressions: int, day: datetime = START) -> dict[str, Any]:
    """Build the payload of an ad's running total of a day, as Meta reports it."""
    return {
        "ad_id": str(number),
        "date_start": day.date().isoformat(),
        "date_stop": day.date().isoformat(),
        "impressions": str(impressions),
        "spend": "1.50",
    }


def encode_array(payloads: Sequence[Any]) -> bytes:
    """Encode payloads as a JSON array."""
    return json.dumps(payloads).encode()


def simulate_phases(seed: int, now: datetime, *, posts: int = 120, ads: int = 20) -> list[list[SenderRequest]]:
    """Simulate two phases of requests: new events of every kind, then the same in another order and later totals.

    The first phase sends each event in one request only, so that the order of concurrent requests does not matter.

    Args:
        seed: The seed of the order and of the events that are sent again.
        now: The time of the phases; the events are dated on the days before.
        posts: The number of valid posts.
        ads: The number of ads with running totals.
    """
    rng = random.Random(seed)
    day = now - timedelta(days=1)
    events = [build_post_payload(n, day) for n in range(posts)]
    new, repeated = events.copy(), [*events, *rng.sample(events, posts // 4)]
    new += [build_post_payload(posts + n, day, likes=-1) for n in range(posts // 12)] + [
        {"nobody": n} for n in range(posts // 24)
    ]
    repeated += [event | {"comments": 5} for event in rng.sample(events, posts // 24)]
    rng.shuffle(new)
    rng.shuffle(repeated)
    totals = [build_ad_payload(n, 100 + n, day) for n in range(ads)]
    later_totals = [build_ad_payload(n, rng.choice((100, 150)) + n, day) for n in range(ads)]
    return [
        [*_split_requests("new", new, rng), *_split_requests("totals", totals, rng, "ads_meta")],
        [*_split_requests("again", repeated, rng), *_split_requests("later", later_totals, rng, "ads_meta")],
    ]


def _split_requests(
    name: str, payloads: Sequence[Any], rng: random.Random, source: str = "custom"
) -> Iterator[SenderRequest]:
    start = 0
    while start < len(payloads):
        size = rng.choice((1, 1, 2, 5, 12))
        yield SenderRequest(f"{name}-{start}", encode_array(payloads[start : start + size]), source)
        start += size


def build_mixed_phases() -> list[list[SenderRequest]]:
    """Build three phases of requests of every kind; the requests of a phase may be in flight at the same time."""
    invalid, unknown_line = build_post_payload(900, likes=-1), b'{"nobody": "knows this"}'
    lines = b"\n".join(
        [encode_array([build_post_payload(20)]), b'{"half": ', unknown_line, encode_array([build_post_payload(21)])]
    )
    first = [
        SenderRequest(
            "new-twice-and-bad",
            encode_array(
                [build_post_payload(1), build_post_payload(2), invalid, build_post_payload(3), build_post_payload(2)]
            ),
        ),
        SenderRequest("totals", encode_array([build_ad_payload(1, 100), build_ad_payload(2, 200)]), "ads_meta"),
        SenderRequest("lines", lines, content_type="application/x-ndjson"),
    ]
    second = [
        SenderRequest(
            "again-and-conflict",
            encode_array([build_post_payload(1), build_post_payload(3, likes=9999), build_post_payload(4)]),
        ),
        SenderRequest(
            "totals-later",
            encode_array([build_ad_payload(1, 150), build_ad_payload(2, 200), build_ad_payload(3, 300)]),
            "ads_meta",
        ),
        SenderRequest("unreadable", b'[{"event_id": "post-5"'),
    ]
    third = [SenderRequest("total-corrected", encode_array([build_ad_payload(1, 140)]), "ads_meta")]
    return [first, second, third]


def read_ingest_documents(store: DocumentStore, sealer: Sealer | None = None) -> dict[str, dict[str, Any]]:
    """Return everything that ingest stored, by path, without the fields that may differ between runs.

    Args:
        store: The store.
        sealer: If given, dead letters are unsealed into the field ``opened``.
    """
    events = store.query(paths.events(CLIENT))
    documents = {event.path: _remove_fields(event.data, SERVER_FIELDS) for event in events}
    for path in [path for path, data in documents.items() if data["cumulative"]]:
        revisions = store.query(f"{path}/revisions")
        documents |= {revision.path: _remove_fields(revision.data, SERVER_FIELDS) for revision in revisions}
    for counters in store.query(paths.COUNTERS, [Filter("client_id", "==", CLIENT)]):
        documents[counters.path] = counters.data
    for letter in store.query(paths.DEAD_LETTERS):
        opened = {"opened": sealer.open(letter.data["sealed"])} if sealer else {}
        documents[letter.path] = _remove_fields(letter.data, ATTEMPT_FIELDS) | opened
    return documents


def remove_times(documents: Mapping[str, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Return documents without everything that depends on the time, so that two runs can be compared.

    Revisions, whose ids contain the time, are keyed by the event's path and the revision's number.
    """
    comparable: dict[Any, dict[str, Any]] = {}
    for path, data in documents.items():
        key: Any = path
        if "/revisions/" in path:
            key = (path.partition("/revisions/")[0], data["revision"])
        elif path.startswith(paths.COUNTERS) and ":snd_" not in path:
            continue  # counters per hour and per week
        comparable[key] = _remove_fields(data, TIME_FIELDS)
    return comparable


def _remove_fields(data: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
