"""What senders send in tests of ingest, how one that is told to try again does so, and what the store holds then."""

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
START = datetime(2026, 11, 22, 7, 59, 30, tzinfo=UTC)  # two minutes later it is another hour of the books
# What may honestly differ from a run without faults: when the server wrote, and how often a sender had to try.
OF_THE_SERVER = frozenset({"stored_at"})
OF_THE_CLOCK = frozenset({"received_at", "expires_at", "hour", "first_seen", "next_try_at"})
OF_THE_ATTEMPT = frozenset({"attempts", "last_seen", "sealed"})


@dataclass(frozen=True)
class SenderRequest:
    """One request of a sender, the same bytes however often it is sent."""

    name: str
    body: bytes
    source: str = "custom"
    content_type: str = "application/json"


@dataclass
class Sender:
    """Sends again whatever was not answered for good, as every serious sender does, and keeps its own books."""

    http: httpx.AsyncClient
    key: str
    address: str = "/ingest"
    tries: int = 40
    at_once: int = 500
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    told: Counter[int] = field(default_factory=Counter)

    async def deliver(self, requests: Iterable[SenderRequest]) -> None:
        """Send all, up to ``at_once`` at a time, and return when each has its final answer."""
        waiting = iter(requests)

        async def one_after_another() -> None:
            for request in waiting:
                await self._deliver(request)

        await asyncio.gather(*(one_after_another() for _ in range(self.at_once)))

    async def _deliver(self, request: SenderRequest) -> None:
        for _ in range(self.tries):
            answer = await self.send(request)
            if answer is not None and answer.status_code < 500:
                self.answers[request.name] = answer
                return
            await self.between()
        raise AssertionError(f"{request.name} was never answered for good: {answer and answer.text}")

    async def between(self) -> None:
        """Wait a moment before trying again."""
        await asyncio.sleep(0.01)

    async def send(self, request: SenderRequest) -> httpx.Response | None:
        """Send once; None when no answer came."""
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": request.content_type,
            "X-Correlation-Id": request.name,
        }
        url = f"{self.address}/v1/clients/{CLIENT}/events/{request.source}"
        try:
            answer = await self.http.post(url, content=request.body, headers=headers)
        except httpx.TransportError:
            self.told[0] += 1
            return None
        self.told[answer.status_code] += 1
        return answer

    def ends(self) -> Counter[str]:
        """How many items of the final answers came to each end."""
        return Counter(item["outcome"] for answer in self.answers.values() for item in answer.json()["results"])


def write_unlimited_config(folder: Path) -> Path:
    """Return a copy of the configuration in ``folder`` whose budgets no test reaches; BRAIN_CONFIG names it."""
    config = folder / "config"
    shutil.copytree(config_directory(), config)
    file = config / "brain_limits.yaml"
    file.write_text(yaml.safe_dump(dict.fromkeys(yaml.safe_load(file.read_text()), 10**9)))
    return config


def build_post_payload(number: int, before: datetime = START, **fields: Any) -> dict[str, Any]:
    """A canonical event that happened once."""
    at = (before - timedelta(hours=number % 500)).isoformat()
    given = {"event_id": f"post-{number}", "occurred_at": at, "platform": "linkedin", "likes": number % 97}
    return given | fields


def build_ad_payload(number: int, impressions: int, on: datetime = START) -> dict[str, Any]:
    """An ad's running total of a day, as Meta reports it."""
    return {
        "ad_id": str(number),
        "date_start": on.date().isoformat(),
        "date_stop": on.date().isoformat(),
        "impressions": str(impressions),
        "spend": "1.50",
    }


def encode_array(items: Sequence[Any]) -> bytes:
    """A JSON array."""
    return json.dumps(items).encode()


def simulate_phases(seed: int, at: datetime, *, posts: int = 120, ads: int = 20) -> list[list[SenderRequest]]:
    """Return many requests: new ones of every kind, then what was sent before in another order, and later totals.

    Each event is first sent in one request only, so that it does not matter which of two at once comes first.
    """
    rng = random.Random(seed)
    day = at - timedelta(days=1)
    events = [build_post_payload(n, day) for n in range(posts)]
    first, again = events.copy(), [*events, *rng.sample(events, posts // 4)]
    first += [build_post_payload(posts + n, day, likes=-1) for n in range(posts // 12)] + [
        {"nobody": n} for n in range(posts // 24)
    ]
    again += [event | {"comments": 5} for event in rng.sample(events, posts // 24)]
    rng.shuffle(first)
    rng.shuffle(again)
    totals = [build_ad_payload(n, 100 + n, day) for n in range(ads)]
    later = [build_ad_payload(n, rng.choice((100, 150)) + n, day) for n in range(ads)]
    return [
        [*_requests("new", first, rng), *_requests("totals", totals, rng, "ads_meta")],
        [*_requests("again", again, rng), *_requests("later", later, rng, "ads_meta")],
    ]


def _requests(name: str, items: Sequence[Any], rng: random.Random, source: str = "custom") -> Iterator[SenderRequest]:
    at = 0
    while at < len(items):
        size = rng.choice((1, 1, 2, 5, 12))
        yield SenderRequest(f"{name}-{at}", encode_array(items[at : at + size]), source)
        at += size


def build_mixed_phases() -> list[list[SenderRequest]]:
    """Requests of every kind: those of a phase are in flight together, and a phase begins when the last is answered."""
    bad, unknown = build_post_payload(900, likes=-1), b'{"nobody": "knows this"}'
    lines = b"\n".join(
        [encode_array([build_post_payload(20)]), b'{"half": ', unknown, encode_array([build_post_payload(21)])]
    )
    first = [
        SenderRequest(
            "new-twice-and-bad",
            encode_array(
                [build_post_payload(1), build_post_payload(2), bad, build_post_payload(3), build_post_payload(2)]
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
            encode_array(
                [build_ad_payload(1, 150), build_ad_payload(2, 200), build_ad_payload(3, 300), build_ad_payload(1, 140)]
            ),
            "ads_meta",
        ),
        SenderRequest("unreadable", b'[{"event_id": "post-5"'),
    ]
    return [first, second]


def read_ingest_documents(store: DocumentStore, sealer: Sealer | None = None) -> dict[str, dict[str, Any]]:
    """Return everything that ingest stored, by path, without what may honestly differ; dead letters are opened."""
    found = {one.path: _without(one.data, OF_THE_SERVER) for one in store.query(paths.events(CLIENT))}
    for path in [path for path, data in found.items() if data["cumulative"]]:
        revisions = store.query(f"{path}/revisions")
        found |= {one.path: _without(one.data, OF_THE_SERVER) for one in revisions}
    for entry in store.query(paths.COUNTERS, [Filter("client_id", "==", CLIENT)]):
        found[entry.path] = entry.data
    for letter in store.query(paths.DEAD_LETTERS):
        opened = {"opened": sealer.open(letter.data["sealed"])} if sealer else {}
        found[letter.path] = _without(letter.data, OF_THE_ATTEMPT) | opened
    return found


def remove_times(found: Mapping[str, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Return documents without all that a real clock decides: two runs of it are then the same documents."""
    kept: dict[Any, dict[str, Any]] = {}
    for path, data in found.items():
        key: Any = path
        if "/revisions/" in path:
            key = (path.partition("/revisions/")[0], data["revision"])
        elif path.startswith(paths.COUNTERS) and ":snd_" not in path:
            continue  # which hours and weeks there were
        kept[key] = _without(data, OF_THE_CLOCK)
    return kept


def _without(data: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
