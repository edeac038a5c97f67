"""``brain retail check``: list what the database lacks, and the command or SQL that fixes it."""

from typing import Annotated

import typer

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import DatabaseOption
from brain.cli.retail.output import print_json, print_table, print_text
from brain.ports.sales_warehouse import SchemaFault

FAULTS_FOUND = 1


def check(
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Create or migrate the Brain's own tables first.")] = False,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that the database has every table and column that the Brain uses, and list how to fix each fault.

    Exits with 1 when something is missing or days are counted twice.
    """
    with open_warehouse(database) as warehouse:
        applied = warehouse.upgrade() if upgrade else []
        faults, counts = warehouse.check(), warehouse.row_counts()
    if as_json:
        documents = [_fault_to_document(fault) for fault in faults]
        print_json({"faults": documents, "rows": counts, "revisions_applied": applied})
    else:
        print_table("Tables", ("table", "rows>"), [(name, f"{count:,}") for name, count in counts.items()])
        for fault in faults:
            print_text(f"- {fault.message}. Fix: {fault.fix}")
        print_text(f"Faults found: {len(faults)}" if faults else "Everything the Brain needs is there.")
    raise typer.Exit(FAULTS_FOUND if faults else 0)


def _fault_to_document(fault: SchemaFault) -> dict[str, object]:
    return {"table": fault.table, "column": fault.column, "message": fault.message, "fix": fault.fix}
