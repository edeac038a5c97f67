"""Run all benchmarks or the named ones: ``python -m benchmarks [--results DIR] [NAME ...]``."""

import argparse
import importlib
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

# name -> what it measures; the module of that name has a ``run()`` that prints its table
BENCHMARKS = {
    "ingest_http": "the ingest function over HTTP against the raw Firestore SDK, on the emulator",
    "loop": "store operations, reads per run, scoring speed, memory",
    "imports": "cold start of each function, relative to interpreter and framework",
    "ingest_store": "events stored per second against the raw Firestore SDK, on the emulator",
    "ingest_attacks": "CPU, memory and other clients' latency while bodies that are made to be slow arrive",
    "rates": "accuracy and cost of rate budgets over four processes of eight threads",
    "ingest_faults": "events lost and duplicated while store calls fail and the process dies, on both stores",
    "crashes": "every job killed at every store call on the queues' schedule; one bad client among three hundred",
    "backfill": "a backfill of a million rows on an embedded store, killed halfway and resumed",
    "score_backfill": "seconds and memory of scoring 30,000 to 300,000 events that wait, on an embedded store",
    "intake": "microseconds to read, identify and validate one event",
    "anomaly": "alarms on the Numenta benchmark and in null simulations, against baselines and other detectors",
    "promotion": "false and true promotions with a look after every pair, against the usual rules",
    "policy_evaluation": "off-policy estimates and intervals against known values, and on Open Bandit logs",
    "predictions": "errors, coverage and seconds on real posts, against ridge regression and gradient boosting",
    "recommendations": "logged probabilities against draws, exploration, and what the policy learns",
    "advice": "coverage of weekly predictions; exploration, control and false claims of slates",
    "claims": "claims of reports about hours, campaigns and ads, in null simulations and with planted effects",
    "learning": "learned weights with planted, no and changing effects, against other learners",
    "curiosity": "false leads and findings without any effect, and what is found of planted effects",
    "retail_forecast": "the shop's forecasts against naive rules and other forecasters, at the same cutoffs",
    "retail_signals": "lifts against planted effects, compared with raw means",
    "roi": "what decisions earned: coverage and false verdicts in simulations, and on real shops",
    "warehouse": "seconds and memory of a million-line import, on SQLite and PostgreSQL",
}


class Tee:
    """A text stream that writes to two text streams."""

    def __init__(self, first: TextIO, second: TextIO) -> None:
        self._streams = (first, second)

    def write(self, text: str) -> int:
        """Write to both."""
        return max(stream.write(text) for stream in self._streams)

    def flush(self) -> None:
        """Flush both."""
        for stream in self._streams:
            stream.flush()


def commit_id() -> str:
    """Return the id of the measured commit; ``+`` marks uncommitted changes."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed words


def run(name: str) -> None:
    """Run one benchmark and print its table."""
    print(f"== {name}: {BENCHMARKS[name]}", flush=True)
    importlib.import_module(f"benchmarks.{name}").run()
    print(flush=True)


def record(name: str, folder: Path) -> None:
    """Run one benchmark and also write its output to a file with the commit id."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.txt").open("w", encoding="utf-8") as file:
        file.write(f"commit {commit_id()}, {datetime.now(UTC):%Y-%m-%d %H:%MZ}, Python {sys.version.split()[0]}\n")
        with redirect_stdout(Tee(sys.stdout, file)):  # type: ignore[type-var] # it has what print() needs
            run(name)


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all of them; exit with 2 for an unknown name."""
    listed = "\n".join(f"  {name:<18}{text}" for name, text in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", epilog=listed, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark; by default all of them")
    parser.add_argument("--results", type=Path, help="also write each table to a file in this folder")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"expected names of benchmarks, got {', '.join(unknown)}; the benchmarks are:\n{listed}")
    for name in options.names or BENCHMARKS:
        record(name, options.results) if options.results else run(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
