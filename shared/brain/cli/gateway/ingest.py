"""``brain ingest``: store the events of a file through the same service as the HTTP function."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from brain.bootstrap import Brain
from brain.cli.gateway.payload_files import (
    STANDARD_INPUT,
    parse_received_at,
    parse_source,
    read_bytes,
    read_payloads,
)
from brain.cli.local_brain import open_brain, require_client
from brain.cli.options import ClientOption, JsonOption, SourceArgument
from brain.cli.printing import print_figures, show_progress
from brain.domain.clients.ga4_property import parse_ga4_property
from brain.domain.events import Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.gateway.requests import EVENTS_PER_COMMIT, IngestRequest
from brain.domain.gateway.results import IngestResult, IngestStatus
from brain.errors import InvalidInputError
from brain.repositories.clients import Clients
from brain.services.gateway.rate_limits import UnlimitedBudgets


def ingest(  # noqa: PLR0913, PLR0917 - one argument per option
    source: SourceArgument,
    file: Annotated[
        Path,
        typer.Argument(help="JSON, NDJSON, or CSV with column names in its first line; `-` reads standard input."),
    ],
    client: ClientOption,
    received_at: Annotated[
        str | None, typer.Option(help="When the payload arrived (ISO 8601); by default now.")
    ] = None,
    backfill: Annotated[bool, typer.Option(help="Import history: any age and size, resumed where it stopped.")] = False,
    field_map: Annotated[
        str | None, typer.Option("--map", help="The field map by which rows are read: one of `brain maps list`.")
    ] = None,
    ga4_property: Annotated[
        str | None, typer.Option(help="The GA4 property of the file's reports; by default the client's only one.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Store a file's events and count what became of them; exit 1 when any was rejected or dead-lettered."""
    feed = parse_source(source)
    brain = _open_for(client)
    mapping = brain.field_maps.find(client, field_map) if field_map else None
    property_id = _find_property(brain, client, ga4_property, mapping)
    at = parse_received_at(received_at)
    context = FeedContext(client, at, backfill=backfill, field_map=mapping, property_id=property_id)
    if backfill:
        from brain.cli.gateway.backfill import backfill as import_history

        if file == STANDARD_INPUT:
            raise InvalidInputError(
                "--backfill needs a file, got standard input; save it to a file, since a resumed run reads it again"
            )
        import_history(file, feed, context, json_output=json_output)
        return
    payloads = read_payloads(read_bytes(file), mapping, is_csv=file.suffix.lower() == ".csv")
    counts, reasons = asyncio.run(_ingest(brain, feed, payloads, context))
    figures = counts | {f"reason {reason}": count for reason, count in reasons.items()}
    print_figures(f"{file.name} into {client}", figures, json_output=json_output)
    if counts["rejected"] or counts["dead_lettered"]:
        raise typer.Exit(1)


def _open_for(client: str) -> Brain:
    """Return the Brain; a store may be filled before clients are set up, and afterwards only for those that exist."""
    brain = open_brain()
    if Clients(brain.store).list_all(limit=1):
        require_client(brain, client)
    return brain


def _find_property(brain: Brain, client: str, option: str | None, field_map: FieldMap | None) -> str | None:
    """Return the GA4 property of a file: that of the option, else the client's only one where its map names none."""
    if option:
        return parse_ga4_property(option, "--ga4-property")
    is_mapped = field_map is not None and field_map.property_id is not None
    return None if is_mapped else Clients(brain.store).get_ga4_property(client)


async def _ingest(
    brain: Brain, source: str, payloads: Iterator[Any], context: FeedContext
) -> tuple[dict[str, int], dict[str, int]]:
    """Send requests of bounded size one after the other; return the counts of statuses and of reasons."""
    service = brain.ingest
    service.limits = UnlimitedBudgets()
    counts: Counter[str] = Counter(
        {str(outcome): 0 for outcome in IngestStatus if outcome is not IngestStatus.UNAVAILABLE}
    )
    reasons: Counter[str] = Counter()
    try:
        with show_progress("ingest") as report:
            for body, unreadable in _build_requests(payloads):
                counts["rejected"] += len(unreadable)
                reasons.update(f"{IngestStatus.REJECTED}: {rejection.message}" for rejection in unreadable)
                request = IngestRequest(context.client_id, source, "application/json", body, "command-line")
                ingested = await service(request, context)
                _count(ingested, counts, reasons)
                report(len(ingested.items))
    finally:
        await brain.writer.aclose()
    return dict(counts), dict(reasons)


def _count(ingested: IngestResult, counts: Counter[str], reasons: Counter[str]) -> None:
    counts.update(ingested.count_outcomes())
    reasons.update(f"{item.outcome}: {item.message}" for item in ingested.items if item.error_code)


def _build_requests(payloads: Iterator[Any]) -> Iterator[tuple[bytes, list[Rejected]]]:
    """Yield request bodies, each with the unreadable ones among the payloads that it was built from."""
    flat = (item for payload in payloads for item in (payload if isinstance(payload, list) else [payload]))
    while group := list(islice(flat, EVENTS_PER_COMMIT)):
        readable = [payload for payload in group if not isinstance(payload, Rejected)]
        yield json.dumps(readable).encode(), [payload for payload in group if isinstance(payload, Rejected)]
