"""What senders call their requests and events may name a person: neither stored nor logged, and still recognized."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from brain.adapters.sqlite.store import SqliteStore
from brain.bootstrap import Brain
from brain.domain.privacy.pseudonyms import list_pseudonyms
from brain.entrypoints.gateway.ingest import IngestHttp
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain

PEOPLE = [
    "ada.lind@example.org", "mailto:ada.lind@example.org", "0701740635", "070-174-06-35", "+46701740635",
    "0046701740635", "@ada_lind", "order-7:ada.lind@example.org", "202-555-0143",
]  # fmt: skip
NOT_PEOPLE = [
    "constant", "0f8fad5b-d9cb-469f-a165-70867728950e", "4bf92f3577b34da6a3ce929d0e0e4736", "order-2026-11-22",
    "1795330000", "1795330000123", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "req_1Kx-99", "10-20-30", "v1_2_3",
]  # fmt: skip
CLICK = {"email": "bo@example.org", "timestamp": 1795330000, "event": "click"}
EVENT = {"occurred_at": "2026-11-22T11:30:00Z", "likes": 1}


class Site:
    """An ingest address, its store and what it logs."""

    def __init__(self, brain: Brain) -> None:
        self.brain = brain
        self.lines: list[str] = []
        key, _ = brain.key_ring.create("acme")
        http = IngestHttp(brain.ingest, brain.authenticator, brain.limits, brain.clock, self.log)
        route = Route("/{path:path}", http.__call__, methods=["GET", "POST"])
        self.http = TestClient(Starlette(routes=[route]), raise_server_exceptions=False)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def log(self, event: str, *, error: BaseException | None = None, **fields: Any) -> None:
        """Remember a line as it is logged."""
        self.lines.append(f"{event} {error} {fields}")

    def send(self, body: Any, client: str = "acme", source: str = "custom", **headers: str) -> Any:
        """Send a body with further headers."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-"): text.encode() for name, text in headers.items()}
        address = f"/v1/clients/{client}/events/{source}"
        return self.http.post(address, content=content, headers={**self.headers, **names})

    def everything(self) -> str:
        """Every document and its path, but what is encrypted, and every line of the log."""
        store = self.brain.store
        assert isinstance(store, SqliteStore)
        rows = list(store._connection.execute("SELECT * FROM documents"))
        return f"{rows} {self.lines}"


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of its own for each test."""
    return Site(build_memory_brain(ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))))


@pytest.mark.parametrize("person", PEOPLE)
def test_a_person_in_an_id_is_neither_stored_nor_logged_and_duplicates_are_found(site: Site, person: str) -> None:
    """In every header and field that is an id, for what is stored, dead-lettered, refused and ignored."""
    ids = {"X_Correlation_Id": person, "Idempotency_Key": person}
    first = site.send(CLICK | {"sg_event_id": person, "correlation_id": person}, source="email", **ids)
    again = site.send(
        CLICK | {"sg_event_id": person, "correlation_id": person}, source="email", Idempotency_Key="other"
    )
    assert (first.json()["results"][0]["status"], again.json()["results"][0]["outcome"]) == (201, "duplicate")
    assert first.json()["results"][0]["event_id"] == again.json()["results"][0]["event_id"]
    answers = [
        first,
        again,
        site.send(EVENT | {"event_id": person, "correlation_id": person}, **ids),
        site.send(b"{", **ids),
        site.send({"event_id": person, "what": "x"}, **ids),
    ]
    answers.append(site.send(EVENT | {"event_id": person, "likes": 2}, **ids))
    answers.append(site.send(EVENT, client=person.replace("+", "%2B"), **ids))
    answers.append(site.send(EVENT, source=f"custom?map={person.replace('+', '%2B')}", **ids))
    text = site.everything()
    bare = person.removeprefix("mailto:").removeprefix("order-7:").removeprefix("@")
    assert [line for line in (bare, bare.replace("@", "%40")) if line in text] == []
    for answer in answers:
        assert bare not in answer.text + str(dict(answer.headers))


@pytest.mark.parametrize("name", NOT_PEOPLE)
def test_an_id_that_names_nobody_is_the_senders_own(site: Site, name: str) -> None:
    """It is in the answer, on the event and in the log as it was sent."""
    answer = site.send(EVENT | {"event_id": name}, X_Correlation_Id=name)
    assert answer.headers["x-correlation-id"] == answer.json()["correlation_id"] == name
    assert f'"correlation_id": "{name}"' in site.everything().replace('":"', '": "')


def test_a_person_in_a_payloads_own_ids_is_erased_by_their_pseudonym(site: Site) -> None:
    """The payload has the pseudonym that an erasure looks for."""
    site.send(CLICK | {"sg_event_id": "order-7:ada.lind@example.org"}, source="email")
    pseudonyms = list_pseudonyms("ada.lind@example.org", "acme", site.brain.identity_key_source())
    assert pseudonyms[0] in site.everything()
