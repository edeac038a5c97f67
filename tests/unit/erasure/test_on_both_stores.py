"""Erasing, retrying and reconciling do the same on SQLite and on Firestore."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.dead_letters import CLAIM_GRACE, CLAIM_TIME
from brain.domain.jobs.steps import RETRY_DEAD_LETTERS
from brain.domain.privacy.pseudonyms import list_pseudonyms
from brain.errors import LeaseHeldError, StoreUnavailableError
from brain.ports.document_store import DocumentStore
from brain.repositories import paths
from brain.repositories.gateway import erasures
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway import read_request
from brain.services.gateway.erase import Erase
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    BrokenReader,
    MutableSecrets,
    UnlimitedBudgets,
    build_post_payload,
    build_request,
)

ADA = "ada.lind@example.org"
CLICK = {"email": ADA, "timestamp": 1795330000, "event": "click"}


@pytest.fixture
def brain(store: DocumentStore, store_kind: str, request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Brain]:
    """A whole Brain on each store in turn."""
    project = request.getfixturevalue("project") if store_kind == "firestore" else ""
    where = f"firestore://{project}" if project else "sqlite:///:memory:"
    brain = Brain(read_settings({"BRAIN_STORE": where}), clock, MutableSecrets(), store)
    brain.ingest.limits = UnlimitedBudgets()
    brain.log = lambda *_, **__: None
    return brain


def send(brain: Brain, body: Any, source: str = "custom", name: str = "") -> None:
    """Send one request, on a connection of its own."""

    async def once() -> None:
        await brain.ingest(
            build_request(body, source, name), FeedContext(CLIENT, brain.clock.now(), correlation_id="corr")
        )
        await brain.ingest.writer.aclose()

    asyncio.run(once())


def test_a_person_goes_from_more_than_a_page_of_events_and_from_letters(brain: Brain) -> None:
    """Pages, commits of many writes, conflicts of versions and settlements are the same on both."""
    send(brain, [CLICK | {"sg_event_id": f"n{n}"} for n in range(120)], "email", "clicks")
    send(brain, [{"what": f"from {ADA}"}, {"what": "from nobody"}], name="kept")
    send(brain, [{"what": f"only from {ADA}"}], name="gone")
    erase = Erase(brain.store, brain.sealer, brain.identity_key_source, brain.clock)
    receipt = erase(CLIENT, ADA, "erase-1")
    assert receipt["erased"] == {"events": 120, "purged_dead_letters": 1, "reduced_dead_letters": 1}
    stored_json = json.dumps(
        [document.data for document in erasures.iterate_documents(brain.store, CLIENT)], default=str
    )
    assert [
        pseudonym for pseudonym in list_pseudonyms(ADA, CLIENT, brain.identity_key_source()) if pseudonym in stored_json
    ] == []
    brain.clock.sleep(60)
    assert erase(CLIENT, ADA, "erase-2") == receipt
    figures = Reconcile(brain.store)(CLIENT, now=brain.clock.now())
    ends = {"stored": 120, "dead_lettered": 2, "settled": 1, "sent": 123, "difference": 0}
    assert {name: figures[name] for name in ends} == ends


def test_letters_that_are_due_are_found_claimed_and_taken(brain: Brain, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the hourly dispatch, for each client that has one."""
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    send(brain, [build_post_payload(1)], name="one")
    send(brain, [build_post_payload(2), build_post_payload(3)], name="two")
    broken.broken = False
    send(brain, b"{", name="unreadable")
    brain.clock.sleep(3600)
    answer = brain.run_job("brainHourlyScores", NOW + timedelta(hours=1))
    assert answer["dead_letters"] == {"total": 3, "due": 2, "parked": 1, "new": 3, "enqueued": 1}
    taken = {"status": "success", "retried": 2, "taken": 2, "failed": 0, "parked": 0}
    assert answer["beside"] == {RETRY_DEAD_LETTERS: {CLIENT: taken}}
    assert [letter.error_code for letter in DeadLetters(brain.store).list(brain.clock.now())] == ["unreadable_body"]
    figures = Reconcile(brain.store)(CLIENT, now=brain.clock.now(), by_hour=True)
    assert (figures["stored"], figures["sent"], figures["difference"]) == (3, 4, 0)
    assert figures["hours"]["2026-11-22T07"]["stored"] == 3
    assert brain.store.count(paths.events(CLIENT)) == 3


def test_an_erasure_waits_for_a_claim_and_a_claim_meets_no_other(brain: Brain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions refuse a claim of what has changed; a claim that nobody ends is over in six minutes."""
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    send(brain, [CLICK | {"sg_event_id": "x1"}], "email", "kept")
    broken.broken = False
    letters = DeadLetters(brain.store)
    (letter,) = letters.list(brain.clock.now())
    claimed = letters.claim(letter.dead_letter_id, brain.clock.now())
    with pytest.raises(LeaseHeldError):
        letters.claim(letter.dead_letter_id, brain.clock.now())
    before = brain.clock.now()
    receipt = Erase(brain.store, brain.sealer, brain.identity_key_source, brain.clock)(CLIENT, ADA, "erase-1")
    assert receipt["erased"] == {"purged_dead_letters": 1}
    assert brain.clock.now() - before == CLAIM_TIME + CLAIM_GRACE
    with pytest.raises(StoreUnavailableError):  # the replay that was suspended writes nothing
        asyncio.run(brain.replay(claimed, claimed.claimed_until))
    assert brain.store.count(paths.events(CLIENT)) == 0
