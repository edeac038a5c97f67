"""``brain erase``: erase a person from everything stored for one client."""

import sys
from typing import Annotated
from uuid import uuid4

import typer

from brain.cli.local_brain import open_brain
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_figures, show_progress, to_json
from brain.domain.events import is_client_id
from brain.errors import InvalidInputError
from brain.repositories.clients import Clients
from brain.services.gateway.erase import Erase


def erase(
    client: ClientOption,
    subject: Annotated[
        str,
        typer.Option(help="The person's e-mail address, phone number, name or user id; `-` reads it from stdin."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what names the person.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Erase a person under every current and former key, and print a receipt that does not name them.

    Erase a person with several addresses or ids once for each. Stop their senders first: what arrives later is new.
    Repeating an erasure changes nothing.
    """
    if not is_client_id(client):
        raise InvalidInputError(f"--client must be 1 to 64 letters, digits, _ or -, got {client!r}")
    identifier = sys.stdin.readline().strip() if subject == "-" else subject
    brain = open_brain()
    Clients(brain.store).require(client)
    service = Erase(brain.store, brain.sealer, brain.identity_key_source, brain.clock)
    with show_progress("documents") as report:
        receipt = service(client, identifier, f"erase-{uuid4().hex[:12]}", dry_run=dry_run, progress=report)
    if json_output:
        print(to_json(receipt))
        return
    counts = receipt.pop("would_erase" if dry_run else "erased")
    print_figures("Would be erased" if dry_run else "Erased", counts or {"nothing": 0}, json_output=False)
    print_figures("Receipt", receipt, json_output=False)
