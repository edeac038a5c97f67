"""What leases, books and checkpoints are built on: one winner, no lost increment, no lost update."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from brain.errors import AlreadyExistsError, ConflictError
from brain.ports.document_store import DocumentStore, Increment

WORKERS = 16
ATTEMPTS = 200


def test_one_of_many_creates_wins(open_store: Callable[[], DocumentStore]) -> None:
    """Sixteen threads over two openings create one document: one has it, all others are told so."""
    stores = [open_store(), open_store()]

    def lease(worker: int) -> bool:
        try:
            stores[worker % 2].create("system/brain/runs/r", {"holder": worker})
        except AlreadyExistsError:
            return False
        return True

    with ThreadPoolExecutor(WORKERS) as pool:
        won = list(pool.map(lease, range(WORKERS)))
    assert sum(won) == 1
    held = stores[0].get("system/brain/runs/r")
    assert held is not None
    assert held.data == {"holder": won.index(True)}


def test_no_increment_is_lost(open_store: Callable[[], DocumentStore]) -> None:
    """Increments of many threads add up, into a document that none of them had to create first."""
    stores = [open_store(), open_store()]

    def book(worker: int) -> None:
        stores[worker % 2].set("system/brain/counters/c", {"n": Increment(worker), "calls": Increment(1)}, merge=True)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(book, range(64)))
    booked = stores[1].get("system/brain/counters/c")
    assert booked is not None
    assert booked.data == {"n": sum(range(64)), "calls": 64}


def test_no_update_is_lost(open_store: Callable[[], DocumentStore]) -> None:
    """Read, change and update at the version read, again on conflict: every change is there in the end."""
    stores = [open_store(), open_store()]
    stores[0].create("c/state", {"done": []})

    def fold(worker: int) -> int:
        store = stores[worker % 2]
        for attempt in range(ATTEMPTS):
            read = store.get("c/state")
            assert read is not None
            try:
                store.update("c/state", {"done": [*read.data["done"], worker]}, expect=read.version)
            except ConflictError:
                continue
            return attempt
        pytest.fail("an update must win in the end")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fold, range(24)))
    read = stores[0].get("c/state")
    assert read is not None
    assert sorted(read.data["done"]) == list(range(24))


def test_of_two_that_take_over_at_one_version_one_wins(open_store: Callable[[], DocumentStore]) -> None:
    """A lease is taken over by an update with a token of one's own at the version read: never by two."""
    stores = [open_store(), open_store()]
    version = stores[0].create("c/lease", {"token": "old"})

    def take(worker: int) -> bool:
        try:
            stores[worker % 2].update("c/lease", {"token": f"token-{worker}"}, expect=version)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(take, range(WORKERS))) == 1
