"""``brain clients``: the agency's or chain's clients, and which stores of the shop's database are theirs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from brain.cli.local_brain import check_client_id, open_brain
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_table, to_json
from brain.domain.clients.alarm_budget import AlarmBudget
from brain.domain.clients.client import Client
from brain.domain.clients.currencies import parse_currency
from brain.domain.clients.ga4_property import parse_ga4_property
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.repositories.clients import Clients

_MAX_TEXT: Final = 200
"""The most characters of a name or a line of business, so that a table and a report can show it."""

clients = typer.Typer(
    help="Manage clients: name, time zone, currency, stores, alarm budget.", no_args_is_help=True, add_completion=False
)


@clients.command("set")
def set_client(  # noqa: PLR0913, PLR0917 - one argument per option
    client: ClientOption,
    name: Annotated[str | None, typer.Option(help="The name shown in reports.")] = None,
    vertical: Annotated[str | None, typer.Option(help="The line of business, such as ecommerce or b2b_saas.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="The time zone in which the client's days end, such as Europe/Berlin.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="The ISO 4217 code of its currency, such as EUR.")] = None,
    store_ids: Annotated[
        list[str] | None,
        typer.Option("--store", help="The id of a store in the sales table; repeat it per store."),
    ] = None,
    no_stores: Annotated[bool, typer.Option("--no-stores", help="Remove all stores.")] = False,
    alarm_budget: Annotated[
        str | None,
        typer.Option(help="The false alarms allowed per period, as ALARMS/PERIOD in h, d or w, such as 2/30d."),
    ] = None,
    ga4_property: Annotated[
        str | None,
        typer.Option(help="Its only GA4 property: that of reports that name none. An empty text removes it."),
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Create a client or change one: only the options given change, and --store replaces all its stores."""
    check_client_id(client)
    if store_ids and no_stores:
        raise InvalidInputError("--store and --no-stores must not be given together, got both; give one of them")
    repository = Clients(open_brain().store)
    options = {
        "name": name,
        "vertical": vertical,
        "time_zone": time_zone,
        "currency": currency,
        "stores": [] if no_stores else store_ids or None,
        "alarm_budget": alarm_budget,
        "ga4_property": ga4_property,
    }
    changes = {field: _PARSERS[field](given) for field, given in options.items() if given is not None}
    changed = replace(repository.get(client), **changes)
    repository.put(changed)
    _print_client(changed, json_output=json_output)


@clients.command("list")
def list_clients(json_output: JsonOption = False) -> None:
    """List the clients that were set up."""
    listed = [_to_json_object(client) for client in Clients(open_brain().store).list_all()]
    if json_output:
        print(to_json(listed))
    elif listed:
        columns = ("client_id", "name", "vertical", "time_zone", "currency", "stores", "alarm_budget")
        print_table("Clients", columns, ([_format(client[column]) for column in columns] for client in listed))
    else:
        print("No client is set up yet; create one with: brain clients set --client ID --name NAME")


@clients.command("show")
def show_client(client: ClientOption, json_output: JsonOption = False) -> None:
    """Show a client's settings."""
    repository = Clients(open_brain().store)
    repository.require(client)
    _print_client(repository.get(client), json_output=json_output)


def _parse_name(text: str) -> str:
    return _parse_text("--name", text)


def _parse_vertical(text: str) -> str:
    return _parse_text("--vertical", text)


def _parse_text(option: str, text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > _MAX_TEXT:
        raise InvalidInputError(f"{option} must be 1 to {_MAX_TEXT} printable characters, got {text[:50]!r}")
    return text


def _parse_zone(text: str) -> ZoneInfo:
    if text == "localtime":
        raise InvalidInputError(
            "--time-zone must be an IANA name such as Europe/Berlin, got 'localtime', which depends on the machine; "
            "name the zone"
        )
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise InvalidInputError(f"--time-zone must be an IANA name such as Europe/Berlin, got {text!r}") from exc


def _parse_budget(text: str) -> AlarmBudget:
    try:
        return AlarmBudget.parse(text)
    except InvalidInputError as exc:
        raise InvalidInputError(f"--alarm-budget: {exc}") from exc


def _parse_stores(store_ids: list[str]) -> tuple[str, ...]:
    for store_id in store_ids:
        if not store_id.strip() or store_id.startswith(ALL_STORES):
            raise InvalidInputError(f"--store must be a store id of the sales table, got {store_id!r}")
    return tuple(sorted(set(store_ids)))


_PARSERS: Mapping[str, Callable[..., Any]] = {
    "name": _parse_name,
    "vertical": _parse_vertical,
    "time_zone": _parse_zone,
    "currency": parse_currency,
    "stores": _parse_stores,
    "alarm_budget": _parse_budget,
    "ga4_property": lambda text: parse_ga4_property(text, "--ga4-property") if text else None,
}


def _to_json_object(client: Client) -> dict[str, object]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "vertical": client.vertical,
        "time_zone": str(client.time_zone),
        "currency": client.currency,
        "stores": list(client.stores),
        "alarm_budget": str(client.alarm_budget) if client.alarm_budget else None,
        "ga4_property": client.ga4_property,
    }


def _print_client(client: Client, *, json_output: bool) -> None:
    settings = _to_json_object(client)
    if json_output:
        print(to_json(settings))
    else:
        rows = [(setting, _format(content)) for setting, content in settings.items()]
        print_table(client.client_id, ("setting", "value"), rows)


def _format(content: object) -> str:
    return ", ".join(content) if isinstance(content, list) else str(content or "")
