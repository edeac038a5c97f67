"""``brain retail import``: the shop's CSV files into its database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from brain.cli.retail.database import AsJson, Database, open_warehouse, warehouse_config
from brain.cli.retail.output import print_json, print_table, say
from brain.domain.retail.imports.file_summary import FileSummary
from brain.domain.retail.series import Store
from brain.errors import InvalidInputError
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, ImportReport, import_files

LINES_PER_PROGRESS = 5000
FAULTS_FOUND = 1


def import_csv(  # noqa: PLR0913, PLR0917 - one argument an option
    sales: Annotated[Path | None, typer.Option(help="store_id,sold_at,product_id,category,quantity,revenue")] = None,
    weather: Annotated[
        Path | None,
        typer.Option(
            help="store_id,observed_at,temperature_c,precipitation_mm,wind_kmh,cloud_cover,condition[,known_at]"
        ),
    ] = None,
    events: Annotated[Path | None, typer.Option(help="event,class,start,end[,store_id][,known_at]")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of stores not met before, such as Europe/Berlin.")] = None,
    country: Annotated[str | None, typer.Option(help="Of stores not met before, for holidays, such as DE.")] = None,
    subdivision: Annotated[str | None, typer.Option(help="Of stores not met before, for holidays, such as SH.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse everything when a single line is bad.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Import CSV files by natural key: the same file again changes nothing.

    A `sold_at` that is a date is a day's total; a time without a zone is the store's own clock; returns are negative.
    """
    named = {ImportKind.SALES: sales, ImportKind.WEATHER: weather, ImportKind.EVENTS: events}
    paths = {kind: path for kind, path in named.items() if path is not None}
    if not paths:
        raise InvalidInputError("nothing to import; name a file with --sales, --weather or --events")
    config = warehouse_config()
    new_store = Store("", time_zone or config.default_time_zone, country or config.default_country, subdivision)
    limits = ImportLimits(config.batch_lines, config.bad_lines_shown)
    with open_warehouse(database) as warehouse, _progress(as_json) as progress, ExitStack() as opened:
        files = [_opened(kind, path, progress, opened) for kind, path in paths.items()]
        report = import_files(warehouse, files, new_store, limits, strict=strict)
    if as_json:
        print_json(_document(report))
    else:
        _print(report)
    raise typer.Exit(FAULTS_FOUND if report.bad else 0)


def _progress(as_json: bool) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=as_json or not console.is_terminal)


def _opened(kind: ImportKind, path: Path, progress: Progress, opened: ExitStack) -> ImportFile:
    try:
        # What is not UTF-8 becomes unprintable, so that only its line is refused.
        stream = opened.enter_context(path.open(encoding="utf-8", errors="surrogateescape"))
        total = path.stat().st_size
    except OSError as exc:
        raise InvalidInputError(f"cannot read {path}: {exc.strerror}; check the path") from exc
    return ImportFile(kind, path.name, _watched(stream, path.name, total, progress))


def _watched(stream: Iterator[str], name: str, total: int, progress: Progress) -> Iterator[str]:
    task = progress.add_task(name, total=total)
    for number, line in enumerate(stream):
        if number % LINES_PER_PROGRESS == 0:
            progress.update(task, completed=stream.buffer.tell())  # type: ignore[attr-defined]  # a text file has one
        yield line
    progress.update(task, completed=total)


def _document(report: ImportReport) -> dict[str, object]:
    return {
        "refused": report.refused,
        "tables": [{"table": t.table, "new": t.new, "already_there": t.existing} for t in report.tables],
        "files": [_file(tally) for tally in report.files],
        "new_stores": [
            {"store_id": store.store_id, "time_zone": store.timezone, "country": store.country}
            for store in report.new_stores
        ],
    }


def _file(tally: FileSummary) -> dict[str, object]:
    bad_lines = [{"line": line.line_number, "reason": line.reason} for line in tally.bad_lines]
    return {"file": tally.source, "read": tally.read, "good": tally.good, "bad": tally.bad, "bad_lines": bad_lines}


def _print(report: ImportReport) -> None:
    for tally in report.files:
        for line in tally.bad_lines:
            say(f"{tally.source}, line {line.line_number}: {line.reason}")
        if tally.bad > len(tally.bad_lines):
            say(f"{tally.source}: {tally.bad - len(tally.bad_lines)} more bad lines")
    if report.refused:
        say(
            f"Nothing was imported: {report.bad} bad lines and --strict. Mend them, or leave --strict out to skip them."
        )
        return
    rows = [(t.table, f"{t.new:,}", f"{t.existing:,}") for t in report.tables]
    print_table("Imported", ("table", "new>", "already there>"), rows, f"{report.bad} bad lines skipped")
    for store in report.new_stores:
        say(
            f"New store {store.store_id}: time zone {store.timezone}, country {store.country or 'unknown'} "
            "(--time-zone and --country describe stores not met before)"
        )
