"""``brain ingest --backfill``: import history of any age and size, streamed and resumable, while live events arrive."""

import asyncio
import hashlib
import os
from collections import Counter
from contextlib import closing
from pathlib import Path

import typer

from brain.bootstrap import Brain
from brain.cli.gateway.payload_files import build_read_error
from brain.cli.gateway.payload_stream import pieces
from brain.cli.local_brain import open_brain
from brain.cli.printing import print_fault, print_figures, show_progress
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.results import IngestStatus
from brain.services.gateway.backfill import Backfill, BackfillFile, BackfillProgress

FAULTS_SHOWN = 100
SAMPLE_BYTES = 64 * 1024


def backfill(file: Path, source: str, context: FeedContext, *, json_output: bool) -> None:
    """Store a file's history and count what became of it; exit 1 when any was rejected or dead-lettered."""
    key = _checkpoint_key(file, source, context)
    history = BackfillFile(key, source, lambda position: pieces(file, context.field_map, position))
    counts = asyncio.run(_run(open_brain(), file, history, context))
    print_figures(f"{file.name} into {context.client_id}", counts, json_output=json_output)
    if counts["rejected"] or counts["dead_lettered"]:
        raise typer.Exit(1)


async def _run(brain: Brain, file: Path, history: BackfillFile, context: FeedContext) -> dict[str, int]:
    counts = Counter({str(outcome): 0 for outcome in IngestStatus if outcome is not IngestStatus.UNAVAILABLE})
    size = os.path.getsize(file)  # noqa: ASYNC240, PTH202 - once, before anything runs concurrently
    percent = faults = 0
    try:
        with show_progress("backfill", total=100) as report:
            async for step in Backfill(brain.ingest)(history, context):
                counts.update(step.counts)
                faults = _print_faults(step, faults)
                report(100 * step.end.offset // max(1, size) - percent)
                percent = 100 * step.end.offset // max(1, size)
    finally:
        await brain.writer.aclose()
    return dict(counts)


def _print_faults(step: BackfillProgress, earlier: int) -> int:
    """Print the lines that made no event, up to a limit over the whole file; return how many there were so far."""
    for fault in step.faults[: max(0, FAULTS_SHOWN - earlier)]:
        print_fault(dict(zip(("line", "outcome", "error_code", "message"), fault, strict=True)))
    total = earlier + len(step.faults)
    if earlier < FAULTS_SHOWN <= total:
        print_fault({"message": f"showed the first {FAULTS_SHOWN} faulty lines; further ones are only counted"})
    return total


def _checkpoint_key(file: Path, source: str, context: FeedContext) -> str:
    """Return the key of a file's checkpoint: a hash of how it is read, its size, its beginning and its end."""
    try:
        with closing(file.open("rb")) as stream:
            size = os.fstat(stream.fileno()).st_size
            head = stream.read(SAMPLE_BYTES)
            stream.seek(max(0, size - SAMPLE_BYTES))
            tail = stream.read(SAMPLE_BYTES)
    except OSError as error:
        raise build_read_error(file, error) from error
    field_map = context.field_map.model_dump_json() if context.field_map else ""
    reading = f"{source}\n{field_map}\n{size}\n".encode()
    return hashlib.sha256(reading + head + tail).hexdigest()[:24]
