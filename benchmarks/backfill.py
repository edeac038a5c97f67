"""A backfill of a million rows by ``brain ingest --backfill`` on an embedded store: killed halfway and resumed.

``python -m benchmarks backfill``; ``BRAIN_BACKFILL_ROWS`` sets the number of rows. Each row is a post of a
year since 2010. The command runs in its own process and is killed with -9 when half of the rows are stored.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROWS = 1_000_000
LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Run:
    """One run of the command: seconds, peak resident memory in MB, exit code and output."""

    seconds: float
    peak_mb: float
    exit_code: int
    printed: str


def run() -> None:
    """Print rows per second, memory and counts of a run that is killed and of the run that resumes it."""
    rows = int(os.environ.get("BRAIN_BACKFILL_ROWS", ROWS))
    with tempfile.TemporaryDirectory() as folder:
        file, store = Path(folder) / "history.jsonl", Path(folder) / "brain.db"
        write_rows(file, rows)
        print(f"{rows} rows, {file.stat().st_size / 1e6:.0f} MB of JSON lines", flush=True)
        killed = ingest(file, store, until=rows // 2)
        half = stored(store)
        print_run("killed with -9", killed, half)
        resumed = ingest(file, store)
        print_run("run again", resumed, stored(store) - half)
        print(resumed.printed.strip())
        seconds = killed.seconds + resumed.seconds
        print(f"both runs {rows / seconds:.0f} rows/s; {stored(store)} of {rows} rows stored, each once", flush=True)
        assert stored(store) == rows


def write_rows(file: Path, rows: int) -> None:
    """Write the same rows every time."""
    with file.open("w") as lines:
        for n in range(rows):
            row = {
                "event_id": f"h-{n}", "occurred_at": f"{2010 + n % 14}-{1 + n % 12:02d}-{1 + n % 28:02d}T08:00:00Z",
                "platform": "instagram", "content_id": f"c{n % 5000}", "content_type": "photo", "likes": n % 701,
                "comments": n % 31, "impressions": 12_000 + n % 977, "audience_size": 48_211,
            }  # fmt: skip
            lines.write(json.dumps(row) + "\n")


def ingest(file: Path, store: Path, *, until: int | None = None) -> Run:
    """Run the command to its end, or kill it once ``until`` rows are stored."""
    environment = os.environ | {
        "BRAIN_STORE": f"sqlite:///{store}", "BRAIN_HASH_SALT": "a salt of a benchmark, long enough",
        "BRAIN_SEAL_KEY": "a key of a benchmark, sealing",
    }  # fmt: skip
    command = [Path(sys.executable).with_name("brain"), "ingest", "custom", file, "--client", "acme", "--backfill"]
    started, peak = time.perf_counter(), 0.0
    process = subprocess.Popen([*command, "--json"], env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
    while process.poll() is None:
        peak = max(peak, peak_mb(process.pid))
        if until is not None and commits(store) * 500 > until and stored(store) >= until:
            process.kill()
        time.sleep(LOOK_SECONDS)
    printed, _ = process.communicate()
    return Run(time.perf_counter() - started, peak, process.returncode, printed)


def peak_mb(pid: int) -> float:
    """Return the peak memory of a process in MB, 0 if the system does not report it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines.get("VmHWM", "0 kB").split()[0]) / 1024


def stored(store: Path) -> int:
    """Return the number of stored events."""
    return figure(store, "SELECT COUNT(*) FROM documents WHERE collection = 'clients/acme/events'")


def commits(store: Path) -> int:
    """Return about how many commits there were, which is faster than counting events."""
    return figure(store, "SELECT version FROM last_version")


def figure(store: Path, question: str) -> int:
    """Return one number from the store, 0 if there is none yet."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as connection:
            return int(connection.execute(question).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def print_run(name: str, one: Run, rows: int) -> None:
    """Print the figures of a run."""
    speed = rows / one.seconds
    figures = f"{one.seconds:>8.1f} s {rows:>9} rows {speed:>7.0f} rows/s {one.peak_mb:>6.0f} MB peak"
    print(f"{name:<16}{figures}, exit {one.exit_code}", flush=True)


if __name__ == "__main__":
    run()
