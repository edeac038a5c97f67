"""A person is erased from everything of one client, under every key, and the receipt does not name them."""

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.feeds.feed_cases import FeedCase, load_cases

from brain.bootstrap import Brain
from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway import erasure
from brain.domain.gateway.normalize import normalize
from brain.domain.privacy.person import ERASED
from brain.domain.privacy.pseudonyms import Pseudonymizer, list_pseudonyms
from brain.errors import BrainError, InvalidInputError, StoreUnavailableError
from brain.ports.document_store import DocumentStore, Version, Write
from brain.repositories import paths
from brain.repositories.gateway import erasures
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway.erase import Erase
from brain.services.gateway.reconcile import Reconcile
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    MutableSecrets,
    build_memory_brain,
    build_post_payload,
    build_request,
    send_request,
)

ADA = "ada.lind@example.org"
CLICK = {"email": ADA, "timestamp": 1795330000, "event": "click", "sg_event_id": "x1", "ip": "203.0.113.77"}


def erase(brain: Brain, subject: str = ADA, store: Any = None, **options: Any) -> dict[str, Any]:
    """Erase as the command does."""
    service = Erase(store or brain.store, brain.sealer, brain.identity_key_source, brain.clock)
    return service(CLIENT, subject, "erase-1", **options)


def everything(brain: Brain) -> str:
    """All that the store has of the client, dead letters opened, but the receipts."""
    documents = {document.path: document.data for document in erasures.iterate_documents(brain.store, CLIENT)}
    for letter in DeadLetters(brain.store).of_client(CLIENT):
        documents[letter.path] = letter.data | {"sealed": brain.sealer.open(letter.data["sealed"]).decode()}
    documents |= {document.path: document.data for document in brain.store.query(paths.COUNTERS)}
    return json.dumps(documents, default=str, ensure_ascii=False).lower()


def traces(brain: Brain, subject: str = ADA) -> list[str]:
    """What is still there of a person."""
    stored_json = everything(brain)
    return [
        identifier
        for identifier in (*list_pseudonyms(subject, CLIENT, brain.identity_key_source()), subject.lower())
        if identifier in stored_json
    ]


def world() -> Brain:
    """Ada is in events of two keys, a revision, dead letters, a score, a recommendation and an answer to it."""
    vault, clock = MutableSecrets(), ManualClock(NOW)
    brain = build_memory_brain(clock, vault)
    send_request(brain, [CLICK, CLICK | {"email": "bo@example.org", "sg_event_id": "x2"}], "email")
    total = {"content_id": "p1", "cumulative": True, "creator": ADA, "occurred_at": "2026-11-22T06:30:00Z"}
    send_request(brain, total | {"likes": 1, "event_id": "t1"})
    vault.texts["BRAIN_HASH_SALT"] = "2:the second salt of a test\n1:" + vault.texts["BRAIN_HASH_SALT"]
    clock.advance(timedelta(minutes=1))
    send_request(brain, [CLICK | {"sg_event_id": "x3"}], "email")
    send_request(brain, total | {"likes": 2, "event_id": "t1"})
    send_request(brain, [{"what": f"from {ADA}"}, {"what": "from nobody"}])
    send_request(brain, f'{{"half": "{ADA}"'.encode())
    send_request(brain, b'{"half": "nobody"')
    new = list_pseudonyms(ADA, CLIENT, brain.identity_key_source())[0]
    brain.store.set(f"{paths.client(CLIENT)}/scores/e1", {"overall": 5.0, "inputs": {"creator": new}})
    brain.store.set(f"{paths.client(CLIENT)}/recommendations/r1", {"shown": [{"text": f"thank {new}", "p": 0.25}]})
    answer = {"user_id": ADA, "status": "dismissed", "reason": "I know better"}
    brain.store.set(f"{paths.client(CLIENT)}/feedback/r1", answer)
    return brain


def test_nothing_of_the_person_stays_and_counts_do() -> None:
    """Under both keys, in the payload, in revisions, in what was kept aside; the click is still a click."""
    brain = world()
    assert traces(brain)
    before = Reconcile(brain.store)(CLIENT)
    receipt = erase(brain)
    assert traces(brain) == []
    clicks = [event.data for event in brain.store.query(paths.events(CLIENT)) if event.data.get("clicks")]
    assert len(clicks) == 3
    assert sum(ERASED in event["raw_data"] for event in clicks) == 2
    assert not re.search(r"v\d_", "".join(event["raw_data"] for event in clicks if ERASED in event["raw_data"]))
    assert receipt["erased"] == {
        "events": 3, "revisions": 2, "scores": 1, "recommendations": 1, "feedback": 1,
        "purged_dead_letters": 1, "reduced_dead_letters": 1,
    }  # fmt: skip
    answer = brain.store.get(f"{paths.client(CLIENT)}/feedback/r1")
    assert answer is not None
    assert answer.data == {"user_id": ERASED, "status": "dismissed", "reason": ERASED}
    after = Reconcile(brain.store)(CLIENT)
    assert {n: after[n] for n in ("stored", "sent", "difference")} == {
        n: before[n] for n in ("stored", "sent", "difference")
    }


def test_the_receipt_names_nobody_and_is_the_same_the_second_time() -> None:
    """Twice is once: not a document changes."""
    brain = world()
    receipt = erase(brain)
    assert ADA not in json.dumps(receipt, default=str)
    stored = brain.store.query(paths.ERASURES)
    assert len(stored) == 1
    assert not re.search(r"v\d+_|ada|lind", json.dumps(stored[0].data, default=str))
    brain.clock.advance(timedelta(days=1))
    counting = FaultyStore(brain.store)
    assert erase(brain, f" {ADA.upper()}", counting) == receipt
    assert counting.writes == 0


def test_a_dry_run_counts_and_changes_nothing() -> None:
    """Its counts are those of the receipt that follows."""
    brain = world()
    counting = FaultyStore(brain.store)
    would = erase(brain, store=counting, dry_run=True)
    assert counting.writes == 0
    assert erase(brain)["erased"] == would["would_erase"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(FaultMode))
def test_an_erasure_stopped_at_any_call_is_finished_by_the_next_with_the_same_receipt(mode: FaultMode) -> None:
    """Each commit counts what it erases, so the counts are exact whatever broke."""
    expected = erase(world())
    brain = world()
    counting = FaultyStore(brain.store)
    erase(brain, store=counting)
    for k in range(1, counting.calls.total() + 1):
        brain = world()
        with contextlib.suppress(BrainError, ProcessKilled):
            erase(brain, store=FaultyStore(brain.store, fail_at=k, mode=mode))
        assert erase(brain) == expected, f"{mode} at call {k}"
        assert traces(brain) == []


def test_what_stays_of_a_dead_letter_is_replayed_under_the_same_ids() -> None:
    """The others of a batch are not lost with the person, and what was stored already is not stored again."""
    brain = build_memory_brain()
    event = build_post_payload(1)
    send_request(brain, [event, {"what": f"from {ADA}"}, build_post_payload(2, likes=-1), {"what": "from nobody"}])
    erase(brain)
    (letter,) = DeadLetters(brain.store).list(brain.clock.now())
    assert json.loads(brain.sealer.open(letter.sealed)) == [
        event,
        build_post_payload(2, likes=-1),
        {"what": "from nobody"},
    ]
    assert asyncio.run(brain.replay(letter)).count_outcomes()["duplicate"] == 1
    assert brain.store.count(paths.events(CLIENT)) == 1


@pytest.mark.parametrize(
    ("body", "content_type", "left"),
    [
        (b'{"a": "bo"}\n{"a": "ada.lind@example.org"}\n', "application/x-ndjson", b'{"a": "bo"}\n'),
        (b'{"a": 1}\n\n{"a": "bo"}', "application/x-ndjson", b'{"a": 1}\n\n{"a": "bo"}'),
        (b'{"half\n{"half ada.lind@example.org\n{"x": 1}', "application/x-ndjson", b'{"half\n{"x": 1}'),
        (b"what=mail+ada.lind%40example.org", "application/x-www-form-urlencoded", None),
        (b"what=mail+bo%40example.org", "application/x-www-form-urlencoded", b"what=mail+bo%40example.org"),
        (b'{"p": 1, "r": [{"a": "ada.lind@example.org"}, {"a": 2}]}', "text/json", b'{"p": 1, "r": [{"a": 2}]}'),
        (b'{"page": "ada.lind@example.org", "rows": [{"a": "bo"}]}', "application/json", None),
        (b'["ada.lind@example.org"]', "application/json", None),
        (b'"ada.lind@example.org"', "application/json", None),
        (b'{"u": "https://x.example/?m=ada.lind%40example.org"}', "application/json", None),
    ],
)  # fmt: skip
def test_items_of_a_request_that_name_the_person_go_and_the_others_stay(
    body: bytes, content_type: str, left: bytes | None
) -> None:
    """Lines, forms, pages, single values; None is a letter that is gone."""
    brain = build_memory_brain()
    request = build_request(body, content_type=content_type)
    failed = [next(iter(send_request(brain, {"nobody": "knows"}).items))]
    letter_id = asyncio.run(brain.ingest.store_dead_letter(request, "read", failed, FeedContext(CLIENT, NOW)))
    erase(brain)
    stored_letter = DeadLetters(brain.store).get(letter_id, brain.clock.now())
    assert (brain.sealer.open(stored_letter.sealed) if stored_letter else None) == left


def test_the_same_request_sent_again_after_the_erasure_is_new_data_and_kept_whole() -> None:
    """Nothing that a sender sends is lost because its letter was made smaller before."""
    brain = build_memory_brain()
    body = [{"what": f"from {ADA}"}, {"what": "from nobody"}]
    letter_id = send_request(brain, body).items[0].dead_letter_id
    erase(brain)
    send_request(brain, body)
    letter = brain.replay.find(str(letter_id))
    assert json.loads(brain.sealer.open(letter.sealed)) == body
    assert erase(brain)["erased"]["reduced_dead_letters"] == 2
    assert traces(brain) == []


def test_an_old_payload_sent_again_does_not_bring_the_person_back() -> None:
    """It is a duplicate of the event that has forgotten them."""
    brain = world()
    erase(brain)
    assert send_request(brain, [CLICK], "email").count_outcomes()["duplicate"] == 1
    assert traces(brain) == []


def test_what_others_write_meanwhile_is_kept_and_the_person_goes_all_the_same() -> None:
    """A document that changed since it was read is read again."""
    brain = world()

    class Contended:
        """A store in which somebody else is quicker at the first commit."""

        def __init__(self, inner: DocumentStore) -> None:
            self._inner = inner
            self.left = 1

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def commit(self, writes: list[Write]) -> list[Version]:
            if self.left:
                self.left -= 1
                for event in self._inner.query(paths.events(CLIENT)):
                    self._inner.update(event.path, {"likes": self.left})
            return self._inner.commit(writes)

    expected = erase(world())["erased"]
    assert erase(brain, store=Contended(brain.store))["erased"] == expected
    assert traces(brain) == []
    brain = world()
    stubborn = Contended(brain.store)
    stubborn.left = 100
    with pytest.raises(StoreUnavailableError, match="run the same command again"):
        erase(brain, store=stubborn)


def test_many_documents_are_erased_from_in_commits_that_a_store_takes() -> None:
    """Two commits for more than a hundred changes, and letters whose reader fails are looked through as text."""
    brain = build_memory_brain()
    send_request(brain, [CLICK | {"sg_event_id": f"n{n}"} for n in range(120)], "email")
    assert erase(brain)["erased"] == {"events": 120}
    assert traces(brain) == []


def test_a_letter_whose_reader_fails_is_looked_through_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be a dead letter for that very reason."""

    def broken(*_: Any) -> Any:
        raise KeyError("a fault of our reader")

    brain = build_memory_brain()
    send_request(brain, [{"what": f"from {ADA}"}, {"what": "from nobody"}])
    monkeypatch.setattr(erasure, "normalize", broken)
    assert erase(brain)["erased"] == {"reduced_dead_letters": 1}


def test_what_is_taken_away_by_others_meanwhile_needs_no_erasing() -> None:
    """A letter that was replayed or purged while the erasure was on its way."""
    brain = build_memory_brain()
    send_request(brain, [{"what": f"from {ADA}"}])

    class Purged:
        """A store whose letters go before the first commit."""

        def __init__(self, inner: DocumentStore) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def commit(self, writes: list[Write]) -> list[Version]:
            for letter in self._inner.query(paths.DEAD_LETTERS):
                self._inner.delete(letter.path)
            return self._inner.commit(writes)

    assert erase(brain, store=Purged(brain.store))["erased"] == {}


@pytest.mark.parametrize("subject", ["", "  ", "x" * 321])
def test_nobody_is_no_person(subject: str) -> None:
    """The message does not repeat what was typed."""
    with pytest.raises(InvalidInputError, match="subject must have"):
        erase(build_memory_brain(), subject)


def people_of(case: FeedCase, brain: Brain) -> set[str]:
    """Return those whom a fixture names, as they stand in it: addresses, numbers, names and ids."""
    context = FeedContext(CLIENT, brain.clock.now(), backfill=True)
    people: set[str] = set()
    for draft in normalize(case.source, case.payload, context):
        if isinstance(draft, Draft):
            pseudonyms = Pseudonymizer(CLIENT, brain.identity_key_source(), draft.personal)
            pseudonyms.scrub_payload(draft.raw)
            people |= set(pseudonyms.pseudonyms)
    return {person for person in people if any(text.lower() in person.lower() for text in case.people)}


@pytest.mark.parametrize("source", sorted({case.source for case in load_cases() if case.people}))
def test_the_people_of_every_feed_can_be_erased(source: str) -> None:
    """Whoever a fixture names is found by what it has of them, and then is nowhere."""
    brain = build_memory_brain()
    cases = [case for case in load_cases() if case.source == source]
    for case in cases:
        send_request(brain, case.payload, source, backfill=True)
    people = set[str]().union(*(people_of(case, brain) for case in cases))
    assert [
        person
        for person in people
        if list_pseudonyms(person, CLIENT, brain.identity_key_source())[0] in everything(brain)
    ]
    for person in people:
        erase(brain, person)
    stored_json = everything(brain)
    assert [
        person for person in people if list_pseudonyms(person, CLIENT, brain.identity_key_source())[0] in stored_json
    ] == []


def test_every_collection_of_a_client_is_searched() -> None:
    """A new one below a client is added to the list, or people would stay in it."""
    text = Path(paths.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r"clients/\{client_id\}/(\w+)", text)) == set(erasures.CLIENT_COLLECTIONS)


@pytest.mark.slow
def test_the_command_prints_the_receipt(tmp_path: Path) -> None:
    """From standard input, so that nobody is in a shell's history."""
    environment = {**os.environ, "BRAIN_STORE": f"sqlite:///{tmp_path / 'b.db'}"}
    command = [str(Path(sys.executable).with_name("brain")), "erase", "--client", CLIENT, "--subject", "-"]

    def run(*options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, *options], input=f"{ADA}\n", capture_output=True, text=True, env=environment, check=False
        )

    unknown = run("--json")
    assert (unknown.returncode, "does not exist" in unknown.stderr) == (2, True)
    subprocess.run([command[0], "clients", "set", "--client", CLIENT], env=environment, check=True)
    first, second = run("--json"), run("--json")
    assert json.loads(first.stdout)["erased"] == {}
    assert first.stdout == second.stdout
    assert json.loads(run("--json", "--dry-run").stdout)["would_erase"] == {}
    assert "nothing" in run().stdout
    assert run("--client", "a/b").returncode == 2
    assert ADA not in first.stdout + first.stderr


def test_a_document_from_which_another_erasure_took_the_person_is_left_as_it_is() -> None:
    """Two operators run the same command at once."""
    brain = world()

    class Overtaken:
        """A store in which the other erasure is done before the first commit."""

        def __init__(self, inner: DocumentStore) -> None:
            self._inner = inner
            self.is_first = True

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def commit(self, writes: list[Write]) -> list[Version]:
            if self.is_first:
                self.is_first = False
                erase(brain)
            return self._inner.commit(writes)

    expected = erase(world())["erased"]
    assert erase(brain, store=Overtaken(brain.store))["erased"] == expected
    assert traces(brain) == []
