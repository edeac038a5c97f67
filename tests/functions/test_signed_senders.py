"""Providers that sign for themselves, at the ingest address: let in, refused alike, replayed, asked, and rotated."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from unit.signatures import signers
from unit.signatures.identity_tokens import google_claims, issuer, sign_token
from unit.signatures.signers import NOW, OTHER, SECRET, SENDGRID_KEYS, USER

from brain import bootstrap
from brain.bootstrap import Brain
from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.domain.senders.signatures.registry import MAX_SIGNED_BODY_BYTES
from brain.domain.senders.signatures.sender_secrets import build_secret_name
from brain.domain.senders.signatures.signed_request import SignedRequest
from brain.entrypoints.gateway import admission
from brain.entrypoints.gateway.ingest import IngestHttp
from brain.errors import MissingSecretError, ReplayedRequestError, SecretsUnavailableError, StoreRefusedError
from brain.repositories import paths
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter
from brain.testing.manual_clock import ManualClock

POST = {"event_id": "post-1", "occurred_at": "2026-11-22T08:00:00Z", "platform": "linkedin", "likes": 3}
BODY = json.dumps([POST]).encode()
EXPECTED = json.dumps({"audience": "https://brain.example", "email": "push@a-project.iam.gserviceaccount.com"})
MINUTE = timedelta(minutes=1)
SHARED = Path(__file__).parents[2] / "shared"


class ChangingSecrets:
    """Secrets that an operator changes while everything runs, as in Secret Manager."""

    def __init__(self) -> None:
        self.values = {"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"}
        self.away = False
        self.read_names: list[str] = []

    def put(self, client: str, provider: str, *values: str) -> None:
        """Set the values that are valid at once."""
        self.values[build_secret_name(client, provider)] = "\n".join(values)

    def read(self, name: str) -> str:
        """Return the current text."""
        self.read_names.append(name)
        if self.away:
            raise SecretsUnavailableError(f"{name} cannot be had")
        if name not in self.values:
            raise MissingSecretError(f"{name} is missing")
        return self.values[name]


class Address:
    """The ingest address of a Brain, and its operator."""

    def __init__(self, brain: Brain, secrets: ChangingSecrets, log: list[tuple[str, dict[str, Any]]]) -> None:
        self.brain, self.secrets, self.log = brain, secrets, log
        self.clock = brain.clock
        http = IngestHttp(
            brain.ingest, brain.authenticator, brain.limits, brain.clock, self._log, lambda: brain.verify_sender
        )
        route = Route("/{path:path}", http.__call__, methods=["GET", "POST", "HEAD"])
        self.http = TestClient(
            Starlette(routes=[route]), base_url="https://brain.example", raise_server_exceptions=False
        )

    def _log(self, event: str, *, error: Exception | None = None, **fields: Any) -> None:
        self.log.append((event, fields | {"error": repr(error), "context": getattr(error, "context", None)}))

    def send(self, signed: SignedRequest, source: str = "custom", client: str = "acme", **headers: str) -> Any:
        """Deliver a signed request."""
        all_headers = {"content-type": "application/json"} | dict(signed.headers) | headers
        return self.http.post(f"/v1/clients/{client}/events/{source}", content=signed.body, headers=all_headers)

    def stored(self) -> int:
        """How many events the store has of the client."""
        return int(self.brain.store.count(paths.events("acme")))

    def remembered(self) -> int:
        """How many signed requests the store remembers."""
        return int(self.brain.store.count(paths.SIGNATURES))


@pytest.fixture
def address() -> Iterator[Address]:
    """An address over an empty embedded store, with one client that trusts every provider."""
    secrets = ChangingSecrets()
    brain = bootstrap.build_brain(
        read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock=ManualClock(NOW), secrets=secrets
    )
    for provider in ("hubspot", "mailgun", "meta", "x", "linkedin", "standard_webhooks", "meta_verify"):
        secrets.put("acme", provider, SECRET)
    secrets.put("acme", "sendgrid", SENDGRID_KEYS.public)
    secrets.put("acme", "postmark", USER)
    secrets.put("acme", "google", EXPECTED)
    address = Address(brain, secrets, [])
    with address.http:
        yield address
    brain.store.close()


def opened(number: int = 1) -> dict[str, Any]:
    """SendGrid's event of a message that was opened."""
    timestamp = int(NOW.timestamp()) - 60
    return {
        "event": "open",
        "email": "ann@example.com",
        "timestamp": timestamp,
        "sg_event_id": f"e{number}",
        "sg_message_id": "m",
    }


def hubspot(body: bytes = BODY, at: datetime = NOW, secret: str = SECRET, client: str = "acme") -> SignedRequest:
    """HubSpot, to the address of its source."""
    return signers.hubspot(secret, body, at, f"https://brain.example/v1/clients/{client}/events/crm_hubspot")


DEAL = {
    "eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": int(NOW.timestamp() * 1000) - 60_000,
    "subscriptionType": "deal.propertyChange", "attemptNumber": 0, "objectId": 4, "propertyName": "dealstage",
    "propertyValue": "closedwon", "changeSource": "CRM",
}  # fmt: skip
POSTMARK = {
    "RecordType": "Open", "MessageID": "00000000-0000-0000-0000-00000000000a", "ReceivedAt": "2026-11-22T11:00:00Z",
    "Recipient": "ann@example.com", "FirstOpen": True,
}  # fmt: skip
MAILGUN = json.dumps(
    {
        "event": "opened", "id": "m-1", "timestamp": NOW.timestamp() - 60, "recipient": "ann@example.com",
        "message": {"headers": {"message-id": "1@example.com"}},
    }
).encode()  # fmt: skip
GENUINE: Mapping[str, tuple[SignedRequest, str]] = {
    "hubspot": (hubspot(json.dumps([DEAL]).encode()), "crm_hubspot"),
    "sendgrid": (signers.sendgrid(body=json.dumps([opened()]).encode()), "email"),
    "mailgun": (signers.mailgun(body=MAILGUN), "email"),
    "postmark": (signers.basic(body=json.dumps(POSTMARK).encode()), "email"),
    "meta": (signers.meta(body=json.dumps([POST]).encode()), "social_instagram"),
    "x": (signers.x_posts(body=json.dumps([POST]).encode()), "social_twitter"),
    "linkedin": (signers.linkedin(body=json.dumps([POST]).encode()), "social_linkedin"),
    "standard_webhooks": (signers.standard(body=BODY), "custom"),
}
REPLAYABLE = ("meta", "x", "linkedin", "postmark")


@pytest.mark.parametrize("provider", GENUINE)
def test_a_provider_that_signs_needs_no_key(address: Address, provider: str) -> None:
    """Its events are stored as any others."""
    signed, source = GENUINE[provider]
    answer = address.send(signed, source)
    assert answer.status_code == 201, answer.text
    assert address.stored() == 1


def test_a_push_with_an_identity_token_needs_no_key(address: Address) -> None:
    """By a key that the issuer publishes, on the loopback here."""
    with issuer() as served:
        config = address.brain.verify_sender.config
        google = config.providers["google"].model_copy(update={"keys_url": served.url})
        address.brain.verify_sender.config = config.model_copy(update={"providers": {"google": google}})
        claims = google_claims(NOW, aud="https://brain.example")
        bearer = SignedRequest("POST", (), {"authorization": f"Bearer {sign_token(claims)}"}, BODY)
        assert address.send(bearer, "warehouse").status_code == 201
        assert address.send(bearer, "warehouse").status_code == 200
        expired = SignedRequest("POST", (), {"authorization": f"Bearer {sign_token(claims | {'exp': 1})}"}, BODY)
        assert address.send(expired, "warehouse").status_code == 401
        assert served.requests == 1


def test_keys_that_cannot_be_had_are_503_and_nobody_is_refused(address: Address) -> None:
    """The sender tries again."""
    config = address.brain.verify_sender.config
    google = config.providers["google"].model_copy(update={"keys_url": "http://127.0.0.1:1/certs"})
    address.brain.verify_sender.config = config.model_copy(update={"providers": {"google": google}})
    bearer = SignedRequest("POST", (), {"authorization": f"Bearer {sign_token(google_claims(NOW))}"}, BODY)
    answer = address.send(bearer, "warehouse")
    assert (answer.status_code, answer.json()["code"]) == (503, "sender_check_unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_the_signed_time_is_that_of_an_event_without_one(address: Address) -> None:
    """A webhook without a time takes the request's."""
    at = NOW - timedelta(minutes=3)
    event = {name: value for name, value in opened().items() if name != "timestamp"} | {"timestamp": None}
    answer = address.send(signers.sendgrid(body=json.dumps([event]).encode(), signed_at=at), "email")
    assert answer.status_code == 201, answer.text
    event_id = answer.json()["results"][0]["event_id"]
    stored = address.brain.store.get(paths.event("acme", event_id))
    assert stored
    assert stored.data["occurred_at"] == at


STRANGERS: Mapping[str, tuple[SignedRequest, str, str]] = {
    "nothing": (SignedRequest("POST", (), {}, BODY), "custom", "acme"),
    "another's secret": (signers.standard(OTHER, BODY), "custom", "acme"),
    "another client": (signers.standard(SECRET, BODY), "custom", "other"),
    "an unknown client": (signers.standard(SECRET, BODY), "custom", "nobody-here"),
    "another body": (replace(signers.standard(SECRET, BODY), body=BODY + b" "), "custom", "acme"),
    "too old": (signers.standard(SECRET, BODY, NOW - 5 * MINUTE - timedelta(seconds=1)), "custom", "acme"),
    "too new": (signers.standard(SECRET, BODY, NOW + 5 * MINUTE + timedelta(seconds=1)), "custom", "acme"),
    "another address": (hubspot(client="other"), "crm_hubspot", "acme"),
    "another source's provider": (signers.meta(SECRET, BODY), "email", "acme"),
    "another user": (signers.basic("brain:a guess", BODY), "email", "acme"),
    "no signature inside": (SignedRequest("POST", (), {}, b'{"event-data": {}}'), "email", "acme"),
    "an unsigned token": (SignedRequest("POST", (), {"authorization": "Bearer a.b.c"}, BODY), "warehouse", "acme"),
    "a wrong key": (SignedRequest("POST", (), {"authorization": "Bearer brk_guess"}, BODY), "custom", "acme"),
    "an unknown source": (signers.standard(SECRET, BODY), "nothing", "acme"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_whoever_is_not_known_gets_one_and_the_same_answer(address: Address, stranger: str) -> None:
    """Whatever was wrong, and whether the client exists or not; the log alone says what."""
    address.secrets.put("other", "standard_webhooks", OTHER)
    signed, source, client = STRANGERS[stranger]
    answer = address.send(signed, source, client)
    reported = {name: value for name, value in answer.json().items() if name != "correlation_id"}
    assert (answer.status_code, reported) == (
        401,
        {
            "type": "urn:brain:problem:unauthenticated",
            "title": "Not authenticated",
            "status": 401,
            "detail": NOT_AUTHENTICATED,
            "code": "unauthenticated",
        },
    )
    assert answer.headers["www-authenticate"] == address.send(STRANGERS["nothing"][0]).headers["www-authenticate"]
    assert address.stored() == 0


def test_refusals_count_against_the_address(address: Address) -> None:
    """Whoever keeps guessing is told to wait; a genuine sender that shares the provider's address is not."""
    answers = [address.send(signers.standard(OTHER, BODY)).status_code for _ in range(150)]
    assert answers[0] == 401
    assert answers[-1] == 429
    assert address.send(signers.standard(SECRET, BODY)).status_code == 201


def test_a_body_that_is_too_large_is_413_before_anything_is_checked(address: Address) -> None:
    """Its signature would be as long to check."""
    signed = replace(signers.standard(OTHER, BODY), body=b" " * (10 * 1024 * 1024 + 1))
    assert address.send(signed).status_code == 413
    assert build_secret_name("acme", "standard_webhooks") not in address.secrets.read_names


def test_whoever_has_nothing_to_show_is_refused_before_the_body_is_read(address: Address) -> None:
    """A stranger cannot make us take ten megabytes in."""
    read: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield b" " * 1024

    assert address.http.post("/v1/clients/acme/events/custom", content=chunks()).status_code == 401


def replayed(answer: Any) -> bool:
    """Whether an answer says that another body was accepted under the id."""
    return bool(answer.status_code == 409 and answer.json()["code"] == "replayed")


def resent(answer: Any) -> bool:
    """Whether an answer says that every event of the request is stored already."""
    outcomes = {item["outcome"] for item in answer.json().get("results", [])}
    return bool(answer.status_code == 200 and outcomes == {"duplicate"})


@pytest.mark.parametrize("provider", [name for name in GENUINE if name not in REPLAYABLE])
def test_an_identical_resend_is_a_duplicate_here_and_at_another_instance(address: Address, provider: str) -> None:
    """Never 409, which makes SendGrid and Svix try again; nothing is stored or counted twice."""
    signed, source = GENUINE[provider]
    assert address.send(signed, source).status_code == 201
    assert resent(address.send(signed, source))
    elsewhere = bootstrap.Brain(address.brain.settings, address.clock, address.secrets, address.brain.store)
    assert resent(Address(elsewhere, address.secrets, []).send(signed, source))
    counts = Reconcile(address.brain.store)("acme")
    assert (counts["sent"], counts["difference"]) == (1, 0)
    assert address.stored() == 1
    assert address.remembered() == 1


@pytest.mark.parametrize("provider", REPLAYABLE)
def test_where_nothing_tells_a_replay_from_a_retry_it_is_a_duplicate(address: Address, provider: str) -> None:
    """No time and no id are signed; identity makes it harmless."""
    signed, source = GENUINE[provider]
    assert [address.send(signed, source).status_code for _ in range(2)] == [201, 200]
    assert address.stored() == 1
    assert address.remembered() == 0


def test_a_retry_of_a_provider_that_got_no_answer_is_taken(address: Address) -> None:
    """Signed anew, with the same id and body: its events are duplicates."""
    assert address.send(signers.standard(SECRET, BODY)).status_code == 201
    retry = signers.standard(SECRET, BODY, NOW + timedelta(seconds=5))
    answer = address.send(retry)
    assert (answer.status_code, answer.json()["counts"]["duplicate"]) == (200, 1)
    assert resent(address.send(retry))
    assert resent(address.send(signers.standard(SECRET, BODY)))


def test_a_retry_that_fails_leaves_what_was_remembered(address: Address) -> None:
    """The first one was taken, whatever becomes of those after it."""
    assert address.send(signers.standard(SECRET, BODY)).status_code == 201
    retry = address.brain.verify_sender.check("acme", "custom", signers.standard(SECRET, BODY, NOW + MINUTE))
    asyncio.run(address.brain.verify_sender.finish(retry, durable=False))
    assert resent(address.send(signers.standard(SECRET, BODY)))


def test_another_body_under_the_same_id_is_refused(address: Address) -> None:
    """However well it is signed."""
    assert address.send(signers.standard(SECRET, BODY)).status_code == 201
    other = json.dumps([POST | {"event_id": "post-2"}]).encode()
    assert replayed(address.send(signers.standard(SECRET, other, NOW + timedelta(seconds=5))))
    assert address.stored() == 1


def test_a_token_of_mailguns_that_somebody_saw_serves_no_other_body(address: Address) -> None:
    """Its signature covers nothing of the event, so the token is bound to the body with which it came first."""
    forged = signers.mailgun(body=MAILGUN.replace(b"m-1", b"m-2"))
    assert address.send(signers.mailgun(body=MAILGUN), "email").status_code == 201
    assert replayed(address.send(forged, "email"))
    elsewhere = bootstrap.Brain(address.brain.settings, address.clock, address.secrets, address.brain.store)
    assert replayed(Address(elsewhere, address.secrets, []).send(forged, "email"))
    assert address.stored() == 1


@pytest.mark.parametrize(("mode", "status"), [(FaultMode.REFUSE, 201), (FaultMode.LOSE, 201)])
def test_what_was_answered_by_an_error_may_come_again_as_it_was(address: Address, mode: FaultMode, status: int) -> None:
    """Only what was answered as durable is remembered: nothing is lost because it was tried before."""
    address.brain.ingest.writer = FaultyWriter(address.brain.writer, fail_at=1, mode=mode)
    signed = signers.standard(SECRET, BODY)
    assert address.send(signed).status_code == 503
    assert address.remembered() == 0
    assert address.send(signed).status_code == status
    assert resent(address.send(signed))
    assert address.stored() == 1


def test_what_was_rejected_may_be_fixed_and_sent_under_its_id(address: Address) -> None:
    """Nothing of it is stored, so another body under the id is no replay."""
    wrong = json.dumps([POST | {"likes": -1}]).encode()
    assert address.send(signers.standard(SECRET, wrong)).status_code == 422
    assert address.send(signers.standard(SECRET, BODY, NOW + timedelta(seconds=1))).status_code == 201


def test_while_a_request_is_on_its_way_no_other_body_comes_under_its_token(address: Address) -> None:
    """The same body may: its events are stored once."""
    verify, config = address.brain.verify_sender, ("acme", "email")
    first = verify.check(*config, signers.mailgun(body=MAILGUN))
    assert verify.check(*config, signers.mailgun(body=MAILGUN)).delivery == first.delivery
    other = signers.mailgun(body=MAILGUN.replace(b"m-1", b"m-2"))
    with pytest.raises(ReplayedRequestError):
        verify.check(*config, other)
    asyncio.run(verify.finish(first, durable=False))
    assert verify.check(*config, other).delivery


def test_a_writer_that_breaks_altogether_spoils_no_answer(address: Address) -> None:
    """What is durable is told so."""
    reported: list[str] = []
    address.brain.verify_sender.report_error = lambda part, _error: reported.append(part)

    class Broken:
        async def write(self, writes: Any) -> Any:
            raise StoreRefusedError(f"{len(writes)} refused")

        async def aclose(self) -> None:
            """Nothing is open."""

    address.brain.verify_sender.writer = Broken()
    assert address.send(signers.standard(SECRET, BODY)).status_code == 201
    assert reported == ["store an accepted delivery"]


def test_a_delivery_that_cannot_be_remembered_is_answered_as_it_is(address: Address) -> None:
    """It is durable, and the operator is told; this instance remembers it all the same."""
    reported: list[str] = []
    address.brain.verify_sender.report_error = lambda part, _error: reported.append(part)
    address.brain.verify_sender.writer = FaultyWriter(address.brain.writer, fail_at=1)
    signed = signers.standard(SECRET, BODY)
    assert address.send(signed).status_code == 201
    assert reported == ["store an accepted delivery"]
    assert resent(address.send(signed))


def test_a_ping_makes_no_event_and_is_told_to_the_operator(address: Address) -> None:
    """SparkPost's empty batch, SendGrid's test, and Amazon's confirmation, which nobody fetches blindly."""
    address.secrets.put("acme", "sparkpost", USER)
    ping = signers.basic(body=json.dumps([{"msys": {}}]).encode())
    test = signers.sendgrid(
        body=json.dumps(
            [opened() | {"email": "example@test.com", "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>"}]
        ).encode()
    )
    confirmation = {
        "Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:us-east-1:123456789012:ses", "Token": "t",
        "MessageId": "m", "SubscribeURL": "http://169.254.169.254/latest/meta-data/", "Message": "…",
    }  # fmt: skip
    for signed in (ping, test, signers.basic(body=json.dumps(confirmation).encode())):
        answer = address.send(signed, "email")
        assert (answer.status_code, answer.json()["counts"]["ignored"]) == (200, 1), answer.text
    assert answer.json()["results"][0]["message"].endswith("if you requested it, open SubscribeURL")
    url = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    answer = address.send(signers.basic(body=json.dumps(confirmation | {"SubscribeURL": url}).encode()), "email")
    assert answer.json()["results"][0]["message"].endswith(f"open SubscribeURL: {url}")
    assert [fields["reason"] for event, fields in address.log if event == "item_ignored"][-1].endswith(url)
    assert address.stored() == 0


def test_meta_x_and_linkedin_are_answered_whose_address_it_is(address: Address) -> None:
    """By this client's own secrets."""
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": SECRET}
    meta = address.http.get("/v1/clients/acme/events/social_instagram", params=query)
    assert (meta.status_code, meta.text) == (200, "1158201444")
    assert meta.headers["content-type"].startswith("text/plain")
    assert meta.headers["x-content-type-options"] == "nosniff"
    x = address.http.get("/v1/clients/acme/events/social_twitter", params={"crc_token": "challenge_string"})
    assert x.json()["response_token"].startswith("sha256=")
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    linkedin = address.http.get("/v1/clients/acme/events/social_linkedin", params={"challengeCode": code})
    assert linkedin.json()["challengeCode"] == code


@pytest.mark.parametrize(
    ("place", "query"),
    [
        ("acme/events/social_instagram", {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": "no"}),
        ("other/events/social_instagram", {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": SECRET}),
        ("acme/events/email", {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": SECRET}),
        ("acme/events/social_twitter", {"crc_token": '{"an": "event"}'}),
        ("nobody/events/social_twitter", {"crc_token": "challenge_string"}),
    ],
)
def test_a_question_that_is_not_the_providers_gets_the_answer_of_a_stranger(
    address: Address, place: str, query: dict[str, str]
) -> None:
    """So that nobody learns who is a client."""
    answer = address.http.get(f"/v1/clients/{place}", params=query)
    assert (answer.status_code, answer.json()["detail"]) == (401, NOT_AUTHENTICATED)


@pytest.mark.parametrize("place", ["acme/events/custom", "acme/events/custom?page=2", "nobody/events/custom?verify=1"])
def test_a_get_that_asks_nothing_is_200_without_a_body(address: Address, place: str) -> None:
    """Whether the client exists or not, and without looking."""
    answer = address.http.get(f"/v1/clients/{place}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert not any(name.startswith("BRAIN_SENDER_") for name in address.secrets.read_names)


def test_a_secret_is_rotated_without_a_redeploy(address: Address) -> None:
    """The new one beside the old, then the new one alone; each takes effect within a minute."""
    clock = address.clock
    assert isinstance(clock, ManualClock)

    def sent(secret: str, number: int) -> int:
        body = json.dumps([POST | {"event_id": f"post-{number}"}]).encode()
        signed = signers.standard(secret, body, clock.now(), f"msg_{number}")
        return int(address.send(signed).status_code)

    assert (sent(SECRET, 1), sent(OTHER, 2)) == (201, 401)
    address.secrets.put("acme", "standard_webhooks", OTHER, SECRET)
    clock.advance(MINUTE)
    assert (sent(SECRET, 3), sent(OTHER, 4)) == (201, 201)
    address.secrets.put("acme", "standard_webhooks", OTHER)
    clock.advance(MINUTE)
    assert (sent(SECRET, 5), sent(OTHER, 6)) == (401, 201)


def test_secrets_are_read_once_a_minute_and_so_are_those_that_are_not_there(address: Address) -> None:
    """Neither a busy sender nor a stranger makes us ask for each request."""
    for number in range(5):
        address.send(signers.standard(SECRET, BODY, message_id=f"msg_{number}"))
        address.send(signers.standard(SECRET, BODY), client="nobody")
    assert address.secrets.read_names.count(build_secret_name("acme", "standard_webhooks")) == 1
    assert address.secrets.read_names.count(build_secret_name("nobody", "standard_webhooks")) == 1


def test_where_secrets_are_kept_being_away_is_503_and_nobody_is_refused(address: Address) -> None:
    """The sender tries again."""
    address.secrets.away = True
    answer = address.send(signers.standard(SECRET, BODY))
    assert (answer.status_code, answer.json()["code"]) == (503, "sender_check_unavailable")
    address.secrets.away = False
    assert address.send(signers.standard(SECRET, BODY)).status_code == 201


@pytest.mark.parametrize("wrong", ["[not JSON", "no key"])
def test_a_secret_that_cannot_be_used_is_told_to_the_operator_alone(address: Address, wrong: str) -> None:
    """The sender gets the answer of any stranger, so that nobody learns who is a client."""
    reported: list[str] = []
    address.brain.verify_sender.report_error = address.brain.verify_sender.secrets.report_error = lambda part, error: (
        reported.append(f"{part}: {error}")
    )
    address.secrets.put("acme", "sendgrid", wrong)
    answer = address.send(*GENUINE["sendgrid"])
    assert (answer.status_code, answer.json()["detail"]) == (401, NOT_AUTHENTICATED)
    assert len(reported) == 1
    assert wrong not in reported[0]


def test_no_secret_is_in_an_answer_a_log_or_a_repr(address: Address) -> None:
    """Neither whole nor in another writing."""
    answers = [address.send(signed, source, client) for signed, source, client in STRANGERS.values()]
    output = "".join(answer.text + str(answer.headers) for answer in answers) + repr(address.log)
    output += repr(address.brain.verify_sender) + repr(address.brain.verify_sender.secrets)
    raw = base64.b64decode(SECRET.removeprefix("whsec_"))
    for text in (SECRET, SECRET.removeprefix("whsec_"), raw.decode(), USER, "a password", OTHER):
        assert text not in output
    assert "too old" not in output
    assert "more than 0:05:00 from now" in output


def test_a_signed_request_costs_one_read_and_one_write_and_a_key_none(address: Address) -> None:
    """Beyond its events; what has no time or id costs nothing either, and neither does a replay here."""
    key, _ = address.brain.key_ring.create("acme")
    store = FaultyStore(address.brain.store)
    writer = FaultyWriter(address.brain.writer)
    address.brain.verify_sender.store, address.brain.verify_sender.writer = store, writer
    address.send(SignedRequest("POST", (), {"authorization": f"Bearer {key}"}, BODY))
    address.send(*GENUINE["meta"])
    assert (store.calls.total(), writer.writes) == (0, 0)
    signed, source = GENUINE["sendgrid"]
    for _ in range(3):
        address.send(signed, source)
    assert (dict(store.calls), writer.writes) == ({"get": 1}, 1)


@pytest.mark.slow
def test_a_request_with_a_key_loads_nothing_of_signatures() -> None:
    """Cold starts stay what they were; it is loaded with the first request that needs it."""
    script = (
        "import sys, brain.entrypoints.deployed, brain.entrypoints.gateway.ingest; "
        "found = [n for n in sys.modules if n.startswith(('brain.domain.senders.signatures', 'jwt', 'cryptography'))]; "
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": str(SHARED)})


def test_the_front_end_may_have_changed_host_scheme_and_path(address: Address) -> None:
    """HubSpot signs the address as it was configured there."""
    body = json.dumps([DEAL]).encode()
    url = "https://us-central1-a-project.cloudfunctions.net/ingest/v1/clients/acme/events/crm_hubspot?a=1%402"
    signed = signers.hubspot(SECRET, body, NOW, url.replace("%40", "@"))
    headers = {**signed.headers, "x-forwarded-proto": "https", "x-forwarded-host": url.split("/")[2]}
    answer = address.http.post(
        "http://inside:8080/v1/clients/acme/events/crm_hubspot?a=1%402", content=body, headers=headers
    )
    assert answer.status_code == 201, answer.text


def test_a_key_serves_beside_signatures(address: Address) -> None:
    """Both ways stay open."""
    key, _ = address.brain.key_ring.create("acme")
    request = SignedRequest("POST", (), {"authorization": f"Bearer {key}"}, BODY)
    assert [address.send(request).status_code for _ in range(2)] == [201, 200]


def test_nothing_is_read_of_a_body_whose_sender_a_header_would_prove(address: Address) -> None:
    """Wrong basic credentials cost no memory, whatever the body says of its length."""
    wrong = signers.basic("someone:else", body=b"")
    forged = replace(wrong, body=b"x" * 2_000_000)
    with patch.object(admission, "read_body") as read_body:
        assert address.send(forged, "email").status_code == 401
    read_body.assert_not_called()


def test_at_most_a_megabyte_is_read_of_a_body_that_must_be_verified(address: Address) -> None:
    """Providers that sign the body send less; a stranger cannot make the instance hold more."""
    signed = signers.sendgrid(body=b"[" + b" " * MAX_SIGNED_BODY_BYTES + b"]")
    answer = address.send(signed, "email")
    assert answer.status_code == 413
    assert f"at most {MAX_SIGNED_BODY_BYTES} bytes" in answer.json()["detail"]
