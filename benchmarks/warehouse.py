"""Time and memory of a large import: a million ticket lines into SQLite, and 200,000 into PostgreSQL.

``python -m benchmarks warehouse``. Each import runs in its own process, so that its peak memory is its own. The lines
are simulated: 5 stores in a time zone with daylight saving, 60 products, in order of time.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from brain.bootstrap.adapters import open_sales_warehouse
from brain.cli.retail.output import print_table
from brain.domain.retail.series import Store
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, import_files
from tests import postgres

LINES = 1_000_000
POSTGRES_LINES = 200_000
STORES, PRODUCTS = 5, 60
GOAL_SECONDS, GOAL_MEGABYTES = 60, 300
KIBIBYTES = 1024


def run() -> None:
    """Print the seconds and peak memory of the first and the repeated import, and of reading the daily sales."""
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        _write(path, LINES)
        rows += _measured(f"sqlite:///{folder}/shop.db", path, "SQLite")
        if postgres.programs() is None:
            print(f"PostgreSQL is not measured: {postgres.INSTALL}")
        else:
            _write(path, POSTGRES_LINES)
            with postgres.server() as server, postgres.database(server) as url:
                rows += _measured(url, path, "PostgreSQL")
    heads = ("database", "what", "lines", "seconds", "CPU seconds", "peak MB")
    print_table("Imports", heads, rows, f"goals for the first row: <= {GOAL_SECONDS} s, <= {GOAL_MEGABYTES} MB")


def _measured(url: str, path: Path, name: str) -> list[tuple[str, ...]]:
    rows = []
    for what in ("import", "repeated import", "read daily sales"):
        verb = "read" if what.startswith("read") else "import"
        command = [sys.executable, "-m", "benchmarks.warehouse", verb, url, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own module
        lines, seconds, busy, megabytes = map(float, done.stdout.split())
        rows.append((name, what, f"{lines:,.0f}", f"{seconds:.1f}", f"{busy:.1f}", f"{megabytes:.0f}"))
    return rows


def _write(path: Path, lines: int) -> None:
    chance = random.Random(1)  # noqa: S311 - a seeded sample, no secret
    at = datetime(2024, 1, 1)  # noqa: DTZ001 - the shop's own clock
    with path.open("w", encoding="utf-8") as stream:
        stream.write("store_id,sold_at,product_id,category,quantity,revenue\n")
        for _ in range(lines):
            at += timedelta(seconds=chance.randint(0, 60))
            store, product = chance.randint(1, STORES), chance.randint(1, PRODUCTS)
            amount = chance.random() * 20
            stream.write(f"s{store},{at.isoformat()},p{product},food,{chance.randint(1, 4)},{amount:.2f}\n")


def _once(verb: str, url: str, path: str) -> None:
    """Import or read in this process, and print lines, seconds, CPU seconds and peak memory in MB."""
    warehouse = open_sales_warehouse(url)
    begun = time.perf_counter()
    if verb == "import":
        with Path(path).open(encoding="utf-8") as stream:
            file = ImportFile(ImportKind.SALES, "sales.csv", stream)
            (count,) = import_files(warehouse, [file], Store("", "Europe/Berlin"), ImportLimits(10_000, 20)).tables
        lines = count.new + count.existing
    else:
        lines = sum(1 for _ in warehouse.daily_sales())
    seconds = time.perf_counter() - begun
    warehouse.close()
    print(lines, seconds, time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES)


if __name__ == "__main__":
    _once(*sys.argv[1:])
