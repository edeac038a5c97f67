"""Ingest over a network and a Firestore that break at every call: nothing lost, nothing doubled, the same store."""

import asyncio
import os
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from emulator import HOST_VARIABLE

from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.firestore.store import FirestoreStore
from brain.adapters.firestore.writer import FirestoreWriter
from brain.bootstrap import Brain
from brain.domain.senders.api_keys import ApiKey, hash_key
from brain.entrypoints.local import LocalServer
from brain.repositories.gateway.api_keys import ApiKeys
from brain.services.gateway.group_commit import GroupCommit
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings
from brain.testing.firestore_proxy import NetworkFault, run_proxy
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.senders import CLIENT, START, Sender, build_mixed_phases, read_ingest_documents

pytestmark = pytest.mark.emulator
SECRETS = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"})
KEY = "a key of this test's sender"
DEADLINE_SECONDS = 0.6
AT_ONCE = 8
_opening = threading.Lock()


@dataclass
class Ended:
    """What a run left, and what its sender was told."""

    documents: dict[str, dict[str, Any]]
    counts: dict[str, Any]
    sender: Sender
    calls: int
    broke: bool


def run(emulator: str, fail_at: int | None = None, fault: NetworkFault = NetworkFault.UNAVAILABLE) -> Ended:
    """Take the mixed phases in through a proxy that breaks one call, and return what is there at the end."""
    project = f"demo-{uuid.uuid4().hex[:12]}"
    direct = opened(FirestoreStore(project), emulator)
    with run_proxy(emulator, fail_at=fail_at, fault=fault) as proxy:
        store = opened(FirestoreStore(project, deadline_seconds=DEADLINE_SECONDS), proxy.host)
        clock = ManualClock(START)
        brain = Brain(read_settings({"BRAIN_STORE": f"firestore://{project}"}), clock, SECRETS, store)
        brain.log = quiet
        ApiKeys(direct).add(ApiKey(hash_key(KEY), CLIENT, START))
        sender = asyncio.run(send(brain, project, proxy))
        store.close()
    counts = Reconcile(direct)(CLIENT)
    left = read_ingest_documents(direct, brain.sealer)
    direct.close()
    return Ended(left, counts, sender, proxy.calls, proxy.has_failed)


def quiet(*_: Any, **__: Any) -> None:
    """Hundreds of broken calls are not news."""


def opened(store: FirestoreStore, host: str) -> FirestoreStore:
    """Connect a store to a host of its own; the environment names one for all."""
    with _opening:
        before, os.environ[HOST_VARIABLE] = os.environ[HOST_VARIABLE], host
        store._open()
        os.environ[HOST_VARIABLE] = before
    return store


async def send(brain: Brain, project: str, proxy: Any) -> Sender:
    """Send phase after phase, the clock moving on in between."""
    writer = FirestoreWriter(project, deadline_seconds=DEADLINE_SECONDS)
    with _opening:
        before, os.environ[HOST_VARIABLE] = os.environ[HOST_VARIABLE], proxy.host
        writer._client()
        os.environ[HOST_VARIABLE] = before
    brain.writer = GroupCommit(writer)
    app = LocalServer(brain, schedule=False).app()

    class Mending(Sender):
        async def pause(self) -> None:
            proxy.repair()
            await super().pause()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://brain") as http:
        sender = Mending(http, KEY)
        for phase in build_mixed_phases():
            await sender.deliver(phase)
            brain.clock.advance(timedelta(minutes=2))
    await brain.writer.aclose()
    return sender


@pytest.fixture(scope="module")
def faultless(emulator: str) -> Ended:
    """What a run without faults leaves."""
    return run(emulator)


def test_the_world_without_faults_is_what_a_person_counts(faultless: Ended) -> None:
    """Posts 1 to 4, 20 and 21, ads 1 to 3; ad 1 was known three ways; four requests are kept aside."""
    kinds = Counter("revisions" if "/revisions/" in path else path.split("/")[-2] for path in faultless.documents)
    assert kinds == {"events": 9, "revisions": 3, "dead_letter_queue": 4, "counters": 3 + 5}  # periods, sendings
    assert (faultless.counts["stored"], faultless.counts["dead_letters"]) == (9, 4)
    assert (faultless.counts["sent"], faultless.counts["difference"]) == (19, 0)
    assert faultless.sender.status_counts.keys().isdisjoint({0, 503})
    events = [document for path, document in faultless.documents.items() if "/revisions/" not in path]
    assert sorted(event["impressions"] for event in events if "spend" in event) == [140, 200, 300]


@pytest.mark.parametrize("fault", list(NetworkFault))
def test_a_call_that_breaks_loses_nothing_and_doubles_nothing(
    emulator: str, faultless: Ended, fault: NetworkFault
) -> None:
    """Whichever call of the run breaks, and however: the sender sends again, and the store is that of a calm day."""
    calls = range(1, faultless.calls + 1)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ended = list(threads.map(lambda k: run(emulator, k, fault), calls))
    changes = {k: differences(ending, faultless) for k, ending in zip(calls, ended, strict=True)}
    assert {k: change for k, change in changes.items() if change} == {}
    assert sum(ending.broke for ending in ended) >= 0.6 * len(ended)  # the number of calls varies with who meets whom


def differences(ending: Ended, calm: Ended) -> list[str]:
    """Say where a run ended otherwise than the calm ending: a document, or what its sender was told for good."""
    every = ending.documents.keys() | calm.documents.keys()
    changed_paths = [path for path in sorted(every) if ending.documents.get(path) != calm.documents.get(path)]
    if ending.counts != calm.counts:
        changed_paths.append(f"reconciled as {ending.counts}")
    if ending.sender.count_outcomes().total() != calm.counts["sent"]:
        changed_paths.append(f"told {ending.sender.count_outcomes()}")
    return changed_paths
