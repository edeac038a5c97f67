"""Scoring a backfill on an embedded store: time and memory while 30,000, 100,000 and 300,000 events wait.

``python -m benchmarks score_backfill``; ``BRAIN_SCORE_ROWS`` sets other sizes, separated by commas. The rows are 60
posts per day up to yesterday, stored by ``brain ingest --backfill``. Each scoring is a process of its own, with the
job's real time limit: a run that stops there is started again, as the queue does. For comparison, the smallest size
is also scored with the mark alone indexed, as it was before: each page then sorts all events that wait.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.backfill import ingest
from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.sqlite import store as sqlite_store
from brain.domain import periods
from brain.repositories.queried_fields import QueriedField
from brain.settings.environment import read_settings

SIZES = "30000,100000,300000"
ROWS_PER_DAY = 60
PLATFORMS = ("instagram", "linkedin", "tiktok", "youtube")
NEW, FORMER = "new", "former index"
KIBIBYTES = 1024


def run() -> None:
    """Print a line per size and index."""
    sizes = sorted(map(int, os.environ.get("BRAIN_SCORE_ROWS", SIZES).split(",")))
    print(
        f"{'index':<14}{'rows':>9}{'seconds':>9}{'CPU s':>8}{'rows/CPU s':>12}{'peak MiB':>10}{'runs':>6}", flush=True
    )
    for index, size in [(FORMER, sizes[0]), *((NEW, size) for size in sizes)]:
        with tempfile.TemporaryDirectory() as folder:
            file, store = Path(folder) / "history.jsonl", Path(folder) / "brain.db"
            write_rows(file, size)
            stored = ingest(file, store)
            assert stored.exit_code == 0, stored.printed
            command = [sys.executable, "-m", "benchmarks.score_backfill", str(store), index]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
            scored, seconds, busy, peak, runs = map(float, printed.split())
            assert scored == size
        figures = f"{seconds:>9.0f}{busy:>8.0f}{size / busy:>12.0f}{peak:>10.0f}{runs:>6.0f}"
        print(f"{index:<14}{size:>9}{figures}", flush=True)


def write_rows(file: Path, rows: int) -> None:
    """Write the same rows every day."""
    yesterday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    with file.open("w") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in _build_rows(rows, yesterday))


def _build_rows(rows: int, end: datetime) -> Iterator[dict[str, object]]:
    for number in range(rows):
        yield {
            "event_id": f"h-{number}", "occurred_at": (end - timedelta(days=number / ROWS_PER_DAY)).isoformat(),
            "platform": PLATFORMS[number % len(PLATFORMS)], "content_id": f"c{number}", "content_type": "photo",
            "likes": number % 701, "comments": number % 31, "impressions": 12_000 + number % 977,
            "audience_size": 48_211,
        }  # fmt: skip


def _score(store: str, index: str) -> None:
    """Score in this process until nothing waits; print the events, seconds, CPU seconds, peak MiB and runs."""
    if index == FORMER:
        sqlite_store.QUERIED_FIELDS = (QueriedField("events", "unscored"),)
    secrets = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a benchmark", "BRAIN_SEAL_KEY": "a key of a benchmark"})
    brain = bootstrap.build_brain(read_settings({"BRAIN_STORE": f"sqlite:///{store}"}), secrets=secrets)
    brain.log = lambda *_, **__: None
    scheduled_at = periods.truncate_to_hour(brain.clock.now())
    started, busy_before, runs, status = time.perf_counter(), time.process_time(), 0, "stopped"
    while status == "stopped":
        (figures,) = brain.run_job("brainHourlyScores", scheduled_at, client_id="acme")["clients"].values()
        status, runs = figures["status"], runs + 1
    seconds, busy = time.perf_counter() - started, time.process_time() - busy_before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES
    print(figures["scored"], seconds, busy, peak, runs)


if __name__ == "__main__":
    _score(*sys.argv[1:])
