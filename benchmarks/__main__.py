"""Runs the benchmarks of the table, or those that are named: ``python -m benchmarks [--results DIR] [NAME ...]``."""

import argparse
import importlib
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

# name -> what it shows; the module of that name has a ``run()`` that prints its table
BENCHMARKS = {
    "ingest_http": "the whole ingest function over HTTP beside the raw Firestore SDK, on the emulator",
    "loop": "operations on the wire, reads a run, scoring speed, memory",
    "imports": "cold start of each function over interpreter and framework",
    "ingest_store": "events stored a second over the raw Firestore SDK, on the emulator",
    "rates": "how right the budgets are over four processes of eight threads, and what they cost",
    "ingest_faults": "events lost and doubled while store calls fail and the process dies, on both stores",
    "backfill": "a million rows of history on an embedded store, killed in the middle and resumed",
    "intake": "microseconds to read, identify and validate one event",
    "anomaly": "alarms on the Numenta benchmark and on null worlds, beside dummies and rivals",
    "promotion": "false and true promotions under a look after every pair, beside the usual rules",
    "policy_evaluation": "off-policy estimates and intervals against known truths, and on Open Bandit logs",
    "predictions": "errors, coverage and seconds on real posts, beside ridge and gradient boosting",
    "recommendations": "logged probabilities against draws, exploration, and what the slate learns",
    "advice": "coverage of weekly predictions as content comes, exploration, control and false claims over clients",
    "claims": "what reports claim of hours, campaigns and ads in null worlds and planted ones",
    "learning": "weights on planted, null and changing worlds, beside other learners",
    "curiosity": "false leads and findings where nothing is, and what is found where something is",
    "retail_forecast": "the shop's forecasts beside naive rules and rivals, on the same origins",
    "retail_signals": "lifts against planted truths, beside raw means",
    "roi": "what decisions earned: cover and false claims where the truth is known, and on real shops",
    "warehouse": "seconds and memory of a million-line import, and the same on PostgreSQL",
}


class Tee:
    """A text stream that writes to two others."""

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
    """The commit that is measured; ``+`` marks uncommitted changes."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed words


def run(name: str) -> None:
    """Run one benchmark and print its table."""
    print(f"== {name}: {BENCHMARKS[name]}", flush=True)
    importlib.import_module(f"benchmarks.{name}").run()
    print(flush=True)


def record(name: str, folder: Path) -> None:
    """Run one benchmark, and also write what it prints to a file that names the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.txt").open("w", encoding="utf-8") as file:
        file.write(f"commit {commit_id()}, {datetime.now(UTC):%Y-%m-%d %H:%MZ}, Python {sys.version.split()[0]}\n")
        with redirect_stdout(Tee(sys.stdout, file)):  # type: ignore[type-var] # it has what print() needs
            run(name)


def main(arguments: list[str]) -> int:
    """Run each benchmark named, all when none is; exit 2 for a name that is not in the table."""
    listed = "\n".join(f"  {name:<18}{text}" for name, text in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", epilog=listed, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark; by default all of them")
    parser.add_argument("--results", type=Path, help="also write each table to a file in this folder")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are:\n{listed}")
    for name in options.names or BENCHMARKS:
        record(name, options.results) if options.results else run(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
