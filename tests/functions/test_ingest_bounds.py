"""Bodies made to be slow or large: refused before anything is built, or answered in bounded time and memory."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.requests import Request as StarletteRequest

from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.requests import IngestRequest
from brain.domain.json_bounds import MAX_NAMES, MAX_VALUES
from brain.entrypoints.gateway.request_bodies import UnreadBodies, read_body
from brain.errors import OverloadedError, PayloadTooLargeError
from brain.services.gateway import body_budget
from brain.services.gateway.body_budget import BodyBudget
from tests.functions.test_ingest_http import Sender, open_sender, post

MEGABYTE = 1_000_000


@pytest.fixture
def sender() -> Iterator[Sender]:
    """A sender to an empty embedded store."""
    yield from open_sender()


def batch(make: Callable[[int], Any], megabytes: float) -> bytes:
    """Return a batch of events of a size, each with what ``make`` returns in its raw data."""
    events: list[str] = []
    while sum(map(len, events)) < megabytes * MEGABYTE and len(events) < 400:
        events.append(json.dumps(post(len(events), raw_data={"extra": make(len(events))})))
    return f"[{','.join(events)}]".encode()


REFUSED: dict[str, tuple[Callable[[], bytes], int]] = {
    "three million empty objects": (lambda: b"[[" + b"{}," * 3_000_000 + b"{}]]", 413),
    "five million open lists": (lambda: b"[" * 5_000_000, 413),
    "empty objects within the bounds": (lambda: b"[[" + b"{}," * 120_000 + b"{}]]", 413),
    "a page of 120,000 rows": (lambda: b'{"results":[' + b"{}," * 120_000 + b"{}]}", 413),
    "four million lines": (lambda: b"{}\n" + b"{\n" * 4_500_000, 413),
    "a string that never ends": (lambda: b'[{"a":"' + b'\\"' * 4_500_000, 422),
    "an object of many names": (lambda: json.dumps({f"k{n}": 1 for n in range(MAX_NAMES + 1)}).encode(), 422),
    "a fraction of nine million digits": (lambda: b'{"likes":1.' + b"9" * 9_000_000 + b"}", 422),
}
STORED: dict[str, Callable[[], bytes]] = {
    "an id of nine million characters": lambda: json.dumps([post(content_id="a" * 9 * MEGABYTE + "@")]).encode(),
    "2,200 people in each of 60 events": lambda: batch(
        lambda _: {"users": [f"Ada Lind {n}" for n in range(2200)], "text": "Ada Lind " * 5000}, 5
    ),
    "texts without any address": lambda: batch(lambda _: "a" * 97_000 + "@", 9),
    "texts of addresses": lambda: batch(lambda _: "a@b " * 24_000, 9),
    "texts of different addresses": lambda: batch(lambda n: " ".join(f"a{n}x{at}@b.c" for at in range(6_800)), 9),
    "texts of network addresses": lambda: batch(lambda _: "1.2.3.4 " * 12_000, 9),
    "texts of groups of digits": lambda: batch(lambda _: "12 34 56 " * 10_800, 9),
    "JSON in texts": lambda: batch(lambda _: "[" + "[]," * 32_000 + "[]]", 9),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_beyond_the_bounds_is_refused_at_once(sender: Sender, name: str) -> None:
    """With the bound and what to do; nothing is stored."""
    make, status = REFUSED[name]
    answer = sender.send(make())
    assert (answer.status_code, sender.stored()) == (status, 0)
    assert len(answer.content) < 2_000


@pytest.mark.parametrize("name", STORED)
def test_a_body_within_the_bounds_is_stored_in_bounded_time(sender: Sender, name: str) -> None:
    """Every event; those for which the allowance did not suffice without their raw payload.

    A body whose work grew with its square would exceed the reader's time and be dead-lettered.
    """
    body = STORED[name]()
    assert sender.send(body).status_code == 201
    assert sender.stored() == len(json.loads(body))


def test_an_event_without_its_payload_says_so(sender: Sender) -> None:
    """It has its metrics, no person, and a warning for the operator."""
    body = STORED["texts of addresses"]()
    sender.send(body)
    raw = [json.loads(document.data["raw_data"]) for document in sender.brain.store.query("clients/acme/events")]
    reduced = [payload for payload in raw if payload.get("reduced")]
    assert reduced
    assert reduced[0]["likes"] == 3
    assert not any("a@b" in json.dumps(payload) for payload in raw)


def test_ordinary_texts_keep_their_payload(sender: Sender) -> None:
    """A full request of events with people, links and numbers is far from the limit."""
    text = "Ada wrote to ada@example.org from https://shop.example/?utm_source=mail&id=12 on 2026-11-20 at 10:20:30"
    body = json.dumps([post(number, raw_data={"texts": [text] * 20}) for number in range(500)]).encode()
    sender.send(body)
    raw = [json.loads(document.data["raw_data"]) for document in sender.brain.store.query("clients/acme/events")]
    assert len(raw) == 500
    assert not any("reduced" in payload for payload in raw)


def test_the_bound_counts_what_is_outside_of_strings(sender: Sender) -> None:
    """A text may contain as many commas and brackets as it likes."""
    answer = sender.send(post(raw_data={"text": "[{,}]" * MAX_VALUES}))
    assert answer.status_code == 201


def test_the_bound_is_for_all_fields_of_a_form_together(sender: Sender) -> None:
    """Each of twenty fields may be within it."""
    field = b"data=[" + b"{}," * (MAX_VALUES // 4) + b"{}]"
    answer = sender.send(b"&".join([field] * 20), **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, "names and values" in answer.json()["detail"]) == (413, True)


def test_another_request_is_answered_while_a_large_one_is_read(sender: Sender) -> None:
    """Reading happens in another process."""
    ingest = sender.ingest
    large = IngestRequest("acme", "custom", "application/json", STORED["texts of addresses"](), "large")
    small = IngestRequest("acme", "custom", "application/json", json.dumps(post(9_000)).encode(), "small")
    context = FeedContext("acme", sender.brain.clock.now())

    async def race() -> list[str]:
        order: list[str] = []

        async def send(request: IngestRequest) -> None:
            await ingest(request, context)
            order.append(request.correlation_id)

        slow = asyncio.create_task(send(large))
        await asyncio.sleep(0.02)
        await send(small)
        await slow
        return order

    assert asyncio.run(race()) == ["small", "large"]


def test_large_bodies_never_keep_out_a_small_one() -> None:
    """They have a pool of their own, which two of the largest fill."""
    budget = BodyBudget()
    ten = 10 * 1024 * 1024
    with budget.lease() as first, budget.lease() as second, budget.lease() as third:
        first.reserve(ten)
        second.reserve(ten)
        with pytest.raises(OverloadedError) as refusal:
            third.reserve(ten)
        assert refusal.value.retry_after_seconds
        third.reserve(body_budget.SMALL_BODY_BYTES)
    assert (budget.small_bytes, budget.large_bytes) == (0, 0)


class Unread:
    """An ASGI channel that counts how often the body is asked for."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)
        self.count = 0

    async def receive(self) -> dict[str, Any]:
        """Return the next part."""
        self.count += 1
        return {"type": "http.request", "body": self.parts.pop(0), "more_body": bool(self.parts)}


def read(channel: Unread, budget: BodyBudget, limit: int, **headers: str) -> bytes:
    """Read the body of a request with these headers."""
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": encoded}
    with budget.lease() as lease:
        return asyncio.run(read_body(StarletteRequest(scope, channel.receive), lease, limit)).content


def discard(channel: Unread) -> bool:
    """Discard the body of a refused request."""
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    return asyncio.run(UnreadBodies().discard(StarletteRequest(scope, channel.receive)))


def test_what_a_refused_request_still_sends_is_discarded() -> None:
    """Its sender gets the answer instead of a broken connection."""
    channel = Unread(b"x" * 60_000, b"x" * 60_000, b"x")
    assert discard(channel)
    assert channel.count == 3


def test_an_endless_refused_request_is_cut_off() -> None:
    """After twice as many bytes as a request may have: who sends a little more reads that it is too much."""
    channel = Unread(*[b"x" * MEGABYTE] * 30)
    assert not discard(channel)
    assert channel.count == 21


def test_a_body_beyond_the_budget_is_not_read() -> None:
    """The sender learns that before it has sent it."""
    budget = BodyBudget(large_bytes=body_budget.LARGE_POOL_BYTES)
    channel = Unread(b"x")
    with pytest.raises(OverloadedError):
        read(channel, budget, 10**7, content_length="1000000")
    assert channel.count == 0


def test_a_body_without_a_length_takes_from_the_budget_as_it_arrives() -> None:
    """A chunked body cannot hide its size."""
    budget = BodyBudget(large_bytes=body_budget.LARGE_POOL_BYTES)
    channel = Unread(b"x" * 60_000, b"x" * 60_000, b"x")
    with pytest.raises(OverloadedError):
        read(channel, budget, 10**7)
    assert channel.count < 3
    with pytest.raises(PayloadTooLargeError):
        read(Unread(b"x" * 60, b"x" * 60), BodyBudget(), 100)


def test_an_overloaded_instance_answers_503_with_retry_after(sender: Sender) -> None:
    """And stores nothing; small requests are served."""
    sender.address.bodies.large_pool_bytes = 1000
    answer = sender.send(post(raw_data={"text": "x" * 70_000}))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["code"] == "overloaded"
    assert sender.send(post()).status_code == 201
