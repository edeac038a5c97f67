"""What the embedded store promises beyond the contract: durable, shared by processes, quick where it is queried."""

import itertools
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from brain.adapters.sqlite import schema
from brain.adapters.sqlite.store import SqliteStore
from brain.errors import StoreRefusedError, StoreUnavailableError
from brain.ports.document_store import Create, Filter, Increment, Set, Snapshot, Transform, Update, WriteStatus
from brain.testing.manual_clock import ManualClock

SHARED = str(Path(__file__).resolve().parents[3] / "shared")
PREAMBLE = f"""
import sys
sys.path.insert(0, {SHARED!r})
from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.system_clock import SystemClock
from brain.ports.document_store import Increment
store = SqliteStore(sys.argv[1], SystemClock())
"""
COUNTING = """
for n in range(50):
    store.set("c/total", {"n": Increment(1)}, merge=True)
"""
CREATING = """
n = 0
while True:
    store.create(f"c/{n:06d}", {"n": n})
    print(n, flush=True)
    n += 1
"""


def start(script: str, file: Path) -> "subprocess.Popen[str]":
    """Start another process on the same file."""
    command = [sys.executable, "-c", PREAMBLE + script, str(file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_share_one_file(tmp_path: Path, clock: ManualClock) -> None:
    """Processes that open a new file at the same moment and write the same document lose nothing."""
    file = tmp_path / "new" / "brain.db"
    workers = [start(COUNTING, file) for _ in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    total = SqliteStore(file, clock).get("c/total")
    assert total is not None
    assert total.data == {"n": 150}
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.close()


def test_what_was_answered_survives_a_kill(tmp_path: Path, clock: ManualClock) -> None:
    """A process killed at any moment leaves every document that it was told is written."""
    file = tmp_path / "brain.db"
    worker = start(CREATING, file)
    assert worker.stdout is not None
    for _ in range(25):
        worker.stdout.readline()
    worker.kill()
    answered = 25 + len(worker.stdout.read().split("\n")) - 1
    worker.stdout.close()
    worker.wait()
    documents = SqliteStore(file, clock).query("c")
    assert answered <= len(documents) <= answered + 1
    assert [document.data["n"] for document in documents] == list(range(len(documents)))


def test_a_commit_is_on_the_disk(tmp_path: Path, clock: ManualClock) -> None:
    """The file is in write-ahead mode and every commit is synced."""
    store = SqliteStore(tmp_path / "brain.db", clock)
    pragmas = {
        name: store._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


def test_a_store_that_stays_busy_is_unavailable(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process in the middle of a long write: reads go on, writes say when to try again."""
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_SECONDS", 0.05)
    store = SqliteStore(tmp_path / "brain.db", clock)
    store.create("c/a", {"n": 1})
    other = sqlite3.connect(tmp_path / "brain.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError) as refusal:
        store.create("c/b", {})
    assert refusal.value.retry_after_seconds
    assert [outcome.status for outcome in store.write_many([Create("c/b", {})])] == [WriteStatus.UNAVAILABLE]
    assert store.get("c/a") is not None
    other.execute("ROLLBACK")
    store.create("c/b", {})
    other.close()


def test_a_file_that_is_no_store_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    """Some other file under the name is left as it is and named as the mistake; so is a closed store."""
    file = tmp_path / "notes.txt"
    file.write_text("this is no database, and it is long enough to be looked at as one " * 40)
    before = file.read_bytes()
    with pytest.raises(StoreRefusedError):
        SqliteStore(file, clock)
    assert file.read_bytes() == before
    with pytest.raises(StoreUnavailableError):
        SqliteStore(tmp_path, clock)
    store = SqliteStore(":memory:", clock)
    store.close()
    with pytest.raises(StoreRefusedError):
        store.get("c/d")


def test_the_server_time_is_the_clock_s(clock: ManualClock) -> None:
    """The embedded server's time is the clock it was given."""
    store = SqliteStore(":memory:", clock)
    store.create("c/a", {"at": Transform.SERVER_TIME})
    later = clock.advance(timedelta(hours=1))
    store.update("c/a", {"later": Transform.SERVER_TIME})
    read = store.get("c/a")
    assert read is not None
    assert read.data == {"at": later - timedelta(hours=1), "later": later}


def test_a_failed_write_leaves_the_store_usable(clock: ManualClock) -> None:
    """A broken transaction is rolled back whole, whatever broke it, and the next call works."""
    store = SqliteStore(":memory:", clock)

    class BrokenClock:
        def now(self) -> object:
            raise ZeroDivisionError

    store._clock = BrokenClock()  # type: ignore[assignment]
    with pytest.raises(ZeroDivisionError):
        store.create("c/a", {})
    store._clock = clock
    store.create("c/a", {})
    assert store.count("c") == 1


def test_a_sum_that_is_no_number_is_refused(clock: ManualClock) -> None:
    """An increment past the largest float changes nothing."""
    store = SqliteStore(":memory:", clock)
    store.create("c/a", {"n": 1.7e308})
    with pytest.raises(StoreRefusedError):
        store.update("c/a", {"n": Increment(1.7e308)})
    assert store.write_many([Update("c/a", {"n": Increment(1.7e308)})])[0].status is WriteStatus.REFUSED
    read = store.get("c/a")
    assert read is not None
    assert read.data == {"n": 1.7e308}


def test_unscored_events_are_found_among_many(clock: ManualClock) -> None:
    """Reading the few unscored of 20 000 events takes a small part of the steps that reading all takes."""
    store = SqliteStore(":memory:", clock)
    events = [
        Set(f"clients/acme/events/{n:05d}", {"occurred_at": n} | ({"unscored": True} if n % 1000 == 0 else {}))
        for n in range(20_000)
    ]
    for start in range(0, len(events), 500):
        store.write_many(events[start : start + 500])
    steps: dict[str, int] = {}
    for name, where in (("few", [Filter("unscored", "==", True)]), ("all", [])):
        ticks = itertools.count()
        store._connection.set_progress_handler(lambda ticks=ticks: next(ticks) * 0, 10)
        matches = store.query("clients/acme/events", where, order_by="occurred_at")
        store._connection.set_progress_handler(None, 0)
        steps[name] = next(ticks)
        assert len(matches) == (20 if where else 20_000)
    assert steps["few"] * 100 < steps["all"]


def test_one_store_serves_many_threads(tmp_path: Path, clock: ManualClock) -> None:
    """Threads that read and write one store at once see whole documents only."""
    store = SqliteStore(tmp_path / "brain.db", clock)
    store.create("c/a", {"x": 0, "y": 0})
    torn: list[Snapshot | None] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            snapshot = store.get("c/a")
            if snapshot is None or snapshot.data["x"] != snapshot.data["y"]:
                torn.append(snapshot)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(1, 100):
        store.set("c/a", {"x": n, "y": n})
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []


def start_writing(file: Path) -> sqlite3.Connection:
    """Lock a new file as another process does that is about to write to it, not yet in write-ahead mode."""
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_opening_waits_for_another_process_that_writes_in_the_older_mode(tmp_path: Path, clock: ManualClock) -> None:
    """The switch to write-ahead mode is tried again while it is locked out."""
    other = start_writing(tmp_path / "brain.db")
    release = threading.Timer(0.1, lambda: other.execute("ROLLBACK"))
    release.start()
    store = SqliteStore(tmp_path / "brain.db", clock)
    release.join()
    other.close()
    store.create("c/a", {})
    assert store.count("c") == 1


def test_opening_a_file_that_stays_locked_is_unavailable(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a wait without end."""
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_SECONDS", 0.0)
    other = start_writing(tmp_path / "brain.db")
    with pytest.raises(StoreUnavailableError):
        SqliteStore(tmp_path / "brain.db", clock)
    other.close()


def test_a_full_disk_keeps_what_was_there_and_the_store_usable(tmp_path: Path, clock: ManualClock) -> None:
    """SQLite has ended the transaction itself by then."""
    store = SqliteStore(tmp_path / "brain.db", clock)
    store.create("c/a", {"n": 1})
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailableError):
        store.create("c/b", {"text": "x" * 100_000})
    assert not store._connection.in_transaction
    assert [snapshot.id for snapshot in store.query("c")] == ["a"]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    store.create("c/b", {"text": "x" * 100_000})
    assert store.count("c") == 2
