"""What a dead letter says in the open names nobody, and what it keeps lets a replay read as if it came today."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.gateway.dead_letters import DeadLetter, derive_dead_letter_id
from brain.domain.gateway.requests import IngestRequest
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway import read_request
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    BrokenReader,
    build_memory_brain,
    build_post_payload,
    build_request,
    send_request,
)

CANARY = "ada.canary@example.org"


def only(brain: Brain) -> DeadLetter:
    """The one letter there is."""
    (letter,) = DeadLetters(brain.store).list(brain.clock.now())
    return letter


@pytest.mark.parametrize("body", [b'{"half": "ada.canary@example.org', b'[{"ada.canary@example.org": 1}]'])
def test_no_person_stands_in_the_open_wherever_the_sender_put_them(body: bytes) -> None:
    """In the address, the content type or the bytes."""
    brain = build_memory_brain()
    request = build_request(body, CANARY, content_type=f"application/json; from={CANARY}")
    asyncio.run(brain.ingest(request, FeedContext(CLIENT, NOW, correlation_id="corr")))
    documents = [document.data for document in brain.store.query(paths.DEAD_LETTERS)]
    assert CANARY not in json.dumps([document | {"sealed": None} for document in documents], default=str)
    for letter in DeadLetters(brain.store).list(NOW):
        assert (letter.source, letter.content_type) == ("unknown", "application/json")
        assert asyncio.run(brain.replay(letter)) is not None


@pytest.mark.parametrize("content_type", ["", "ada.canary@example.org", "no type at all", "a/b/c"])
def test_a_content_type_that_is_none_is_not_kept(content_type: str) -> None:
    """A reader goes by the looks then, as it did when it came."""
    brain = build_memory_brain()
    request = build_request(b"{", content_type=content_type)
    asyncio.run(brain.ingest(request, FeedContext(CLIENT, NOW, correlation_id="corr")))
    assert only(brain).content_type == ""


def test_a_replay_knows_what_was_known_beside_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it was history, when it was signed, whose it was, and by which map its columns are read."""
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    brain = build_memory_brain()
    brain.log = lambda *_, **__: None
    columns: Any = {"time": {"column": "day"}, "metrics": {"likes": ["thumbs"]}, "cumulative": False}
    chosen = FieldMap.model_validate({"feed_type": "social_linkedin", "description": "of a test", **columns})
    row = {"day": "2019-05-01", "thumbs": 3}
    send_request(brain, [row], "warehouse", backfill=True, field_map=chosen, vertical="agency", signed_at=NOW)
    broken.broken = False
    brain.clock.sleep(timedelta(hours=2).total_seconds())
    letter = only(brain)
    assert (letter.backfill, letter.vertical, letter.signed_at) == (True, "agency", NOW)
    assert asyncio.run(brain.replay(letter)).count_outcomes()["stored"] == 1
    (event,) = brain.store.query(paths.events(CLIENT))
    assert (event.data["likes"], event.data["vertical"], event.data["received_at"]) == (3, "agency", NOW)


def test_the_same_request_again_is_the_same_letter_and_another_attempt() -> None:
    """However often it comes."""
    brain = build_memory_brain()
    for _ in range(3):
        send_request(brain, [build_post_payload(1), {"nobody": "knows this"}])
        brain.clock.sleep(60)
    letter = only(brain)
    assert (letter.attempts, letter.retries, letter.first_seen) == (3, 0, NOW)
    assert letter.last_seen == NOW + timedelta(minutes=2)


def test_the_same_bytes_have_one_letter_per_client_and_feed() -> None:
    """A shared letter would show one client the request of another, or let one replay settle both."""
    body = b'{"half'
    ids = [
        derive_dead_letter_id(client_id, source, body)
        for client_id in ("acme", "other")
        for source in ("custom", "email")
    ]
    assert len(set(ids)) == 4
    brain = build_memory_brain()
    for client_id in ("acme", "other"):
        request = IngestRequest(client_id, "custom", "application/json", body, "corr")
        asyncio.run(brain.ingest(request, FeedContext(client_id, NOW, correlation_id="corr")))
    letters = DeadLetters(brain.store).list(NOW)
    assert {(letter.client_id, letter.attempts) for letter in letters} == {("acme", 1), ("other", 1)}


def test_a_replay_that_ends_in_a_conflict_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event was stored with other content meanwhile; the letter stays for the operator."""
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    brain = build_memory_brain()
    brain.log = lambda *_, **__: None
    send_request(brain, [build_post_payload(1), build_post_payload(2)])
    broken.broken = False
    send_request(brain, build_post_payload(1, likes=99))
    result = asyncio.run(brain.replay(only(brain)))
    assert (result.conflict_count, result.is_final) == (1, False)
    counts = result.count_outcomes()
    assert (counts["stored"], counts["dead_lettered"]) == (1, 1)
    assert (only(brain).error_code, only(brain).taken) == ("conflict", 1)


@pytest.mark.parametrize(("days", "hours"), [(29, 23), (30, 1)])
def test_the_same_request_again_is_kept_as_long_as_a_new_one(days: int, hours: int) -> None:
    """Also where the first letter expires soon, or has expired and was not deleted yet."""
    brain = build_memory_brain()
    unreadable = [{"nobody": "knows this"}]
    send_request(brain, unreadable)
    brain.clock.sleep(timedelta(days=days, hours=hours).total_seconds())
    send_request(brain, unreadable)
    brain.clock.sleep(timedelta(days=29).total_seconds())
    assert only(brain).attempts == 2


def test_each_way_to_read_the_same_bytes_has_a_letter_of_its_own() -> None:
    """A replay reads a letter by the one field map, property and content type that it keeps."""
    brain = build_memory_brain()
    fields = {"description": "Pages", "time": {"column": "day"}, "metrics": {"views": ["views"]}}
    maps = [FieldMap.model_validate_json(json.dumps(fields | {"key": [name]})) for name in ("page", "ad")]
    contexts = [
        *(FeedContext(CLIENT, NOW, correlation_id="corr", field_map=field_map) for field_map in (None, *maps)),
        *(FeedContext(CLIENT, NOW, correlation_id="corr", property_id=number) for number in ("263517038", "263517039")),
        FeedContext(CLIENT, NOW, correlation_id="corr", backfill=True),
    ]
    for context in contexts:
        for content_type in ("application/json", "application/x-ndjson"):
            for _ in range(2):
                request = build_request(b'{"half', "warehouse", content_type=content_type)
                asyncio.run(brain.ingest(request, context))
    letters = DeadLetters(brain.store).list(NOW)
    ways = {(letter.field_map, letter.property_id, letter.content_type, letter.backfill) for letter in letters}
    assert (len(letters), len(ways)) == (12, 12)
