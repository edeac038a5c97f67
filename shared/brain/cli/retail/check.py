"""``brain retail check``: what the database lacks, and the command or SQL that mends it."""

from dataclasses import asdict
from typing import Annotated

import typer

from brain.cli.retail.database import AsJson, Database, open_warehouse
from brain.cli.retail.output import print_json, print_table, say

FAULTS_FOUND = 1


def check(
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Create or migrate the Brain's own tables first.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Check that every table and column the Brain reads is there; exit 1 when something is missing."""
    with open_warehouse(database) as warehouse:
        applied = warehouse.upgrade() if upgrade else []
        faults, counts = warehouse.check(), warehouse.row_counts()
    if as_json:
        print_json({"faults": [asdict(fault) for fault in faults], "rows": counts, "revisions_applied": applied})
    else:
        print_table("Tables", ("table", "rows>"), [(name, f"{count:,}") for name, count in counts.items()])
        for fault in faults:
            say(f"- {fault.message}. Fix: {fault.fix}")
        say(f"{len(faults)} faults" if faults else "Everything the Brain needs is there.")
    raise typer.Exit(FAULTS_FOUND if faults else 0)
