"""Probes of dead letters, rate limits, feature flags, senders and field maps: the gateway on a store in memory."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache, partial
from typing import Any
from unittest.mock import patch

import anyio
from starlette.requests import Request
from typer.testing import CliRunner
from unit.settings.settings_file import SettingsFile
from unit.signatures import signers
from unit.signatures.identity_tokens import AUDIENCE, google_claims, public_jwk, sign_token

from brain.bootstrap import Brain
from brain.cli.app import app
from brain.domain.clients.client import Client
from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FeedsConfig
from brain.domain.feeds.meta_actions import LEAD_TYPES, PURCHASE_TYPES
from brain.domain.gateway.dead_letters import RetryPolicy
from brain.domain.jobs.features import FeatureFlags
from brain.domain.jobs.steps import JOBS, RETRY_DEAD_LETTERS
from brain.domain.privacy.spellings import PrivacyConfig
from brain.domain.rates.config import LimitsConfig
from brain.domain.senders.signatures.sender_secrets import build_secret_name
from brain.domain.senders.signatures.senders_config import SendersConfig
from brain.domain.senders.signatures.signed_request import SignedRequest
from brain.entrypoints.gateway.addresses import find_remote_address
from brain.entrypoints.gateway.openapi_ingest import build_document
from brain.entrypoints.gateway.request_bodies import RequestBody
from brain.entrypoints.gateway.signed_senders import SignedSenders
from brain.errors import BrainError, PayloadTooLargeError, RateLimitedError
from brain.ports.task_queue import Task
from brain.repositories.clients import Clients
from brain.repositories.gateway import ingest_counters
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway import read_request
from brain.services.gateway.verify_sender import VerifySender
from brain.services.jobs.perform import InProcessQueue
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    BrokenReader,
    MutableSecrets,
    build_memory_brain,
    build_post_payload,
    build_request,
)

# ---- brain_dead_letters: how long a letter waits before each of its retries


def probe_retries() -> object:
    """Send a request that the Brain cannot read for a while, and perform each retry when it is due."""
    clock = ManualClock(NOW)
    with _broken_reader():
        brain = _open_brain(clock)
        asyncio.run(
            brain.ingest(build_request([build_post_payload(1)]), FeedContext(CLIENT, NOW, correlation_id="corr"))
        )
        waits = []
        while next_try_at := DeadLetters(brain.store).list(NOW, CLIENT)[0].next_try_at:
            waits.append(next_try_at - clock.now())
            clock.time = next_try_at
            brain.perform(Task(RETRY_DEAD_LETTERS, CLIENT, next_try_at, next_try_at))
    return waits


@contextlib.contextmanager
def _broken_reader() -> Iterator[None]:
    with patch.object(read_request, "normalize", BrokenReader(read_request.normalize)):
        yield


def _open_brain(clock: ManualClock, vault: MutableSecrets | None = None) -> Brain:
    brain = build_memory_brain(clock, vault)
    brain.log = lambda *_, **__: None
    return brain


# ---- brain_limits: how many events and requests pass within a minute


def probe_limits() -> object:
    """Send events and requests until they are refused, and read the published contract."""
    return asyncio.run(_exhaust_limits()), build_document()["x-limits"], _find_address()


def _find_address() -> str:
    """Return whose budget is used by a request that came through three proxies."""
    forwarded = b"192.0.2.1, 192.0.2.2, 192.0.2.3"
    scope = {"type": "http", "headers": [(b"x-forwarded-for", forwarded)], "client": ("192.0.2.4", 1)}
    return find_remote_address(Request(scope), build_memory_brain().limits.trusted_hops)


async def _exhaust_limits() -> list[int]:
    limits = build_memory_brain().limits
    of_client = await _count_passing(lambda _: limits.take_events("acme", 50))
    in_all = await _count_passing(lambda number: limits.take_events(f"client-{number}", 100))
    requests = await _count_passing(lambda _: limits.take_request("192.0.2.7"))
    return [of_client, in_all, requests]


async def _count_passing(take: Any) -> int:
    for number in range(20_000):
        try:
            await take(number)
        except (RateLimitedError, PayloadTooLargeError):
            return number
    raise AssertionError("no limit")


# ---- brain_features: which clients' tasks a dispatch enqueues


def probe_dispatch() -> object:
    """Dispatch every job of the table, with clients that sent events, own a shop and have a dead letter."""
    brain = _open_brain(ManualClock(NOW))
    with _broken_reader():
        asyncio.run(
            brain.ingest(build_request([build_post_payload(1)]), FeedContext(CLIENT, NOW, correlation_id="corr"))
        )
    for client_id in ("acme", "baker", "cafe", "dealer"):
        Clients(brain.store).put(Client(client_id, client_id.title(), stores=("north",)))
        for mark in ingest_counters.build_activity_marks(client_id, NOW):
            brain.store.set(mark.path, mark.data, merge=True)
    queue = InProcessQueue(brain.perform)
    at = NOW.replace(minute=0) + timedelta(hours=1)
    answers = [brain.dispatch(queue)(job, at) for job, row in JOBS.items() if row.enqueued_with is None]
    return answers, sorted(queue.tasks, key=str)


# ---- brain_senders: which provider may sign for which feed, and how

GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"
SALESFORCE_KEYS = "https://mydomain.my.salesforce.com/id/keys"
PATH = "/v1/clients/acme/events/custom"
PROVIDERS = (
    "hubspot", "sendgrid", "mailgun", "postmark", "sparkpost", "amazon_sns", "meta", "x", "linkedin", "salesforce",
    "google", "standard_webhooks", "mandrill", "mailchimp",
)  # fmt: skip


class PublishedKeys:
    """The key sets of the two issuers."""

    def find_key(self, keys_url: str, key_id: str) -> Any:
        """Return the key of an issuer's address, None for any other address."""
        return public_jwk(key_id) if keys_url in (GOOGLE_KEYS, SALESFORCE_KEYS) else None

    def is_cached(self, _keys_url: str, _key_id: str) -> bool:
        """Answer without an issuer."""
        return True


class SenderVault(MutableSecrets):
    """A secret of its own for each provider, of each kind that a scheme may need."""

    def __init__(self, provider: str) -> None:
        super().__init__()
        account = {"audience": AUDIENCE, "email": google_claims(signers.NOW)["email"]}
        salesforce = {"audience": AUDIENCE, "issuer": "https://salesforce.example", "subject": "a subject"}
        texts = {
            "sendgrid": signers.SENDGRID_KEYS.public,
            "postmark": signers.USER,
            "sparkpost": signers.USER,
            "amazon_sns": signers.USER,
            "google": json.dumps(account),
            "salesforce": json.dumps(salesforce | {"keys_url": SALESFORCE_KEYS}),
        }
        for name in (provider, f"{provider}x"):
            self.texts[build_secret_name(CLIENT, name)] = texts.get(provider, signers.SECRET)

    def read(self, name: str) -> str:
        """Return the secret of the provider; no other provider has any."""
        return self.texts.get(name, "")


@cache
def _sign_requests() -> dict[str, list[SignedRequest]]:
    """Return requests that each provider signed, at several distances from now."""
    times = [signers.NOW + timedelta(seconds=seconds) for seconds in (0, 200, -200, 299, 400, -400, 2900, -28_700)]
    requests: dict[str, list[SignedRequest]] = {
        "hubspot": [signers.hubspot(signed_at=at) for at in times],
        "sendgrid": [signers.sendgrid(signed_at=at) for at in times],
        "mailgun": [signers.mailgun(signed_at=at) for at in times],
        "standard_webhooks": [signers.standard(signed_at=at, message_id=f"msg_{at}") for at in times],
        "meta": [signers.meta()],
        "x": [signers.x_posts()],
        "linkedin": [signers.linkedin()],
        "mandrill": [signers.mandrill()],
        "mailchimp": [signers.mailchimp()],
    }
    requests |= {name: [signers.basic()] for name in ("postmark", "sparkpost", "amazon_sns")}
    tokens = {
        "google": [
            google_claims(signers.NOW, iss=iss) for iss in ("https://accounts.google.com", "accounts.google.com")
        ],
        "salesforce": [google_claims(signers.NOW, iss="https://salesforce.example", sub="a subject")],
    }
    for name, claims in tokens.items():
        bearers = [f"Bearer {sign_token(claim)}" for claim in claims]
        requests[name] = [SignedRequest("POST", (AUDIENCE,), {"authorization": text}, b"{}") for text in bearers]
    return requests


def probe_signatures(provider: str) -> object:
    """Verify one provider's requests as if they had come for each of the feeds."""
    verify = _open_brain(ManualClock(signers.NOW), SenderVault(provider)).verify_sender
    verify.keys = PublishedKeys()
    return [_verify(verify, request, source) for source in FeedType for request in _sign_requests()[provider]]


def _verify(verify: VerifySender, request: SignedRequest, source: FeedType) -> str:
    try:
        return verify.check(CLIENT, source, request).provider
    except BrainError as error:
        return error.code


def probe_addresses() -> object:
    """Admit requests that were signed for an address of which a front end removed the beginning."""
    brain = _open_brain(ManualClock(signers.NOW), SenderVault("hubspot"))
    senders = SignedSenders(brain.verify_sender, brain.limits, anyio.CapacityLimiter(1))
    return [asyncio.run(_admit(senders, prefix)) for prefix in ("", "/ingest", "/other")]


async def _admit(senders: SignedSenders, prefix: str) -> str:
    signed = signers.hubspot(url=f"https://brain.example{prefix}{PATH}")
    headers = signed.headers | {"host": "brain.example"}
    scope = {
        "type": "http", "method": "POST", "scheme": "https", "path": PATH, "query_string": b"",
        "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
    }  # fmt: skip

    async def read_body(_limit: int | None) -> RequestBody:
        return RequestBody(signed.body, "application/json")

    try:
        admitted = await senders.admit(Request(scope), CLIENT, "crm_hubspot", "192.0.2.7", read_body)
    except BrainError as error:
        return error.code
    return admitted[1].provider


def probe_senders_command() -> object:
    """Print every provider's secrets and the commands that set them."""
    providers = load_config("brain_senders", SendersConfig).providers
    pages = [run_command("senders", "--client", CLIENT, "--provider", provider) for provider in providers]
    return [run_command("senders", "--client", CLIENT, "--json"), *pages, build_document()["components"]]


# ---- feeds: what becomes of the rows of an export

ROWS = {
    "daily_ads": (
        "date,campaign_id,ad_id,platform,impressions,clicks,conversions,spend,revenue,currency",
        "2026-11-20,c1,a1,facebook,1000,20,2,12.5,99,EUR",
        "2026-11-20,c1,a2,facebook,1000,20,2,12.5,99,EUR",
        "2026-11-20,c2,a1,instagram,500,10,1,5.5,44,USD",
        "2026-11-21,c2,a1,facebook,,30,,3.5,33,EUR",
    ),
    "facebook_page_posts": (
        "Month;Weekday;Hour;T_Impression;T_Reach;T_Interactions;like;comment;share;Consumption;Type",
        "5;1;3;9000;5000;120;90;20;10;60;Photo",
        "5;7;23;900;500;12;9;2;1;6;Status",
        "6;2;1;90;50;13;8;3;2;7;Link",
        "6;2;1;91;51;14;9;3;2;7;Video",
    ),
    "facebook_live_posts": (
        "status_id,status_published,num_reactions,num_comments,num_shares,status_type",
        "s1,4/22/2018 6:00,50,6,7,video",
        "s2,11/2/2018 16:30,51,7,8,photo",
        "s3,11/2/2018 16:30,51,7,8,status",
        "s4,11/2/2018 16:30,51,7,8,link",
    ),
    "facebook_ads_snapshot": (
        "ad_id,Impressions,Clicks,Spent,Total_Conversion",
        "a1,1000,10,20.5,3",
        "a2,1001,11,21.5,4",
    ),
    "every_key": (
        "year|month|day|hour|id|likes|hearts|cost|income|kind|writer|chef|place",
        "2026|11|20|5|p1|3|4|2500000|70|Foto|Ada|Bo|facebook",
        "2026|11|20|5|p1|3|4|2500000|70|Foto|Ada|Bo|",
        "2026|11|21|6|p2|3|4|1000000|80||Ada|Bo|email",
    ),
    "zoned": ("at,likes,fetch", "2026-11-20 10:00:00,3,1", "2026-11-20 10:00:00Z,3,2"),
}  # fmt: skip
EVERY_KEY = {
    "feed_type": "custom",
    "description": "a map with the keys that no other map has",
    "delimiter": "|",
    "time": {"year": "year", "month": "month", "day": "day", "hour": "hour"},
    "key": ["id"],
    "metrics": {"likes": ["likes", "hearts"], "spend": ["cost"], "revenue": ["income"]},
    "micros": ["spend"],
    "currency": "EUR",
    "content_id": "id",
    "content_type": "post",
    "content_type_column": "kind",
    "content_types": {"Foto": "photo"},
    "platform": "linkedin",
    "platform_column": "place",
    "creator_column": "writer",
    "personal": ["chef"],
}
ZONED = {
    "description": "a map without a key, some of whose times have no offset",
    "time": {"column": "at", "naive_is_utc": False},
    "cumulative": False,
    "metrics": {"likes": ["likes"]},
    "volatile": ["fetch"],
}

GA4 = {
    "description": "a map that names the property of reports",
    "time": {"column": "date"},
    "key": ["date"],
    "metrics": {"views": ["views"]},
    "property_id": "123",
}


def probe_rows(name: str) -> object:
    """Normalize the rows of an export by its map."""
    at = ("--received-at", "2026-11-22T00:00:00Z", "--backfill")
    return run_command("normalize", "warehouse", "-", "--map", name, *at, input="\n".join(ROWS[name]))


ALIASES = (*PURCHASE_TYPES, *LEAD_TYPES)


def probe_actions() -> object:
    """Normalize rows of Meta that list each of the aliases alone, in two attribution windows."""
    day = {"date_start": "2026-11-20", "date_stop": "2026-11-20", "impressions": 1}
    rows = [
        day | {"ad_id": number, "actions": [entry], "action_values": [entry]}
        for number, alias in enumerate(ALIASES)
        for entry in [{"action_type": alias, "value": number + 1, "7d_click": number + 100}]
    ]
    single = [day | {"ad_id": "a", "date": "2026-11-20", "action_type": alias, "value": 3} for alias in ALIASES]
    both = day | {"ad_id": "b", "actions": [{"action_type": alias, "value": len(alias)} for alias in ALIASES[::-1]]}
    at = ("--received-at", "2026-11-22T00:00:00Z")
    return run_command("normalize", "ads_meta", "-", *at, input=json.dumps([*rows, *single, both]))


def probe_property() -> object:
    """Normalize a GA4 report, which names no property, by a map that does."""
    report = {
        "dimensionHeaders": [{"name": "date"}],
        "metricHeaders": [{"name": "views"}],
        "rows": [{"dimensionValues": [{"value": "20261120"}], "metricValues": [{"value": "7"}]}],
    }
    at = ("--received-at", "2026-11-22T00:00:00Z")
    return run_command("normalize", "warehouse", "-", "--map", "ga4", *at, input=json.dumps(report))


def probe_map_list() -> object:
    """Ask for a map that does not exist, for which the error lists those there are."""
    return run_command("normalize", "warehouse", "-", "--map", "no-such-map", input="a\n1\n")


def run_command(*arguments: str, **options: Any) -> tuple[object, ...]:
    """Run ``brain`` with these arguments and return what it prints and its error."""
    with patch.dict("os.environ", {"BRAIN_STORE": "sqlite:///:memory:", "COLUMNS": "400"}):
        completed = CliRunner().invoke(app, list(arguments), **options)
    error = completed.exception
    if error and not isinstance(error, BrainError | SystemExit):
        raise error
    return completed.stdout, completed.stderr, str(error or "")


# ---- brain_privacy: which spellings get the same pseudonym


def probe_spellings() -> object:
    """Normalize an event with a national telephone number and a subaddress, for two clients."""
    event = {"event_id": "e1", "occurred_at": "2026-11-20T10:00:00Z", "likes": 1}
    event["raw_data"] = {"phones": ["070-174 06 35", "020 7946 0018"], "email": "ada+news@example.org"}
    at = ("--received-at", "2026-11-22T00:00:00Z")
    clients = [("--client", client_id) for client_id in ("local", "acme")]
    return [run_command("normalize", "custom", "-", *at, *client, input=json.dumps(event)) for client in clients]


FILES = (
    SettingsFile(
        "brain_privacy",
        PrivacyConfig,
        {"*": [probe_spellings]},
        values={
            "defaults.phone_regions": [["SE"], ["GB"]],
            "clients.0.phone_regions.0": ["GB"],
            "client_id": ["local"],
        },
        optional={"clients": [{"client_id": "acme", "phone_regions": ["SE"], "merge_subaddresses": True}]},
    ),
    SettingsFile("brain_dead_letters", RetryPolicy, {"*": [probe_retries]}),
    SettingsFile("brain_limits", LimitsConfig, {"*": [probe_limits]}),
    SettingsFile(
        "brain_features",
        FeatureFlags,
        {"*": [probe_dispatch]},
        optional={
            "brainHourlyScores.percentage": 50,
            "brainDailyAnalysis.clients": {"acme": False},
        },
    ),
    SettingsFile(
        "brain_senders",
        SendersConfig,
        {
            "path_prefixes*": [probe_addresses],
            "tolerance_seconds": [partial(probe_signatures, "hubspot")],
            "*.secret": [probe_senders_command],
            **{f"providers.{name}.*": [partial(probe_signatures, name)] for name in PROVIDERS},
            "*": [probe_senders_command],
        },
        values={"providers.standard_webhooks.sources": [["email"]], "keys_url": [SALESFORCE_KEYS]},
        single_valued={"providers.google.scheme": "no other scheme has issuers and a key set"},
    ),
    SettingsFile(
        "feeds",
        FeedsConfig,
        {
            "*.description": [probe_map_list],
            "meta_ads*": [probe_actions],
            "field_maps.ga4.*": [probe_property],
            **{f"field_maps.{name}.*": [partial(probe_rows, name)] for name in ROWS},
            "*": [probe_map_list],
        },
        values={
            "delimiter": [","],
            "week_starts": ["monday"],
            "format": ["%d/%m/%Y %H:%M"],
            "micros": ["revenue"],
        },
        single_valued={
            "field_maps.facebook_page_posts.cumulative": "rows without a key cannot be running totals",
            "field_maps.zoned.cumulative": "rows without a key cannot be running totals",
        },
        optional={"field_maps.every_key": EVERY_KEY, "field_maps.zoned": ZONED, "field_maps.ga4": GA4},
    ),
)
