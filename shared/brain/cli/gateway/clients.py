"""``brain clients``: who is served, and which stores of the shop's database are whose."""

from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from brain.cli.local_brain import open_brain
from brain.cli.printing import as_json, table
from brain.domain.clients.client import Client
from brain.errors import InvalidInputError
from brain.repositories.clients import Clients

clients = typer.Typer(help="Who is served: name, time zone, currency, stores.", no_args_is_help=True)
ClientId = Annotated[str, typer.Option("--client", help="Whose.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


@clients.command("set")
def set_client(  # noqa: PLR0913, PLR0917 - one argument an option
    client: ClientId,
    name: Annotated[str | None, typer.Option(help="As reports name it.")] = None,
    vertical: Annotated[str | None, typer.Option(help="Such as ecommerce.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Where its days end, such as Europe/Berlin.")] = None,
    currency: Annotated[str | None, typer.Option(help="Such as EUR.")] = None,
    store: Annotated[list[str] | None, typer.Option(help="A store of its own, as in the sales table; repeat.")] = None,
    no_stores: Annotated[bool, typer.Option("--no-stores", help="It has no shop any more.")] = False,
    json_output: Json = False,
) -> None:
    """Set a client up, or change what is named and keep the rest; its stores are those named here and no others."""
    book = Clients(open_brain().store)
    before = book.get(client)
    changed = replace(
        before, name=name or before.name, vertical=vertical or before.vertical, currency=currency or before.currency
    )
    if time_zone is not None:
        changed = replace(changed, time_zone=_zone(time_zone))
    if no_stores or store:
        changed = replace(changed, stores=() if no_stores else tuple(sorted({_store_id(one) for one in store or ()})))
    book.put(changed)
    _print(changed, json_output=json_output)


@clients.command("show")
def show(client: ClientId, json_output: Json = False) -> None:
    """Show what is known of a client; one never set up has defaults."""
    _print(Clients(open_brain().store).get(client), json_output=json_output)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise InvalidInputError(f"--time-zone: expected an IANA name such as Europe/Berlin, {text!r} came") from exc


def _store_id(text: str) -> str:
    if not text or text.startswith("*"):
        raise InvalidInputError(f"--store: expected a store id as in the sales table, {text!r} came")
    return text


def _print(client: Client, *, json_output: bool) -> None:
    shown = {
        "client_id": client.client_id,
        "name": client.name,
        "vertical": client.vertical,
        "time_zone": str(client.time_zone),
        "currency": client.currency,
        "stores": list(client.stores),
    }
    if json_output:
        print(as_json(shown))
    else:
        rows = [(field, ", ".join(value) if isinstance(value, list) else value or "") for field, value in shown.items()]
        table(client.client_id, ("field", "value"), rows)
