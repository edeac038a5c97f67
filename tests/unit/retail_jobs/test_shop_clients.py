"""Which clients have a shop, and who is listed for its jobs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.sqlite.store import SqliteStore
from brain.bootstrap.warehouse import open_warehouse
from brain.domain.clients.client import Client
from brain.domain.jobs.features import FeatureFlag, FeatureFlags
from brain.domain.jobs.steps import JOBS, ClientSelection
from brain.errors import MisconfiguredError
from brain.ports.document_store import DocumentStore
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.repositories.jobs.features import Features
from brain.services.gateway.enqueue_retries import enqueue_retries
from brain.services.jobs.dispatch import Dispatch
from brain.services.jobs.enqueue_runs import EnqueueRuns
from brain.services.jobs.perform import InProcessQueue
from brain.testing.faulty_store import FaultyStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import fail_on_error

SHOP_JOBS = {name for name, job in JOBS.items() if job.clients is ClientSelection.SHOP}
SUNDAY = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def store(clock: ManualClock) -> Iterator[SqliteStore]:
    """An embedded store in memory."""
    store = SqliteStore(":memory:", clock)
    yield store
    store.close()


def skip_catch_up(_dispatch: object, _now: datetime) -> dict[str, int]:
    """Catch up on nothing."""
    return {}


def dispatched(store: DocumentStore, job: str) -> list[str]:
    """Dispatch a job with its flag on, and return the clients of its tasks."""
    queue = InProcessQueue(lambda _: {"status": "success"})
    enqueue = EnqueueRuns(store, queue, ManualClock(SUNDAY), dict.fromkeys(JOBS, timedelta(hours=1)))
    flags = FeatureFlags({name: FeatureFlag(enabled=name == job) for name in JOBS})
    Dispatch(store, enqueue, Features(store, flags, fail_on_error), enqueue_retries, dict, skip_catch_up)(job, SUNDAY)
    return [task.client_id for task in queue.tasks]


@pytest.mark.parametrize("job", sorted(SHOP_JOBS))
def test_a_shop_job_lists_the_clients_with_stores_and_reads_no_others(store: SqliteStore, job: str) -> None:
    """One query finds them, however many clients have no shop, and though no event came from them."""
    for number in range(5):
        Clients(store).put(Client(f"agency_{number}", "An agency"))
    Clients(store).put(Client("baker", "A bakery", stores=("north", "south")))
    counting = FaultyStore(store)
    assert dispatched(counting, job) == ["baker"]
    assert counting.reads_by["clients"] == 1


def test_stores_come_back_once_each_and_sorted(store: SqliteStore) -> None:
    """And a client whose last store was taken away has no shop any more."""
    clients = Clients(store)
    clients.put(Client("baker", "A bakery", stores=("south", "north", "south")))
    assert clients.get("baker").stores == ("north", "south")
    clients.put(Client("baker", "A bakery"))
    assert clients.get("baker").stores == ()
    assert clients.with_shop() == []


@pytest.mark.parametrize("stores", ["north", [1], [""], ["*"], ["*other"], {"north": True}])
def test_stores_that_are_no_list_of_ids_are_told(store: SqliteStore, stores: object) -> None:
    """What an operator typed wrongly is named."""
    store.set(paths.client("baker"), {"stores": stores, "shop": True})
    with pytest.raises(MisconfiguredError, match="list of ids"):
        Clients(store).get("baker")


def test_a_missing_database_url_is_told_with_what_to_do() -> None:
    """It is a secret; without it no shop job can run."""
    with pytest.raises(MisconfiguredError, match="need DATABASE_URL"), open_warehouse(EnvironmentSecrets({})):
        raise AssertionError


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://chef:pa55word@127.0.0.1:1/shop",
        "postgresql://chef@127.0.0.1:1/shop?password=pa55word",
        "nonsense pa55word",
        "oracle://chef:pa55word@host/shop",
        "bigquery://project/set?credentials_base64=pa55word",
    ],
)
def test_no_error_tells_the_password_of_the_database(url: str) -> None:
    """Neither of a server that does not answer, nor of a URL that is none."""
    with (
        pytest.raises(Exception, match=r"\w") as raised,
        open_warehouse(EnvironmentSecrets({"DATABASE_URL": url})) as it,
    ):
        it.stores()
    error: BaseException | None = raised.value
    while error is not None:
        assert "pa55word" not in str(error)
        error = error.__cause__
