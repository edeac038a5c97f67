"""What every test may ask for: a clock to turn by hand, a store of each kind, and the Firestore emulator."""

import os

# Workers of the same run would fight for the cores; numpy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from emulator import HOST_VARIABLE, EmulatorMissingError, running
from hypothesis import HealthCheck, settings

from brain.adapters.sqlite.store import SqliteStore
from brain.ports.document_store import DocumentStore
from brain.testing.manual_clock import ManualClock

if TYPE_CHECKING:
    from raw_firestore import RawFirestore

# The machines that run these tests are shared: no example is timed, and the same examples come every time.
settings.register_profile("shared", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at a Sunday morning in November 2026."""
    return ManualClock(datetime(2026, 11, 22, 7, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """``host:port`` of the Firestore emulator; one a session (one a worker under xdist)."""
    try:
        with running() as host:
            yield host
    except EmulatorMissingError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def project(emulator: str) -> str:
    """A fresh project id; data and rules on the emulator are per project, so nothing needs clearing."""
    assert os.environ[HOST_VARIABLE] == emulator
    return f"demo-{uuid.uuid4().hex[:12]}"


STORES = ["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)]


@pytest.fixture(params=STORES)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Which of the two stores this test runs on."""
    return str(request.param)


@pytest.fixture
def open_store(
    request: pytest.FixtureRequest, store_kind: str, clock: ManualClock, tmp_path: Path
) -> Iterator[Callable[[], DocumentStore]]:
    """Opens the same fresh database once more with each call, as another process would."""
    opened: list[DocumentStore] = []
    project = request.getfixturevalue("project") if store_kind == "firestore" else ""

    def one_more() -> DocumentStore:
        if store_kind == "sqlite":
            opened.append(SqliteStore(tmp_path / "brain.db", clock))
        else:
            from brain.adapters.firestore.store import FirestoreStore  # noqa: PLC0415 - a heavy import

            opened.append(FirestoreStore(project))
        return opened[-1]

    yield one_more
    for one in opened:
        one.close()


@pytest.fixture
def store(open_store: Callable[[], DocumentStore]) -> DocumentStore:
    """An empty store: SQLite and Firestore in turn."""
    return open_store()


@pytest.fixture
def raw(project: str) -> Iterator["RawFirestore"]:
    """The emulator without our rules in front."""
    from raw_firestore import RawFirestore  # noqa: PLC0415 - a heavy import

    one = RawFirestore(project)
    yield one
    one.close()
