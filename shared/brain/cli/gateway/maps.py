"""``brain maps``: how the columns of a client's rows become fields of events."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from brain.cli.gateway.csv_columns import SAMPLE_LINES, find_delimiter
from brain.cli.gateway.field_map_files import parse_field_map
from brain.cli.gateway.payload_files import decode_text, read_bytes, read_payloads
from brain.cli.local_brain import check_client_id, open_brain
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_table, to_json
from brain.domain.feeds.field_map_proposal import MAX_ROWS, propose_field_map
from brain.errors import InvalidInputError

maps = typer.Typer(
    help="List, propose and set field maps, by which rows are read.", no_args_is_help=True, add_completion=False
)


@maps.command("list")
def list_maps(client: ClientOption, json_output: JsonOption = False) -> None:
    """List the field maps that the client's senders may name with ?map=NAME."""
    check_client_id(client)
    field_maps = sorted(open_brain().field_maps.list_all(client).items())
    if json_output:
        document = {
            name: {"from": origin, **field_map.model_dump(mode="json")} for name, (origin, field_map) in field_maps
        }
        print(to_json(document))
        return
    rows = [(name, origin, field_map.feed_type, field_map.description) for name, (origin, field_map) in field_maps]
    print_table(f"Field maps of {client}", ("map", "from", "feed", "description"), rows)


@maps.command("propose")
def propose(
    file: Annotated[Path, typer.Argument(help="CSV with column names, or JSON rows; `-` reads standard input.")],
    description: Annotated[str, typer.Option(help="What the rows are.")] = "rows of an export",
) -> None:
    """Print a field map for the rows of a file as YAML, to be corrected and stored with `brain maps set`."""
    rows: list[dict[str, Any]] = []
    body, is_csv = read_bytes(file), file.suffix.lower() == ".csv"
    delimiter = (find_delimiter(decode_text(body, "CSV").splitlines()[:SAMPLE_LINES]) if is_csv else None) or ","
    for payload in read_payloads(body, None, is_csv=is_csv, delimiter=delimiter):
        rows += [row for row in (payload if isinstance(payload, list) else [payload]) if isinstance(row, dict)]
        if len(rows) >= MAX_ROWS:
            break
    if not rows:
        raise InvalidInputError("expected rows with named columns, got none; name a CSV or JSON file")
    proposal = propose_field_map(rows, description, delimiter)
    document = proposal.field_map.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    print(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), end="")
    if proposal.unread_columns:
        print(f"# not read: {', '.join(proposal.unread_columns)}")


@maps.command("set")
def set_map(
    name: Annotated[str, typer.Argument(help="The name of the map: a-z, 0-9 and _.")],
    file: Annotated[Path, typer.Argument(help="The map as YAML or JSON; `-` reads standard input.")],
    client: ClientOption,
    json_output: JsonOption = False,
) -> None:
    """Store a field map of a client; senders name it with ?map=NAME, files with --map."""
    check_client_id(client)
    field_map = parse_field_map(read_bytes(file))
    open_brain().field_maps.put(client, name, field_map)
    if json_output:
        print(to_json({"map": name, "client": client}))
    else:
        print(f"stored field map {name} of {client}; senders name it with ?map={name}, files with --map {name}")
