"""``brain retail import``: import a shop's CSV files into its database."""

import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.cli.gateway.payload_files import STANDARD_INPUT, build_read_error, describe_source
from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import DatabaseOption
from brain.cli.retail.output import print_json, print_table, print_text
from brain.domain.retail.imports.csv_reader import EVENT_COLUMNS, SALES_COLUMNS, WEATHER_COLUMNS
from brain.domain.retail.imports.file_summary import FileSummary
from brain.domain.retail.series import Store
from brain.domain.retail.signals.calendar_days import list_holiday_names
from brain.errors import InvalidInputError
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, ImportReport, import_files
from brain.settings.files import load_config

LINES_PER_UPDATE = 5000
FAULTS_FOUND = 1
HOLIDAY_YEAR = 2026
"""A year to look up holidays for, to see whether they are known for a country."""
SalesOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help=f"CSV of sales with the columns {', '.join(SALES_COLUMNS)}; - reads standard input."
    ),
]
WeatherOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help=f"CSV of weather with the columns {', '.join(WEATHER_COLUMNS)}; - reads standard input."
    ),
]
EventsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help=f"CSV of events with the columns {', '.join(EVENT_COLUMNS)}; - reads standard input."
    ),
]
TimeZoneOption = Annotated[
    str | None, typer.Option(metavar="ZONE", help="IANA time zone of new stores, such as Europe/Berlin.")
]
CountryOption = Annotated[
    str | None, typer.Option(metavar="CODE", help="ISO 3166 country of new stores, such as DE, for holidays.")
]
SubdivisionOption = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="ISO 3166-2 subdivision of new stores, such as SH, for regional holidays."),
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", help="Import nothing if a single line is bad. By default bad lines are skipped."),
]


def import_csv(  # noqa: PLR0913, PLR0917 - one parameter per option
    sales: SalesOption = None,
    weather: WeatherOption = None,
    events: EventsOption = None,
    time_zone: TimeZoneOption = None,
    country: CountryOption = None,
    subdivision: SubdivisionOption = None,
    strict: StrictOption = False,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import CSV files of sales, weather and events; importing the same file again changes nothing.

    The first line of a file names its columns, in any order; the
    delimiter is a comma, semicolon or tab.

    Sales: sold_at is a date for a day's total (2026-01-31), or the time
    of a ticket (2026-01-31T09:30:00, in the store's time zone unless it
    has a UTC offset). category may be missing, and one of quantity and
    revenue. Numbers have a decimal point; returns are negative.

    Weather: observed_at is a date or a time. temperature_c is in °C,
    precipitation_mm in mm, wind_kmh in km/h, cloud_cover in percent,
    eighths or as a share; any of them may be missing. known_at is when a
    forecast was made.

    Events: class is a class of config/brain_retail.yaml, such as
    home_game. end is included. Without store_id an event is every
    store's. known_at is when the event was announced.

    Exits with 1 when lines were bad; they are listed with the reason.
    """
    candidates = {ImportKind.SALES: sales, ImportKind.WEATHER: weather, ImportKind.EVENTS: events}
    paths = {kind: path for kind, path in candidates.items() if path is not None}
    _check_paths(paths)
    config = load_config("warehouse", WarehouseConfig)
    new_store = _describe_new_store(config, time_zone, country, subdivision)
    limits = ImportLimits(config.batch_lines, config.bad_lines_shown)
    with open_warehouse(database) as warehouse, _create_progress(as_json) as progress, ExitStack() as stack:
        files = [_open_file(kind, path, progress, stack) for kind, path in paths.items()]
        report = import_files(warehouse, files, new_store, limits, strict=strict)
    if as_json:
        print_json(_report_to_document(report))
    else:
        _print(report)
    raise typer.Exit(FAULTS_FOUND if report.bad else 0)


def _check_paths(paths: Mapping[ImportKind, Path]) -> None:
    if not paths:
        raise InvalidInputError("expected a file to import, got none; name one with --sales, --weather or --events")
    piped = [f"--{kind}" for kind, path in paths.items() if path == STANDARD_INPUT]
    if len(piped) > 1:
        raise InvalidInputError(f"only one file can be standard input, got {' and '.join(piped)}; name a file")


def _describe_new_store(
    config: WarehouseConfig, time_zone: str | None, country: str | None, subdivision: str | None
) -> Store:
    """Return time zone and place of new stores. Raises InvalidInputError when holidays are not known for the place."""
    store = Store(
        "",
        time_zone or config.default_time_zone,
        country.upper() if country else config.default_country,
        subdivision.upper() if subdivision else None,
    )
    if subdivision and store.country is None:
        raise InvalidInputError(f"--subdivision needs a country, got {subdivision!r} alone; add --country")
    list_holiday_names(store.country, store.subdivision, (HOLIDAY_YEAR,))
    return store


def _create_progress(as_json: bool) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=as_json or not console.is_terminal)


def _open_file(kind: ImportKind, path: Path, progress: Progress, stack: ExitStack) -> ImportFile:
    """Open a file or standard input; bytes that are not UTF-8 become unprintable, so that only their line is bad."""
    if path == STANDARD_INPUT:
        stream = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape")
        stack.callback(stream.detach)
        return ImportFile(kind, describe_source(path), _track(stream, describe_source(path), None, progress))
    try:
        file = stack.enter_context(path.open(encoding="utf-8", errors="surrogateescape"))
        size = path.stat().st_size
    except OSError as exc:
        raise build_read_error(path, exc) from exc
    return ImportFile(kind, path.name, _track(file, path.name, size, progress))


def _track(lines: Iterable[str], name: str, size: int | None, progress: Progress) -> Iterator[str]:
    """Yield the lines and show how much of the file has been read."""
    task = progress.add_task(name, total=size)
    characters = 0
    for number, line in enumerate(lines):
        characters += len(line)
        if number % LINES_PER_UPDATE == 0:
            progress.update(task, completed=characters)
        yield line
    progress.update(task, completed=size if size is not None else characters)


def _report_to_document(report: ImportReport) -> dict[str, object]:
    return {
        "refused": report.refused,
        "tables": [
            {"table": count.table, "new": count.new, "already_there": count.existing} for count in report.tables
        ],
        "files": [_summary_to_document(summary) for summary in report.files],
        "new_stores": [
            {"store_id": store.store_id, "time_zone": store.timezone, "country": store.country}
            for store in report.new_stores
        ],
    }


def _summary_to_document(summary: FileSummary) -> dict[str, object]:
    return {
        "file": summary.source,
        "read": summary.read,
        "good": summary.good,
        "bad": summary.bad,
        "bad_lines": [{"line": line.line_number, "reason": line.reason} for line in summary.bad_lines],
    }


def _print(report: ImportReport) -> None:
    for summary in report.files:
        for line in summary.bad_lines:
            print_text(f"{summary.source}, line {line.line_number}: {line.reason}")
        if summary.bad > len(summary.bad_lines):
            print_text(f"{summary.source}: {summary.bad - len(summary.bad_lines)} more bad lines")
    if report.refused:
        print_text(
            f"Nothing was imported: {report.bad} bad lines with --strict. Correct them, or omit --strict to skip them."
        )
        return
    rows = [(count.table, f"{count.new:,}", f"{count.existing:,}") for count in report.tables]
    print_table("Imported", ("table", "new>", "already there>"), rows, f"{report.bad} bad lines skipped")
    for store in report.new_stores:
        print_text(
            f"New store {store.store_id}: time zone {store.timezone}, country {store.country or 'unknown'} "
            "(--time-zone and --country set those of new stores)"
        )
