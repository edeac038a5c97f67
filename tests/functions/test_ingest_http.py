"""The ingest address as senders meet it: statuses, limits, problems, and that nothing accepted is ever lost."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.routing import Route
from starlette.testclient import TestClient

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.bootstrap import Brain
from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.entrypoints.gateway.ingest import IngestHttp
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway.group_commit import GroupCommit
from brain.services.gateway.rate_limits import RateLimits
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter
from brain.testing.manual_clock import ManualClock

HOLDER = "0f"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRETS = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"})


class Sender:
    """An authenticated sender of the client ``acme``, and the Brain behind the address."""

    def __init__(self, brain: Brain) -> None:
        self.brain = brain
        self.key, _ = brain.key_ring.create("acme")
        brain.limits.events_a_client = 10**9
        brain.limits.events_in_all = 10**9
        http = IngestHttp(brain.ingest, brain.authenticator, brain.limits, brain.clock, brain.log)
        self.ingest = brain.ingest
        self.address = http
        route = Route("/{path:path}", http.__call__, methods=["GET", "POST", "PUT"])
        self.http = TestClient(Starlette(routes=[route]), raise_server_exceptions=False)

    def send(self, body: Any, source: str = "custom", client: str = "acme", **headers: str) -> Any:
        """Send a body, JSON unless it is bytes already."""
        all_headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"} | headers
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(f"/v1/clients/{client}/events/{source}", content=content, headers=all_headers)

    def stored(self) -> int:
        """How many events the store has of the client."""
        return int(self.brain.store.count(paths.events("acme")))

    def dead_letters(self) -> list[Any]:
        """What was kept aside of the client."""
        return DeadLetters(self.brain.store).list(self.brain.clock.now(), "acme")


@pytest.fixture
def sender() -> Iterator[Sender]:
    """A sender to an empty embedded store."""
    yield from open_sender()


def open_sender() -> Iterator[Sender]:
    """Yield a sender to an empty embedded store."""
    environment = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
    brain = bootstrap.build_brain(environment, clock=ManualClock(NOW), secrets=SECRETS)
    sender = Sender(brain)
    with sender.http:
        yield sender
    brain.store.close()


def post(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A canonical event."""
    event = {"event_id": f"post-{number}", "occurred_at": "2026-11-22T08:00:00Z", "platform": "linkedin", "likes": 3}
    return event | fields


def test_a_new_event_is_201_and_the_same_again_is_200_and_stored_once(sender: Sender) -> None:
    """A resend is a duplicate for ever."""
    first, again = sender.send(post()), sender.send(post())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["results"][0]["outcome"] == "stored"
    assert again.json()["results"][0]["outcome"] == "duplicate"
    assert first.json()["results"][0]["event_id"] == again.json()["results"][0]["event_id"]
    assert sender.stored() == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps([post(1), post(2)]).encode(), "application/json"),
        (b"\n".join(json.dumps(post(n)).encode() for n in (1, 2)), "application/x-ndjson"),
        (b"\n".join(json.dumps(post(n)).encode() for n in (1, 2)), "text/plain"),
    ],
)
def test_arrays_and_lines_are_stored_item_by_item(sender: Sender, body: bytes, content_type: str) -> None:
    """One status an item, one for all where they agree."""
    answer = sender.send(body, **{"Content-Type": content_type})
    assert answer.status_code == 201
    assert [item["status"] for item in answer.json()["results"]] == [201, 201]
    assert sender.stored() == 2


def test_a_form_is_read_as_fields(sender: Sender) -> None:
    """Some providers send forms."""
    body = b"event=opened&timestamp=1795330000&recipient=a%40example.com&id=abc&domain=example.com"
    answer = sender.send(body, "email", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 201, answer.text


def test_mixed_ends_are_207_with_a_status_and_a_reason_each(sender: Sender) -> None:
    """New, duplicate, invalid: each item says what became of it."""
    sender.send(post(1))
    answer = sender.send([post(1), post(2), post(3, likes=-1), post(4, occurred_at="2020-01-01T00:00:00Z")])
    assert answer.status_code == 207
    assert [item["status"] for item in answer.json()["results"]] == [200, 201, 422, 422]
    assert "likes" in answer.json()["results"][2]["message"]
    assert answer.json()["counts"]["dead_lettered"] == 2


def test_the_same_event_twice_in_one_request_is_stored_once(sender: Sender) -> None:
    """The second is a duplicate of the first."""
    answer = sender.send([post(), post()])
    assert sorted(item["outcome"] for item in answer.json()["results"]) == ["duplicate", "stored"]


def test_changed_content_under_the_same_id_is_a_conflict_and_kept_aside(sender: Sender) -> None:
    """Never a silent duplicate, never an overwrite."""
    sender.send(post(likes=3))
    answer = sender.send(post(likes=4))
    assert answer.status_code == 409
    assert answer.json()["results"][0]["dead_letter_id"] == sender.dead_letters()[0].dead_letter_id
    event_id = answer.json()["results"][0]["event_id"]
    assert sender.brain.store.get(paths.event("acme", event_id)).data["likes"] == 3


def ad(impressions: int) -> dict[str, Any]:
    """An ad's running total of a day."""
    return {"ad_id": "1", "date_start": "2026-11-21", "date_stop": "2026-11-21", "impressions": str(impressions)}


def test_new_values_of_a_running_total_are_a_revision_with_its_increments(sender: Sender) -> None:
    """Kept with the time each was known; a correction may lower one."""
    first = sender.send([ad(100)], "ads_meta")
    clock = sender.brain.clock
    assert isinstance(clock, ManualClock)
    clock.advance(timedelta(hours=1))
    assert sender.send([ad(150)], "ads_meta").json()["counts"]["revised"] == 1
    clock.advance(timedelta(hours=1))
    assert sender.send([ad(140)], "ads_meta").json()["counts"]["revised"] == 1
    assert sender.send([ad(140)], "ads_meta").json()["counts"]["duplicate"] == 1
    event_id = first.json()["results"][0]["event_id"]
    revisions = sender.brain.store.query(paths.revisions("acme", event_id))
    assert [(r.data["impressions"], r.data["increments"].get("impressions")) for r in revisions] == [
        (100, None),
        (150, 50),
        (140, -10),
    ]
    current = sender.brain.store.get(paths.event("acme", event_id)).data
    assert (current["impressions"], current["revision"], current["unscored"]) == (140, 2, True)


def test_different_forms_of_a_running_total_in_one_request_are_ambiguous(sender: Sender) -> None:
    """Neither may overwrite the other; a form that is listed twice is one."""
    answer = sender.send([ad(100), ad(150), ad(150), ad(90)], "ads_meta")
    assert {item["error_code"] for item in answer.json()["results"]} == {"ambiguous_key"}
    assert (sender.stored(), len(sender.dead_letters())) == (0, 1)
    assert sender.send([ad(100), ad(100)], "ads_meta").json()["counts"]["duplicate"] == 1


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({"Authorization": ""}, "acme"),
        ({"Authorization": "Basic abc"}, "acme"),
        ({"Authorization": "Bearer brk_unknown"}, "acme"),
        ({}, "other"),
        ({}, "nobody-here"),
    ],
)
def test_whoever_is_not_the_client_gets_one_and_the_same_answer(
    sender: Sender, headers: dict[str, str], client: str
) -> None:
    """Tenants cannot be enumerated."""
    sender.brain.key_ring.create("other")
    answer = sender.send(post(), client=client, **headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer, Basic realm="ingest"'
    body = {name: value for name, value in answer.json().items() if name != "correlation_id"}
    assert body == {
        "type": "urn:brain:problem:unauthenticated",
        "title": "Not authenticated",
        "status": 401,
        "detail": NOT_AUTHENTICATED,
        "code": "unauthenticated",
    }


def test_a_revoked_key_is_refused_within_a_minute(sender: Sender) -> None:
    """Instances remember a key for a minute at most."""
    assert sender.send(post(1)).status_code == 201
    ring = sender.brain.key_ring
    ring.revoke("acme", ring.list_all("acme")[0].key_id)
    clock = sender.brain.clock
    assert isinstance(clock, ManualClock)
    clock.advance(timedelta(seconds=61))
    assert sender.send(post(2)).status_code == 401


def test_an_address_that_guessed_too_often_is_429_before_the_store_is_read(sender: Sender) -> None:
    """Even with a valid key: whoever guesses on must neither find one nor cost a read."""
    sender.brain.limits.requests_an_address = 3
    for number in range(3):
        assert sender.send(post(), Authorization=f"Bearer guess-{number}").status_code == 401
    assert sender.send(post(), Authorization="Bearer guess-3").status_code == 429
    sender.brain.authenticator.store = store = FaultyStore(sender.brain.store)
    refused = sender.send(post())
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert store.reads == 0
    assert sender.stored() == 0


@pytest.mark.parametrize("client", ["a%0a", "__x__", "a b", "x" * 65, "a.b"])
def test_an_address_that_names_no_client_is_422(sender: Sender, client: str) -> None:
    """Newlines, reserved names and other alphabets never reach the store."""
    assert sender.send(post(), client=client).status_code in (404, 422)  # a router may find no address in a newline


def test_other_addresses_and_methods_are_404_and_405(sender: Sender) -> None:
    """With the allowed methods named."""
    assert sender.http.post("/v1/events").status_code == 404
    answer = sender.http.put("/v1/clients/acme/events/custom")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert answer.json()["detail"] == "method must be one of GET, HEAD, OPTIONS, POST, got PUT"
    assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"]


def test_a_csv_body_says_how_to_import_it(sender: Sender) -> None:
    """JSON that is called CSV is read all the same."""
    answer = sender.send(b"date,likes\n2026-11-20,3\n", **{"Content-Type": "text/csv; charset=utf-8"})
    assert answer.status_code == 422
    assert "brain ingest" in answer.json()["results"][0]["message"]
    assert sender.send(post(), **{"Content-Type": "text/csv"}).status_code == 201


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"likes": "12"}, "likes must be a whole number, got a text; write a number without quotes"),
        ({"likes": -1}, "likes must be at least 0, got a negative number"),
        (
            {"lykes": 1},
            "lykes: expected a field of an event, got an unknown name; correct it, or move it into raw_data",
        ),
    ],
)
def test_a_faulty_field_says_what_kind_of_value_came_and_what_to_do(
    sender: Sender, fields: dict[str, Any], message: str
) -> None:
    """Without the value, which may name a person."""
    (result,) = sender.send(post() | fields).json()["results"]
    assert result["message"] == message


def test_ten_megabytes_are_413_before_they_are_read(sender: Sender) -> None:
    """Declared or not."""
    body = b"[" + b" " * (10 * 1024 * 1024) + b"]"
    assert sender.send(body).status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(11):
            yield b" " * 1024 * 1024

    headers = {"Authorization": f"Bearer {sender.key}"}
    answer = sender.http.post("/v1/clients/acme/events/custom", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_more_than_2000_events_are_413_and_none_is_stored(sender: Sender) -> None:
    """The sender is told to split."""
    answer = sender.send([post(n) for n in range(2001)])
    assert (answer.status_code, sender.stored()) == (413, 0)
    assert "split" in answer.json()["detail"]
    assert sender.send([post(n) for n in range(2000)]).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[1", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}',
        b"[" * 100_000, b'{"a":' * 100_000, b'{"a": 1' + b"0" * 5000 + b"}",
    ],
    ids=["empty", "object", "array", "no-utf8", "nan", "infinity", "deep-arrays", "deep-objects", "long-number"],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_kept_whole_as_a_dead_letter(sender: Sender, body: bytes) -> None:
    """With its original bytes under seal; the answer names it."""
    answer = sender.send(body)
    assert answer.status_code == 422
    (letter,) = sender.dead_letters()
    assert answer.json()["results"][0]["dead_letter_id"] == letter.dead_letter_id
    assert body not in letter.sealed or not body
    assert sender.brain.sealer.open(letter.sealed) == body
    assert sender.send(body).json()["results"][0]["dead_letter_id"] == letter.dead_letter_id
    assert sender.dead_letters()[0].attempts == 2


BAD_FIELDS = [
    {"event_id": "a\n"}, {"event_id": "__x__"}, {"event_id": 5}, {"event_id": "x" * 129}, {"event_id": "a/b"},
    {"likes": True}, {"likes": "many"}, {"likes": 10**30}, {"likes": -1}, {"likes": 1.5}, {"likes": []},
    {"occurred_at": None}, {"occurred_at": "yesterday"}, {"occurred_at": "2026-11-22T08:00:00"}, {"occurred_at": {}},
    {"occurred_at": "2026-11-22T14:00:00Z"}, {"occurred_at": "2025-11-21T00:00:00Z"}, {"occurred_at": 10**18},
    {"bot_ratio": -100}, {"bot_ratio": 1.1}, {"sentiment": 2}, {"currency": "euro"}, {"platform": ""},
]  # fmt: skip


@pytest.mark.parametrize(
    "fields", BAD_FIELDS, ids=lambda fields: f"{next(iter(fields))}-{str(next(iter(fields.values())))[:12]}"
)
def test_a_field_that_breaks_its_rule_is_rejected_with_a_sentence_about_it(
    sender: Sender, fields: dict[str, Any]
) -> None:
    """Nothing is stored, nothing is coerced, and the sender knows what to fix."""
    answer = sender.send(post(**fields))
    assert answer.status_code == 422, answer.text
    assert answer.json()["results"][0]["message"]
    assert sender.stored() == 0


def test_a_client_over_its_budget_is_429_with_the_exact_time_to_wait(sender: Sender) -> None:
    """And its refusals cost the others nothing."""
    limits = RateLimits(sender.brain.store, sender.brain.clock, HOLDER, events_a_client=3, events_in_all=4)
    sender.ingest.limits = limits
    assert sender.send([post(1), post(2)]).status_code == 201
    clock = sender.brain.clock
    assert isinstance(clock, ManualClock)
    clock.advance(timedelta(seconds=20))
    for _ in range(8):
        refused = sender.send([post(3), post(4)])
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")
    asyncio.run(limits.take_events("other", 2))
    clock.advance(timedelta(seconds=40))
    assert sender.send([post(3), post(4)]).status_code == 201


def test_duplicates_do_not_use_the_budget_up(sender: Sender) -> None:
    """A retry storm must not starve new events."""
    sender.ingest.limits = RateLimits(sender.brain.store, sender.brain.clock, HOLDER, events_a_client=4)
    for _ in range(10):
        assert sender.send([post(1), post(2)]).status_code in (200, 201)
    assert sender.send(post(3)).status_code == 201


@pytest.mark.parametrize("mode", [FaultMode.REFUSE, FaultMode.LOSE])
def test_a_store_that_fails_is_503_and_a_resend_loses_and_doubles_nothing(sender: Sender, mode: FaultMode) -> None:
    """Whichever write fails, the sender hears 503 with Retry-After, sends again, and all is there once."""
    inner = sender.brain.writer
    for k in range(1, 4):
        sender.ingest.writer = sender.ingest.store_dead_letter.writer = FaultyWriter(inner, fail_at=k, mode=mode)
        sender.ingest._marked.clear()
        batch = [post(10 * k), post(10 * k + 1), post(10 * k + 2, likes=-1)]
        first = sender.send(batch)
        assert first.status_code == 503, (k, first.text)
        assert "retry-after" in first.headers
        again = sender.send(batch)
        assert again.status_code == 207
        assert sender.stored() == 2 * k


def test_a_killed_request_of_many_is_complete_after_the_resend(sender: Sender) -> None:
    """A commit that fails for one request fails for it alone; concurrent senders are answered each for its own."""

    async def storm() -> list[int]:
        writer = GroupCommit(sender.brain.writer)
        sender.ingest.writer = writer
        return [await asyncio.to_thread(lambda n=n: sender.send(post(n)).status_code) for n in range(5)]

    assert asyncio.run(storm()) == [201] * 5
    assert sender.stored() == 5


def test_every_item_is_accounted_for(sender: Sender) -> None:
    """Sent = stored + duplicate + rejected + dead-lettered, from documents and books."""
    sender.send([post(n) for n in range(20)])
    sender.send([post(n) for n in range(5)])
    sender.send([post(50, likes=-1), post(51, likes=-1)])
    sender.send(b"{")
    counts = Reconcile(sender.brain.store)("acme")
    assert {name: counts[name] for name in ("stored", "duplicate", "dead_lettered", "dead_letters", "difference")} == {
        "stored": 20,
        "duplicate": 5,
        "dead_lettered": 3,
        "dead_letters": 2,
        "difference": 0,
    }


def test_people_are_nowhere_in_the_store_or_in_the_answers(sender: Sender) -> None:
    """A person planted in an e-mail event is found in no document and no answer."""
    person = "ada.canary@example.org"
    click = {"email": person, "timestamp": 1795330000, "event": "click", "sg_event_id": "x1", "ip": "203.0.113.77"}
    answers = [
        sender.send([click], "email"),
        sender.send([click | {"timestamp": "soon"}], "email"),
        sender.send(f'[{{"email": "{person}"'.encode(), "email"),
    ]
    assert [a.status_code for a in answers] == [201, 422, 422]
    stored_json = json.dumps([r.data for r in sender.brain.store.query(paths.events("acme"))], default=str)
    letters = json.dumps([r.data for r in sender.brain.store.query(paths.DEAD_LETTERS)], default=str)
    for text in (stored_json, letters, *(a.text for a in answers)):
        assert "canary" not in text
        assert "203.0.113.77" not in text


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["event_id", "occurred_at", "likes", "data", "records", "email", "timestamp", "event", "items", "specversion"]
)
SOURCES = [
    "custom",
    "email",
    "social_twitter",
    "social_youtube",
    "ads_google",
    "ads_meta",
    "warehouse",
    "crm_hubspot",
    "nothing",
]


@pytest.fixture(scope="module")
def strangers_target() -> Iterator[Sender]:
    """One Brain that takes all that strangers send."""
    yield from open_sender()


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=anything | st.dictionaries(names, anything, max_size=5) | st.lists(st.dictionaries(names, anything)),
    source=st.sampled_from(SOURCES),
)
def test_whatever_json_comes_it_is_never_our_fault(strangers_target: Sender, body: Any, source: str) -> None:
    """No payload makes a 500, and every item comes to an end that is told."""
    answer = strangers_target.send(body, source)
    assert answer.status_code in (200, 201, 207, 409, 413, 422), answer.text
    body = answer.json()
    assert sum(body["counts"].values()) == len(body["results"]) if "counts" in body else body["code"]


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        ["application/json", "application/x-ndjson", "application/x-www-form-urlencoded", "", "x/y; q=;;"]
    ),
)
def test_whatever_bytes_come_they_are_never_our_fault(strangers_target: Sender, body: bytes, kind: str) -> None:
    """Nor do bytes that are no JSON at all."""
    answer = strangers_target.send(body, **{"Content-Type": kind})
    assert answer.status_code in (200, 201, 207, 409, 413, 422), answer.text


def test_a_sender_that_hung_up_stores_nothing_and_is_no_fault_of_ours(sender: Sender) -> None:
    """Nobody reads the response; nothing is logged as an error."""
    log_entries: list[str] = []

    async def hang_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    brain = sender.brain
    http = IngestHttp(
        brain.ingest, brain.authenticator, brain.limits, brain.clock, lambda e, **_: log_entries.append(e)
    )
    headers = [(b"authorization", f"Bearer {sender.key}".encode()), (b"content-type", b"application/json")]
    path = "/v1/clients/acme/events/custom"
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    response = asyncio.run(http(StarletteRequest(scope, hang_up)))
    assert (response.status_code, log_entries, sender.stored()) == (499, [], 0)
