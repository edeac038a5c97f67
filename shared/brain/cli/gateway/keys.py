"""``brain keys``: senders' API keys, shown once when they are made."""

from typing import Annotated

import typer

from brain.cli.local_brain import open_brain
from brain.cli.printing import as_json, table
from brain.domain.senders.api_keys import ApiKey

keys = typer.Typer(help="API keys for senders.", no_args_is_help=True)
Client = Annotated[str, typer.Option("--client", help="Whose key it is.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


@keys.command()
def create(client: Client, label: str = "", json_output: Json = False) -> None:
    """Make a key and show it once; a client has at most two valid ones."""
    _show(*open_brain().key_ring.create(client, label), json_output=json_output)


@keys.command()
def rotate(client: Client, json_output: Json = False) -> None:
    """Make a new key and show it once; the newest before it stays valid so that senders can move over."""
    _show(*open_brain().key_ring.rotate(client), json_output=json_output)


@keys.command()
def revoke(client: Client, key_id: Annotated[str, typer.Argument(help="As `brain keys list` shows it.")]) -> None:
    """Revoke a key; every instance stops taking it within a minute."""
    print(f"revoked {open_brain().key_ring.revoke(client, key_id).key_id}")


@keys.command("list")
def list_keys(client: Client, json_output: Json = False) -> None:
    """Show a client's keys, never their text."""
    found = open_brain().key_ring.all(client)
    rows = [
        {"key_id": k.key_id, "created_at": k.created_at, "revoked_at": k.revoked_at, "label": k.label} for k in found
    ]
    if json_output:
        print(as_json(rows))
    else:
        table(f"API keys of {client}", ("key", "created", "revoked", "label"), [tuple(row.values()) for row in rows])


def _show(text: str, kept: ApiKey, *, json_output: bool) -> None:
    if json_output:
        print(as_json({"key": text, "key_id": kept.key_id, "client_id": kept.client_id}))
    else:
        print(f"{text}\n\nThis is the only time the key is shown. Send it as: Authorization: Bearer KEY")
