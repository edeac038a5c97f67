"""The ingest function over HTTP against the raw Firestore SDK, on the same emulator, interleaved.

The function is served as deployed (functions-framework, ASGI, one process); senders are fifty keep-alive connections
of this process. The contender is the SDK's own ``create()``, asynchronous with fifty in flight, without HTTP,
identity, validation or pseudonyms.
"""

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from google.cloud.firestore import AsyncClient

from benchmarks.ingest_store import document
from benchmarks.measure import interleaved, print_ratio, print_table
from benchmarks.served_function import serve_ingest
from brain import bootstrap
from brain.settings.environment import read_settings
from tests.emulator import running

EVENTS = 1000
CONNECTIONS = 50
ROUNDS = 5
GOAL = 0.8
_numbers = itertools.count()


def run() -> None:
    """Print events per second through the function and through the raw SDK, and their ratio."""
    with running():
        project = f"demo-{uuid.uuid4().hex[:12]}"
        key, _ = bootstrap.build_brain(read_settings({"BRAIN_STORE": f"firestore://{project}"})).key_ring.create(
            "bench"
        )
        with serve_ingest(f"firestore://{project}") as function:
            contenders = {
                "ingest function over HTTP, 50 connections": lambda: asyncio.run(_through_function(function.port, key)),
                "raw SDK create(), asynchronous, 50 in flight": lambda: asyncio.run(_raw(project)),
            }
            series = interleaved(contenders, rounds=ROUNDS)
    print_table(series, "events/s")
    ours, theirs = series.values()
    print_ratio("ingest function over the raw SDK", ours, [theirs], GOAL)


async def _through_function(port: int, key: str) -> float:
    """Send single events over keep-alive connections and return events per second."""
    requests = [_request(next(_numbers), key) for _ in range(EVENTS)]
    todo = iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, todo) for _ in range(CONNECTIONS)))
    return EVENTS / (time.perf_counter() - started)


async def _connection(port: int, todo: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in todo:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201"), head
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()


def _request(number: int, key: str) -> bytes:
    body = json.dumps({
        "event_id": f"bench-{number}", "occurred_at": datetime.now(UTC).isoformat(), "platform": "instagram",
        "content_id": f"1789{number:013d}", "content_type": "carousel", "engagements": number % 997,
        "likes": number % 701,
        "impressions": 12_000 + number, "audience_size": 48_211, "comments": number % 31, "shares": number % 17,
    }).encode()  # fmt: skip
    head = (
        f"POST /v1/clients/bench/events/custom HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _raw(project: str) -> float:
    """Create the same number of documents with the SDK and return documents per second."""
    client = AsyncClient(project=project)
    documents = [(uuid.uuid4().hex, document(n)) for n in range(EVENTS)]
    for _, data in documents:
        data.pop("stored_at")
    todo = iter(documents)

    async def worker() -> None:
        for name, data in todo:
            await client.document(f"clients/raw/events/{name}").create(data)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    spent = time.perf_counter() - started
    client.close()
    return EVENTS / spent
