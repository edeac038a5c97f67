"""``brain keys``: API keys for senders; a key's text is shown once, when it is created."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from brain.bootstrap import Brain
from brain.cli.local_brain import check_client_id, open_brain
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_table, to_json
from brain.domain.senders.api_keys import ApiKey
from brain.repositories.clients import Clients

keys = typer.Typer(
    help="Create, list, rotate and revoke API keys for senders.", no_args_is_help=True, add_completion=False
)
COLUMNS = ("key_id", "created_at", "revoked_at", "label")


@keys.command()
def create(
    client: ClientOption,
    label: Annotated[str, typer.Option(help="What the key is for, such as the integration's name.")] = "",
    json_output: JsonOption = False,
) -> None:
    """Create a key and show it once; at most two per client are valid. In an empty store, create the client too."""
    brain = open_brain()
    clients = Clients(brain.store)
    if clients.list_all(limit=1):
        clients.require(client)
    else:
        check_client_id(client)
        clients.put(clients.get(client))
        print(f"created client {client}, the first of this store", file=sys.stderr)
    _print_key(*brain.key_ring.create(client, label), json_output=json_output)


@keys.command()
def rotate(client: ClientOption, json_output: JsonOption = False) -> None:
    """Create a key and show it once; of the earlier keys only the newest stays valid, until senders have moved over."""
    brain = _open_for(client)
    _print_key(*brain.key_ring.rotate(client), json_output=json_output)


@keys.command()
def revoke(
    client: ClientOption, key_id: Annotated[str, typer.Argument(help="The key's id, as `brain keys list` shows it.")]
) -> None:
    """Revoke a key; every instance stops accepting it within a minute."""
    brain = _open_for(client)
    print(f"revoked {brain.key_ring.revoke(client, key_id).key_id}")


@keys.command("list")
def list_keys(client: ClientOption, json_output: JsonOption = False) -> None:
    """List a client's keys, without their text."""
    brain = _open_for(client)
    rows = [{name: getattr(key, name) for name in COLUMNS} for key in brain.key_ring.list_all(client)]
    if json_output:
        print(to_json(rows))
    else:
        cells = ([_format_cell(cell) for cell in row.values()] for row in rows)
        print_table(f"API keys of {client}", ("key", "created (UTC)", "revoked (UTC)", "label"), cells)


def _format_cell(cell: object) -> str:
    return f"{cell:%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else str(cell or "")


def _open_for(client: str) -> Brain:
    """Return the Brain; raises ``NotFoundError`` when the client does not exist, such as for a mistyped id."""
    brain = open_brain()
    Clients(brain.store).require(client)
    return brain


def _print_key(text: str, key: ApiKey, *, json_output: bool) -> None:
    if json_output:
        print(to_json({"key": text, "key_id": key.key_id, "client_id": key.client_id}))
    else:
        print(f"{text}\n\nThis is the only time the key is shown. Send it as: Authorization: Bearer KEY")
