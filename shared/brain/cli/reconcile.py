"""``brain reconcile``: that nothing that came in was lost."""

from pathlib import Path
from typing import Annotated

import typer

from brain.cli.local_brain import open_brain
from brain.cli.payload_files import file_bytes
from brain.cli.printing import figures
from brain.services.reconcile import Reconcile


def reconcile(
    client: Annotated[str, typer.Option(help="Whose events.")],
    manifest: Annotated[Path | None, typer.Option(help="The event ids that the sender sent, one a line.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """Print what is stored, booked and dead-lettered; with --manifest also what is missing, exit 1 if anything is."""
    sent = [line.strip() for line in file_bytes(manifest).decode().splitlines() if line.strip()] if manifest else None
    counts = Reconcile(open_brain().store)(client, sent)
    figures(f"Books of {client}", counts, json_output=json_output)
    if counts.get("missing"):
        raise typer.Exit(1)
