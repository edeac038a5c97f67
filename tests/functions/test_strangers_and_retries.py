"""Strangers cost little and delay nobody; providers' retries, proxies and signatures are accepted as they are sent."""

import asyncio
import json
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from functions.sender_site import FORM, PROXY, SenderSite, build_open, encode, open_site
from starlette.requests import Request
from unit.signatures import signers
from unit.signatures.identity_tokens import public_jwk
from unit.signatures.signers import NOW, OTHER, SECRET

from brain import bootstrap
from brain.adapters import key_sets
from brain.adapters.key_sets import HttpKeySets
from brain.domain.senders.signatures.signed_request import SignedRequest
from brain.entrypoints.gateway.addresses import find_remote_address
from brain.entrypoints.local import LocalServer
from brain.services.gateway import sender_secrets
from brain.testing.faulty_store import FaultyStore
from brain.testing.manual_clock import ManualClock

HOUR = timedelta(hours=1)
OPENED = encode([build_open(1)])
STRANGER, HONEST = "198.51.100.66", "203.0.113.9"
MAILGUN_EVENT = json.dumps({
    "event": "opened", "id": "m-1", "timestamp": NOW.timestamp() - 60, "recipient": "ines@example.org",
    "message": {"headers": {"message-id": "1@example.org"}},
}).encode()  # fmt: skip


@pytest.fixture
def site() -> Iterator[SenderSite]:
    """A client's ingest URL behind a proxy."""
    with open_site() as opened:
        yield opened


def advance(site: SenderSite, by: timedelta) -> None:
    """Let time pass."""
    assert isinstance(site.brain.clock, ManualClock)
    site.brain.clock.advance(by)


# ---- whose address counts


def test_wrong_keys_of_a_stranger_do_not_lock_out_others_behind_the_same_proxy(site: SenderSite) -> None:
    """The peer is the proxy for everybody; the last entry of X-Forwarded-For is whom it was called by."""
    for number in range(101):
        answer = site.post(OPENED, caller=STRANGER, Authorization=f"Bearer guess-{number}")
    assert answer.status_code == 429
    assert site.post(OPENED, caller=HONEST).status_code == 201


def test_an_address_that_the_caller_names_itself_counts_for_nothing(site: SenderSite) -> None:
    """Whatever is before the entry of the proxy may be anything."""
    for number in range(101):
        caller = f"192.0.2.{number}, {STRANGER}"
        answer = site.post(OPENED, caller=caller, Authorization=f"Bearer guess-{number}")
    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        (["203.0.113.9"], 1, "203.0.113.9"),
        (["192.0.2.1, 203.0.113.9"], 1, "203.0.113.9"),
        (["192.0.2.1", "203.0.113.9"], 1, "203.0.113.9"),
        (["192.0.2.1, 203.0.113.9, 35.191.0.1"], 2, "203.0.113.9"),
        (["203.0.113.9"], 0, PROXY[0]),
        (["203.0.113.9"], 2, PROXY[0]),
        (["not an address"], 1, PROXY[0]),
        ([], 1, PROXY[0]),
        (["2001:db8::1"], 1, "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_that_the_proxy_appended(forwarded: list[str], hops: int, address: str) -> None:
    """With as many trusted hops as there are proxies; without the header, the peer."""
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    assert find_remote_address(Request({"type": "http", "headers": headers, "client": PROXY}), hops) == address


# ---- what strangers cost


def sign_as_stranger(number: int) -> SignedRequest:
    """Return a request that seems to be signed by several providers."""
    signed = signers.sendgrid(body=OPENED)
    headers = {**signed.headers, **signers.standard(OTHER, OPENED).headers, "x-mandrill-signature": f"{number}"}
    return replace(signed, headers=headers)


def test_a_stranger_has_no_secret_read_beyond_its_budget(site: SenderSite) -> None:
    """Not one after 429, whatever client it names; at most as many as the budget before."""
    answers = [
        site.deliver(sign_as_stranger(number), "email", client=f"nobody-{number}", caller=STRANGER)
        for number in range(300)
    ]
    assert (answers[0].status_code, answers[-1].status_code) == (401, 429)
    assert len(site.secrets.sender_reads) <= 100


def test_a_client_that_does_not_exist_costs_one_entry_of_a_bounded_cache(site: SenderSite) -> None:
    """Its secrets are not looked for again, and strangers do not displace the secrets that exist."""
    with patch.object(sender_secrets, "ABSENT_CACHE_SIZE", 8):
        site.brain.verify_sender.secrets.__post_init__()
    site.deliver(signers.sendgrid(body=OPENED), "email")
    for number in range(40):
        stranger = f"198.51.100.{number}"
        site.deliver(sign_as_stranger(number), "email", client=f"nobody-{number}", caller=stranger)
    assert len(site.brain.verify_sender.secrets._absent) <= 8
    reads = len(site.secrets.sender_reads)
    site.deliver(sign_as_stranger(1), "email", client="nobody-39", caller="198.51.100.200")
    site.deliver(signers.sendgrid(body=OPENED, signed_at=NOW + timedelta(seconds=1)), "email")
    assert len(site.secrets.sender_reads) == reads


def test_a_known_sender_is_accepted_from_an_address_that_others_have_used_up(site: SenderSite) -> None:
    """Customers of a provider share its addresses; also when the cached secret has to be read again."""
    assert site.deliver(signers.standard(SECRET, OPENED), "email").status_code == 201
    advance(site, timedelta(seconds=70))
    for number in range(120):
        answer = site.deliver(sign_as_stranger(number), "email", client=f"nobody-{number}")
    assert answer.status_code == 429
    again = signers.standard(SECRET, encode([build_open(2)]), NOW + timedelta(seconds=70), "msg_2")
    assert site.deliver(again, "email").status_code == 201


def test_guesses_at_once_read_no_more_keys_than_the_budget(site: SenderSite) -> None:
    """Each has taken from the budget before the store is asked."""
    site.brain.limits.requests_an_address = 5
    site.brain.authenticator.store = store = FaultyStore(site.brain.store)
    app = LocalServer(site.brain, schedule=False).app()

    async def guess_all() -> list[int]:
        transport = httpx.ASGITransport(app, client=PROXY)
        async with httpx.AsyncClient(transport=transport, base_url="http://brain") as http:
            url = "/ingest/v1/clients/acme/events/email"
            headers = [{"Authorization": f"Bearer guess-{number}", "X-Forwarded-For": STRANGER} for number in range(60)]
            answers = await asyncio.gather(*(http.post(url, headers=each, content=b"[]") for each in headers))
            return [answer.status_code for answer in answers]

    statuses = asyncio.run(guess_all())
    assert (statuses.count(401), statuses.count(429)) == (5, 55)
    assert store.reads <= 5


def test_challenges_count_before_a_secret_is_read(site: SenderSite) -> None:
    """X's CRC is a GET that anybody can send."""
    url = "/ingest/v1/clients/{}/events/social_twitter?crc_token=challenge_string"
    statuses = [
        site.http.get(url.format(f"nobody-{number}"), headers={"X-Forwarded-For": STRANGER}).status_code
        for number in range(150)
    ]
    assert (statuses[0], statuses[-1], len(site.secrets.sender_reads)) == (401, 429, 100)
    assert site.http.get(url.format("acme"), headers={"X-Forwarded-For": HONEST}).status_code == 200


@pytest.mark.parametrize(
    "token",
    ['{"a": 1}', "[1]", "1e100000", "-1E+10000", "Infinity", "-Infinity", "12345678", "event=open&id=1", "a b c d e f"],
)
def test_a_text_that_may_be_an_event_is_never_signed(site: SenderSite, token: str) -> None:
    """Nor is a number, which is JSON too."""
    answer = site.http.get("/ingest/v1/clients/acme/events/social_twitter", params={"crc_token": token})
    assert answer.status_code == 401


def test_what_was_signed_for_a_challenge_authenticates_no_body(site: SenderSite) -> None:
    """Nothing of it is stored, not even as a dead letter."""
    token = "MzY2N2Q3Y2EtNjg4MS00ZDdhLTkyMjQtYjEzYmE4ZDg2ZmU2"
    url = "/ingest/v1/clients/acme/events/social_twitter"
    signature = site.http.get(url, params={"crc_token": token}).json()["response_token"]
    for content_type in ("application/json", FORM, "text/plain"):
        headers = {"x-twitter-webhooks-signature": signature, "content-type": content_type}
        forged = SignedRequest("POST", (), headers, token.encode())
        assert site.deliver(forged, "social_twitter").status_code == 401
    assert site.dead_letters() == []
    assert site.brain.ingest._marked == set()


def test_duplicates_have_a_budget_of_their_own(site: SenderSite) -> None:
    """Ten times the client's: a retry storm starves no new event, and is not free without end."""
    site.brain.limits.events_a_client = 100
    bodies = [encode([build_open(number + 50 * page) for number in range(50)]) for page in range(2)]
    assert site.post(bodies[0]).status_code == 201
    for _ in range(20):
        assert site.post(bodies[0]).status_code == 200
    refused = site.post(bodies[0])
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    advance(site, timedelta(seconds=61))
    assert site.post(bodies[1]).status_code == 201


def test_a_page_above_the_budget_of_a_minute_takes_all_of_it(site: SenderSite) -> None:
    """And no more: what was a duplicate in it is given back."""
    events = [build_open(number) for number in range(2000)]
    assert site.post(encode(events[:1500])).status_code == 201
    assert site.post(encode(events[1500:])).status_code == 429
    advance(site, timedelta(seconds=61))
    assert site.post(encode(events)).json()["counts"] | {"stored": 500, "duplicate": 1500} == site.post(
        encode(events[:1])
    ).json()["counts"] | {"stored": 500, "duplicate": 1500}
    assert site.post(encode([build_open(3000 + number) for number in range(501)])).status_code == 429
    assert site.post(encode([build_open(4000 + number) for number in range(499)])).status_code == 201


def test_a_slow_secret_store_delays_only_those_whose_secrets_are_unknown(site: SenderSite) -> None:
    """Sixty strangers wait for it; a sender with a key, and one whose secret is cached, do not."""
    site.deliver(signers.standard(SECRET, OPENED), "email")
    site.post(OPENED)
    site.brain.limits.requests_an_address = 10_000
    release = threading.Event()
    read = site.secrets.read

    def read_slowly(name: str) -> str:
        if "NOBODY" in name:
            release.wait(20)
        return read(name)

    site.brain.verify_sender.secrets.secrets = SlowSecrets(read_slowly)
    app = LocalServer(site.brain, schedule=False).app()

    async def measure() -> tuple[list[int], float]:
        transport = httpx.ASGITransport(app, client=PROXY)
        async with httpx.AsyncClient(transport=transport, base_url="https://brain.example") as http:

            async def deliver(signed: SignedRequest, client: str) -> int:
                url = f"/ingest/v1/clients/{client}/events/email"
                return (await http.post(url, headers=dict(signed.headers), content=signed.body)).status_code

            strangers = [
                asyncio.create_task(deliver(signers.standard(OTHER, OPENED), f"nobody{number}")) for number in range(60)
            ]
            await asyncio.sleep(0.2)
            started = time.perf_counter()
            with_key = SignedRequest("POST", (), {"authorization": f"Bearer {site.key}"}, encode([build_open(8)]))
            signed = signers.standard(SECRET, encode([build_open(9)]), message_id="msg_9")
            statuses = [await deliver(with_key, "acme"), await deliver(signed, "acme")]
            seconds = time.perf_counter() - started
            release.set()
            assert set(await asyncio.gather(*strangers)) == {401}
            return statuses, seconds

    statuses, seconds = asyncio.run(measure())
    assert statuses == [201, 201]
    assert seconds < 5


class SlowSecrets:
    """Secrets that are read by a function."""

    def __init__(self, read: Any) -> None:
        self.read = read


def test_a_slow_issuer_delays_only_tokens_with_unknown_keys() -> None:
    """A known key is found while the set is being fetched for an unknown one."""
    release, fetches = threading.Event(), []

    def fetch(_url: str) -> dict[str, Any]:
        fetches.append(time.perf_counter())
        if len(fetches) > 1:
            release.wait(20)
        return {name: public_jwk(name) for name in ("key-1", "key-2")[: len(fetches)]}

    clock = ManualClock(NOW)
    with patch.object(key_sets, "_fetch_key_set", fetch):
        keys = HttpKeySets(clock)
        assert not keys.is_cached("u", "key-1")
        assert keys.find_key("u", "key-1")
        clock.advance(timedelta(minutes=2))
        found: list[Any] = []
        waiting = [threading.Thread(target=lambda: found.append(keys.find_key("u", "key-2"))) for _ in range(5)]
        for thread in waiting:
            thread.start()
        time.sleep(0.1)
        assert keys.find_key("u", "key-1")
        assert found == []
        release.set()
        for thread in waiting:
            thread.join()
    assert found == [public_jwk("key-2")] * 5
    assert len(fetches) == 2


# ---- retries


def test_mailguns_retry_with_the_first_signature_is_accepted_for_eight_hours(site: SenderSite) -> None:
    """If its token was never accepted; if it was, 200, which ends the retries."""
    signed = signers.mailgun(body=MAILGUN_EVENT)
    late = signers.mailgun(body=MAILGUN_EVENT.replace(b"m-1", b"m-2"), token="8" * 50)
    assert site.deliver(signed, "email").status_code == 201
    advance(site, 7 * HOUR)
    again = site.deliver(signed, "email")
    assert (again.status_code, again.json()["counts"]["duplicate"]) == (200, 1)
    assert site.deliver(late, "email").status_code == 201
    advance(site, HOUR + timedelta(seconds=1))
    assert site.deliver(late, "email").status_code == 401
    assert (len(site.events()), site.difference()) == (2, 0)


def test_a_token_of_mailgun_that_was_accepted_serves_no_other_body_for_eight_hours(site: SenderSite) -> None:
    """Here and at another instance, whose memory is empty."""
    assert site.deliver(signers.mailgun(body=MAILGUN_EVENT), "email").status_code == 201
    advance(site, 7 * HOUR)
    forged = signers.mailgun(body=MAILGUN_EVENT.replace(b"m-1", b"m-2"))
    other = bootstrap.Brain(site.brain.settings, site.brain.clock, site.secrets, site.brain.store)
    for instance in (site.brain, other):
        with pytest.raises(Exception, match="another request with this id"):
            instance.verify_sender.check("acme", "email", forged)


def test_mailguns_signature_from_the_future_is_refused(site: SenderSite) -> None:
    """Only the age may be long."""
    early = signers.mailgun(body=MAILGUN_EVENT, signed_at=NOW + HOUR)
    assert site.deliver(early, "email").status_code == 401


def test_a_resend_of_an_older_running_total_changes_nothing(site: SenderSite) -> None:
    """All of it is stored; what has arrived since is newer."""
    row = {"ad_id": "1", "date_start": "2026-11-21", "date_stop": "2026-11-21"}
    first = signers.standard(SECRET, encode([row | {"impressions": "100"}]), message_id="a")
    later = signers.standard(SECRET, encode([row | {"impressions": "150"}]), message_id="b")
    assert site.deliver(first, "ads_meta").status_code == 201
    advance(site, timedelta(minutes=1))
    assert site.deliver(later, "ads_meta").json()["counts"]["revised"] == 1
    assert site.deliver(first, "ads_meta").json()["counts"]["duplicate"] == 1
    assert [event["impressions"] for event in site.events()] == [150]


def test_sendgrids_body_with_carriage_returns_is_verified_as_it_is_and_its_resend_is_a_duplicate(
    site: SenderSite,
) -> None:
    """sendgrid/sendgrid-nodejs#1321: parsers that trim the body break the signature."""
    signed = signers.sendgrid(body=OPENED + b"\r\n")
    assert [site.deliver(signed, "email").status_code for _ in range(3)] == [201, 200, 200]
    assert site.deliver(replace(signed, body=OPENED), "email").status_code == 401


# ---- signatures

DEAL = encode([{
    "eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": int(NOW.timestamp() * 1000) - 60_000,
    "subscriptionType": "deal.propertyChange", "attemptNumber": 0, "objectId": 4, "propertyName": "dealstage",
    "propertyValue": "closedwon", "changeSource": "CRM",
}])  # fmt: skip


@pytest.mark.parametrize("sign", [signers.hubspot, signers.hubspot_workflow])
@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("https://brain.example/ingest/v1/clients/acme/events/crm_hubspot", {}),
        ("https://brain.example/ingest/v1/clients/acme/events/crm_hubspot/", {}),
        ("https://hooks.example/ingest/v1/clients/acme/events/crm_hubspot", {"x-forwarded-host": "hooks.example, cdn"}),
        ("https://brain.example/ingest/v1/clients/acme/events/crm_hubspot", {"host": "brain.example:443"}),
        ("https://brain.example/ingest/v1/clients/acme/events/crm_hubspot", {"x-forwarded-proto": "http"}),
    ],
    ids=["as it is", "slash", "forwarded hosts", "port", "scheme"],
)
def test_hubspots_signatures_are_valid_behind_proxies(
    site: SenderSite, sign: Any, url: str, headers: dict[str, str]
) -> None:
    """HubSpot/hubspot-api-python#263: the URL that was called is not the one that arrives."""
    signed = sign(SECRET, DEAL, NOW, url)
    answer = site.deliver(replace(signed, headers={**signed.headers, **headers}), "crm_hubspot")
    assert answer.status_code == 201, answer.text


def test_a_query_with_escapes_is_signed_by_hubspot_unescaped(site: SenderSite) -> None:
    """And accepted in both forms."""
    plain = site.url("crm_hubspot", "?email=a@b")
    for url in (plain, plain.replace("@", "%40")):
        signed = signers.hubspot(SECRET, DEAL, NOW, url)
        assert site.deliver(signed, "crm_hubspot", query="?email=a%40b").status_code in (200, 201)


@pytest.mark.parametrize(
    "forge",
    [
        lambda signed: replace(signed, body=signed.body + b" "),
        lambda signed: replace(signed, headers={**signed.headers, "x-hubspot-signature-version": "v1"}),
        lambda signed: replace(signed, headers={**signed.headers, "x-hubspot-signature": "00" * 32}),
        lambda signed: replace(signed, headers={**signed.headers, "x-hubspot-signature-v3": "AAAA"}),
    ],
    ids=["body", "version", "signature", "another version"],
)
def test_a_forged_workflow_signature_is_401(site: SenderSite, forge: Any) -> None:
    """Whatever was changed."""
    signed = signers.hubspot_workflow(SECRET, DEAL, NOW, site.url("crm_hubspot"))
    assert site.deliver(forge(signed), "crm_hubspot").status_code == 401
    assert site.dead_letters() == []


def test_a_workflow_signature_cannot_be_extended(site: SenderSite) -> None:
    """A plain hash can be continued by who has seen it: after its padding, another line would be read as an event."""
    url = site.url("crm_hubspot")
    length = len(SECRET) + len("POST") + len(url) + len(DEAL)
    padding = b"\x80" + b"\x00" * ((55 - length) % 64) + struct.pack(">Q", 8 * length)
    extended = DEAL + padding + b"\n" + DEAL
    signed = signers.hubspot_workflow(SECRET, extended, NOW, url)
    assert site.deliver(signed, "crm_hubspot").status_code == 401


MANDRILL_EVENT = {
    "event": "open", "ts": int(NOW.timestamp()) - 60, "_id": "aa1", "msg": {"_id": "aa1", "email": "ines@example.org"},
}  # fmt: skip


@pytest.mark.parametrize("query", ["", "?campaign=autumn%202026"])
def test_mandrill_signs_the_url_and_the_fields(site: SenderSite, query: str) -> None:
    """The URL as it was entered, its query included; a resend is a duplicate."""
    body = httpx.QueryParams({"mandrill_events": json.dumps([MANDRILL_EVENT])})
    signed = signers.mandrill(SECRET, str(body).encode(), NOW, site.url("email", query))
    assert [site.deliver(signed, "email", query=query).status_code for _ in range(2)] == [201, 200]
    assert site.deliver(signed, "email", query="?campaign=other").status_code == 401
    assert site.deliver(replace(signed, body=signed.body + b"&a=1"), "email", query=query).status_code == 401


def test_mailchimp_is_known_by_the_secret_in_its_url(site: SenderSite) -> None:
    """It signs nothing; the URL is probed with GET before it is saved."""
    fields = {
        "type": "unsubscribe", "fired_at": "2026-11-22 11:00:00", "data[email]": "ines@example.org",
        "data[list_id]": "a6b5da1054", "data[id]": "8a25ff1d98",
    }  # fmt: skip
    url, headers = "/ingest/v1/clients/acme/events/email", {"Content-Type": FORM}
    assert site.http.get(url, params={"secret": SECRET}).status_code == 200

    def send(secret: str) -> int:
        return int(site.http.post(url, params={"secret": secret}, data=fields, headers=headers).status_code)

    assert [send(SECRET), send(SECRET), send(OTHER), send("")] == [201, 200, 401, 401]
    assert [event["unsubscribes"] for event in site.events()] == [1]
