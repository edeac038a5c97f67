"""``brain ingest --backfill`` as an operator runs it: killed with -9 in the middle, run again, and three times over."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

ROWS = 9000


def event(number: int) -> dict:
    """A post of some year since 2010."""
    return {
        "event_id": f"old-{number}", "occurred_at": f"{2010 + number % 14}-0{1 + number % 9}-11T08:00:00Z",
        "platform": "instagram", "likes": number % 701, "impressions": 12_000 + number,
    }  # fmt: skip


@pytest.fixture
def backfill(tmp_path):
    """Start a backfill of a file into this test's own store."""
    environment = os.environ | {"BRAIN_STORE": f"sqlite:///{tmp_path / 'brain.db'}"}
    environment |= {"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test, sealing"}
    environment.pop("FIRESTORE_EMULATOR_HOST", None)

    def start(file: Path) -> subprocess.Popen:
        command = [Path(sys.executable).with_name("brain"), "ingest", "custom", file]
        options = ["--client", "acme", "--backfill", "--json"]
        return subprocess.Popen(
            [*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start


def stored(folder: Path) -> int:
    """How many events the store has."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'brain.db'}?mode=ro", uri=True, timeout=5)) as connection:
            found = connection.execute("SELECT COUNT(*) FROM documents WHERE collection = 'clients/acme/events'")
            return int(found.fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.slow
def test_a_run_killed_in_the_middle_goes_on_and_ends_as_if_it_never_was(backfill, tmp_path):
    """Every row once, counted once, the bad one told by its line; a third run finds duplicates only."""
    file = tmp_path / "history.jsonl"
    rows = [json.dumps(event(n)) for n in range(ROWS)]
    rows[5] = json.dumps(event(5) | {"likes": -1})
    file.write_text("\n".join(rows) + "\n")
    first = backfill(file)
    while stored(tmp_path) < ROWS * 2 // 3:
        assert first.poll() is None, first.communicate()
        time.sleep(0.02)
    first.kill()
    first.communicate()
    assert first.returncode == -9
    assert stored(tmp_path) < ROWS
    second = backfill(file)
    out, _ = second.communicate()
    assert second.returncode == 1
    assert {name: n for name, n in json.loads(out).items() if n} == {"stored": ROWS - 1, "rejected": 1}
    assert stored(tmp_path) == ROWS - 1
    third = backfill(file)
    out, err = third.communicate()
    assert {name: n for name, n in json.loads(out).items() if n} == {"duplicate": ROWS - 1, "rejected": 1}
    (told,) = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert (told["line"], told["error_code"]) == (6, "invalid_field")
    assert stored(tmp_path) == ROWS - 1


@pytest.mark.slow
def test_many_faults_are_counted_and_the_first_shown(backfill, tmp_path):
    """A file that is wrong throughout does not flood the terminal; one that is not there is named."""
    file = tmp_path / "bad.csv"
    file.write_text("day,colour\n" + "2020-01-01,red\n" * 150)
    bad = backfill(file)
    out, err = bad.communicate()
    assert bad.returncode == 1
    counts = json.loads(out)
    assert counts["rejected"] + counts["dead_lettered"] == 150
    assert len([line for line in err.splitlines() if line.startswith("{")]) == 101
    missing = backfill(tmp_path / "nowhere.jsonl")
    assert "cannot read" in missing.communicate()[1]
    assert missing.returncode == 2
