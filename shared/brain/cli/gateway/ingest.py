"""``brain ingest``: a file through the same service as the function, into the store."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from brain.bootstrap import Brain
from brain.cli.gateway.payload_files import file_bytes, named_field_map, payloads, received_time
from brain.cli.local_brain import open_brain
from brain.cli.printing import figures, progress
from brain.domain.events import FeedType, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.results import Ingested, Outcome
from brain.errors import InvalidInputError
from brain.services.gateway.ingest import MAX_EVENTS
from brain.services.gateway.keep_dead_letter import Received
from brain.services.gateway.rate_limits import NoBudgets


def ingest(
    source: Annotated[str, typer.Argument(help=f"The feed: {', '.join(FeedType)}.")],
    file: Annotated[Path, typer.Argument(help="JSON, NDJSON or CSV.")],
    client: Annotated[str, typer.Option(help="Whose events they are.")],
    received_at: Annotated[str | None, typer.Option(help="When they came (ISO 8601); now if left out.")] = None,
    backfill: Annotated[bool, typer.Option(help="History: any age and size, resumed where it stood.")] = False,
    field_map: Annotated[str | None, typer.Option("--map", help="A field map of config/feeds.yaml.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """Store a file's events and print what became of them; exit 1 when any was rejected or dead-lettered."""
    if source not in set(FeedType):
        raise InvalidInputError(f"expected a feed, one of {', '.join(FeedType)}; {source!r} came")
    chosen = named_field_map(field_map) if field_map else None
    context = FeedContext(client, received_time(received_at), backfill=backfill, field_map=chosen)
    if backfill:
        from brain.cli.gateway.backfill import backfill as take_history

        take_history(file, source, context, json_output=json_output)
        return
    found = payloads(file_bytes(file), chosen, is_csv=file.suffix.lower() == ".csv")
    counts, reasons = asyncio.run(_ingest(open_brain(), source, found, context))
    figures(
        f"{file.name} into {client}", counts | {f"because {r}": n for r, n in reasons.items()}, json_output=json_output
    )
    if counts["rejected"] or counts["dead_lettered"]:
        raise typer.Exit(1)


async def _ingest(
    brain: Brain, source: str, found: Iterator[Any], context: FeedContext
) -> tuple[dict[str, int], dict[str, int]]:
    """Send requests of at most 500 items, one after the other, as a careful sender would."""
    service = brain.ingest
    service.limits = NoBudgets()
    counts: Counter[str] = Counter({str(o): 0 for o in Outcome if o is not Outcome.UNAVAILABLE})
    reasons: Counter[str] = Counter()
    try:
        with progress("ingest") as advance:
            for body, unreadable in _requests(found):
                counts["rejected"] += unreadable
                received = Received(context.client_id, source, "application/json", body, "command-line")
                done = await service(received, context)
                _add(done, counts, reasons)
                advance(len(done.items))
    finally:
        await brain.writer.aclose()
    return dict(counts), dict(reasons)


def _add(done: Ingested, counts: Counter[str], reasons: Counter[str]) -> None:
    counts.update(done.counts())
    reasons.update(f"{item.outcome}: {item.message}" for item in done.items if item.error_code)


def _requests(found: Iterator[Any]) -> Iterator[tuple[bytes, int]]:
    """Yield request bodies of at most 500 payloads, and how many of a file's lines were no payload."""
    flat = (item for value in found for item in (value if isinstance(value, list) else [value]))
    while group := list(islice(flat, MAX_EVENTS)):
        readable = [item for item in group if not isinstance(item, Rejected)]
        yield json.dumps(readable).encode(), len(group) - len(readable)
