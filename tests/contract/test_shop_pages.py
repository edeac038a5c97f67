"""What the shop's jobs publish is the same on every document store."""

from contextlib import closing
from datetime import timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.ports.document_store import DocumentStore
from brain.repositories.clients import Clients
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.shop_clients import BAKER, STEPS, SUNDAY, ShopJobRunner, fill_warehouse, open_warehouse

DAYS = 95


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database in which every job finds something."""
    one = f"sqlite:///{tmp_path_factory.mktemp('shop') / 'shop.db'}"
    with closing(open_warehouse(one)) as warehouse:
        fill_warehouse(warehouse, DAYS)
    return one


def published(url: str, store: DocumentStore) -> dict[str, object]:
    """Two nights of every job."""
    Clients(store).put(BAKER)
    world = ShopJobRunner(url, store, ManualClock(SUNDAY))
    for at in (SUNDAY - timedelta(days=1), SUNDAY):
        for job in STEPS:
            assert world.run(job, scheduled_at=at)["status"] == "success"
    return dict(world.read_documents())


@pytest.mark.slow
def test_pages_and_ledger_are_the_same_on_both_stores(url: str, store: DocumentStore, clock: ManualClock) -> None:
    """And the clients with a shop are found on both."""
    assert published(url, store) == published(url, SqliteStore(":memory:", clock))
    assert Clients(store).with_shop() == [BAKER.client_id]
