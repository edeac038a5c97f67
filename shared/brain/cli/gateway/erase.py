"""``brain erase``: a person out of all that is stored of one client."""

import re
import sys
from typing import Annotated
from uuid import uuid4

import typer

from brain.cli.local_brain import open_brain
from brain.cli.printing import as_json, figures, progress
from brain.errors import InvalidInputError
from brain.services.gateway.erase import Erase

_CLIENT = re.compile(r"[A-Za-z0-9_-]{1,64}")


def erase(
    client: Annotated[str, typer.Option(help="Whose events.")],
    subject: Annotated[
        str, typer.Option(help="An address, a number, a name or a user's id; `-` reads it from standard input.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what names the person.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """Erase a person under every known key and print the receipt, which does not name them; twice is once.

    A person with several addresses or ids is erased by each of them. Stop their senders first: what is sent later
    is new.
    """
    if not _CLIENT.fullmatch(client):
        raise InvalidInputError("--client: expected 1 to 64 letters, digits, _ or -")
    who = sys.stdin.readline().strip() if subject == "-" else subject
    brain = open_brain()
    service = Erase(brain.store, brain.sealer, brain.known_keys, brain.clock)
    with progress("documents") as advance:
        receipt = service(client, who, f"erase-{uuid4().hex[:12]}", dry_run=dry_run, progress=advance)
    if json_output:
        print(as_json(receipt))
        return
    counts = receipt.pop("would_erase" if dry_run else "erased")
    figures("Would be erased" if dry_run else "Erased, in all", counts or {"nothing": 0}, json_output=False)
    figures("Receipt", receipt, json_output=False)
