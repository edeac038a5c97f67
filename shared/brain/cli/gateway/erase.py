"""``brain erase``: erase a person from everything stored for one client."""

from contextlib import ExitStack
from typing import Annotated
from uuid import uuid4

import typer

from brain.bootstrap.warehouse import open_warehouse
from brain.cli.gateway.payload_files import STANDARD_INPUT, read_text
from brain.cli.local_brain import open_brain, require_client
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_figures, show_progress, to_json
from brain.errors import InvalidInputError
from brain.repositories.clients import Clients
from brain.services.gateway.erase import Erase


def erase(
    client: ClientOption,
    subject: Annotated[
        str,
        typer.Option(help="The person's e-mail address, phone number, name or user id; `-` reads standard input."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what names the person.")] = False,
    without_shop: Annotated[
        bool, typer.Option("--without-shop", help="Leave out the shop's database at DATABASE_URL.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Erase a person under every current and former key, and print a receipt that does not name them.

    Erase a person with several addresses or ids once for each. Stop their senders first: what arrives later is new.
    Repeating an erasure changes nothing.
    """
    identifier = _read_subject() if subject == "-" else subject
    brain = open_brain()
    require_client(brain, client)
    with show_progress("documents") as report, ExitStack() as stack:
        has_shop = not without_shop and bool(Clients(brain.store).get(client).stores)
        erase_shop = stack.enter_context(open_warehouse(brain.secrets)).erase_texts if has_shop else None
        service = Erase(brain.store, brain.sealer, brain.identity_key_source, brain.clock, brain.privacy, erase_shop)
        receipt = service(client, identifier, f"erase-{uuid4().hex[:12]}", dry_run=dry_run, progress=report)
    if json_output:
        print(to_json(receipt))
        return
    counts = receipt.pop("would_erase" if dry_run else "erased")
    print_figures("Would be erased" if dry_run else "Erased", counts or {"nothing": 0}, json_output=False)
    print_figures("Receipt", receipt, json_output=False)


def _read_subject() -> str:
    lines = [line.strip() for line in read_text(STANDARD_INPUT).splitlines() if line.strip()]
    if len(lines) != 1:
        raise InvalidInputError(f"--subject must be one person per call, got {len(lines)} lines; erase them one by one")
    return lines[0]
