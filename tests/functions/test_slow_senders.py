"""Bodies that are announced and do not come: they hold memory for seconds, and keep out nobody who has a key."""

import asyncio
from typing import Any

import pytest
from functions.sender_site import build_open, encode, open_site
from starlette.requests import Request as StarletteRequest

from brain.entrypoints.gateway import admission, request_bodies
from brain.entrypoints.gateway.composition import build_ingest_http
from brain.entrypoints.gateway.request_bodies import UnreadBodies, read_body
from brain.errors import OverloadedError
from brain.services.gateway.body_budget import SMALL_BODY_BYTES, BodyBudget

SIGNED = {"x-twilio-email-event-webhook-signature": "MEUCIQ", "x-twilio-email-event-webhook-timestamp": "1"}


def build_request(body: bytes, length: int, caller: str = "203.0.113.9", **headers: str) -> StarletteRequest:
    """Build a request whose body never comes to its end."""
    parts = [{"type": "http.request", "body": body, "more_body": True}]

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.sleep(3600)
        return parts.pop()

    all_headers = {"content-length": str(length)} | headers
    encoded = [(name.encode(), text.encode()) for name, text in all_headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/v1/clients/acme/events/email", "query_string": b""}
    return StarletteRequest(
        scope | {"headers": encoded, "client": (caller, 1), "server": ("brain.example", 443), "scheme": "https"},
        receive,
    )


def test_a_body_that_does_not_come_is_given_up() -> None:
    """And its bytes are free for others."""
    budget = BodyBudget()
    with budget.lease() as lease, pytest.raises(OverloadedError, match="send the request again"):
        asyncio.run(read_body(build_request(b"[", 50_000), lease, seconds=0.05))
    assert (budget.small_bytes, budget.large_bytes) == (0, 0)


def test_bodies_that_strangers_announce_keep_out_nobody_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature over the body can only be verified when all of it has come."""
    monkeypatch.setattr(admission, "MAX_UNPROVEN_SECONDS", 1.0)
    monkeypatch.setattr(request_bodies, "DISCARD_SECONDS", 0.01)
    with open_site() as site:
        address = build_ingest_http(site.brain)

        async def send() -> tuple[list[int], int]:
            strangers = [
                asyncio.create_task(address(build_request(b"[", SMALL_BODY_BYTES, f"192.0.2.{number % 4}", **SIGNED)))
                for number in range(300)
            ]
            async with asyncio.timeout(10):
                while not address.unproven_bodies.small_bytes:  # noqa: ASYNC110 - a number, which sets no event
                    await asyncio.sleep(0.01)
            assert address.bodies.small_bytes == 0
            honest = build_request(b"", 0, authorization=f"Bearer {site.key}", **{"content-type": "application/json"})
            honest._receive = _receive_whole(encode([build_open(1)]))
            answer = await address(honest)
            return [answer.status_code for answer in await asyncio.gather(*strangers)], answer.status_code

        refused, accepted = asyncio.run(send())
    assert (set(refused) <= {429, 503}, accepted) == (True, 201)
    assert address.unproven_bodies.small_bytes == 0


def _receive_whole(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def test_an_answer_to_a_body_that_was_read_waits_for_no_other() -> None:
    """Of which only a few are discarded at a time."""

    async def discard() -> bool:
        unread = UnreadBodies()
        slow = [asyncio.create_task(unread.discard(build_request(b"[", 50_000))) for _ in range(3)]
        await asyncio.sleep(0.01)
        request = build_request(b"", 0)
        request._receive = _receive_whole(b"{}")
        with BodyBudget().lease() as lease:
            await read_body(request, lease)
        is_empty = await asyncio.wait_for(unread.discard(request), timeout=0.5)
        for task in slow:
            task.cancel()
        return is_empty

    assert asyncio.run(discard())
