"""``brain ingest --backfill``: history of any age and size, streamed, resumable, beside the live events."""

import asyncio
import hashlib
import os
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import typer

from brain.bootstrap import Brain
from brain.cli.gateway.payload_stream import pieces
from brain.cli.local_brain import open_brain
from brain.cli.printing import complaint, figures, progress
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.results import Outcome
from brain.errors import InvalidInputError
from brain.services.gateway.backfill import Backfill, Fault, History, Step

SHOWN_FAULTS = 100
_SAMPLE_BYTES = 64 * 1024


def backfill(file: Path, source: str, context: FeedContext, *, json_output: bool) -> None:
    """Store a file's history and print what became of it; exit 1 when any was rejected or dead-lettered."""
    history = History(_key(file, source, context), source, lambda place: pieces(file, context.field_map, place))
    counts = asyncio.run(_run(open_brain(), file, history, context))
    figures(f"{file.name} into {context.client_id}", counts, json_output=json_output)
    if counts["rejected"] or counts["dead_lettered"]:
        raise typer.Exit(1)


async def _run(brain: Brain, file: Path, history: History, context: FeedContext) -> dict[str, int]:
    counts = Counter({str(outcome): 0 for outcome in Outcome if outcome is not Outcome.UNAVAILABLE})
    size, shown = os.path.getsize(file), 0  # noqa: ASYNC240, PTH202 - once, before anything runs beside it
    try:
        with progress("backfill", total=100) as advance:
            done = 0
            async for step in Backfill(brain.ingest)(history, context):
                counts.update(step.counts)
                shown = _show(step, shown)
                reached = 100 * step.end.offset // max(1, size)
                advance(reached - done)
                done = reached
    finally:
        await brain.writer.aclose()
    return dict(counts)


def _show(step: Step, shown: int) -> int:
    """Tell on standard error, by line, what made no event; of very many, the first."""
    for fault in step.faults[: max(0, SHOWN_FAULTS - shown)]:
        complaint(_told(fault))
    if shown < SHOWN_FAULTS <= shown + len(step.faults):
        complaint({"message": f"further lines are counted, not shown; these were the first {SHOWN_FAULTS}"})
    return shown + len(step.faults)


def _told(fault: Fault) -> dict[str, Any]:
    return dict(zip(("line", "outcome", "error_code", "message"), fault, strict=True))


def _key(file: Path, source: str, context: FeedContext) -> str:
    """Return what a file's checkpoint is known by: how it is read, its size, and how it begins and ends."""
    try:
        with closing(file.open("rb")) as stream:
            size = os.fstat(stream.fileno()).st_size
            head = stream.read(_SAMPLE_BYTES)
            stream.seek(max(0, size - _SAMPLE_BYTES))
            tail = stream.read(_SAMPLE_BYTES)
    except OSError as error:
        raise InvalidInputError(f"cannot read {file}: {error.strerror}") from error
    field_map = context.field_map.model_dump_json() if context.field_map else ""
    about = f"{source}\n{field_map}\n{size}\n".encode()
    return hashlib.sha256(about + head + tail).hexdigest()[:24]
