"""Import a shop's CSV files: good lines by natural key in one transaction, bad lines reported by number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any, Protocol

from brain.domain.retail.imports.csv_reader import read_events, read_sales, read_weather
from brain.domain.retail.imports.file_summary import FileSummary
from brain.domain.retail.imports.import_lines import BadLine, ImportLine
from brain.domain.retail.series import Store, load_zone
from brain.domain.retail.store_zones import StoreZones
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ImportSession, SalesWarehouse, TableCount


class ImportKind(StrEnum):
    """What a file holds."""

    SALES = "sales"
    WEATHER = "weather"
    EVENTS = "events"


class LineReader(Protocol):
    """Reads the lines of one kind of file."""

    def __call__(self, source: str, lines: Iterable[str], zones: StoreZones, /) -> Iterator[ImportLine | BadLine]:
        """Yield a record or a bad line per line."""


READERS: Mapping[ImportKind, LineReader] = {
    ImportKind.SALES: read_sales,
    ImportKind.WEATHER: read_weather,
    ImportKind.EVENTS: read_events,
}


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file to import: its kind, its name for messages, and its lines, which are read once and one at a time."""

    kind: ImportKind
    source: str
    lines: Iterable[str]


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """``batch_lines`` lines are held in memory at a time; ``bad_lines_shown`` bad lines per file are reported."""

    batch_lines: int
    bad_lines_shown: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The counts of each file and table; ``refused`` means that a strict import had a bad line and changed nothing."""

    files: tuple[FileSummary, ...]
    tables: tuple[TableCount, ...]
    new_stores: tuple[Store, ...]
    refused: bool

    @property
    def bad(self) -> int:
        """The number of bad lines of all files."""
        return sum(summary.bad for summary in self.files)


def import_files(
    warehouse: SalesWarehouse,
    files: Sequence[ImportFile],
    new_store: Store,
    limits: ImportLimits,
    *,
    strict: bool = False,
) -> ImportReport:
    """Import ``files`` together or not at all; importing the same files again changes nothing.

    Args:
        warehouse: the shop's database.
        files: the files to import.
        new_store: time zone, country and subdivision of stores that the database does not know yet.
        limits: lines held in memory and bad lines reported.
        strict: refuse all files when there is a single bad line.

    Raises:
        InvalidInputError: a header lacks columns, or a file has no lines.
    """
    warehouse.upgrade()
    zones = StoreZones(warehouse.stores(), load_zone(new_store.timezone))
    new_store_ids: set[str] = set()
    summaries = tuple(FileSummary(file.source, limits.bad_lines_shown) for file in files)
    with warehouse.importing() as session:
        for file, summary in zip(files, summaries, strict=True):
            for batch in _split_batches(_read_good_lines(file, summary, zones), limits.batch_lines):
                new_store_ids.update(line.store_id for line in batch if line.store_id not in zones)
                _stage(session, file.kind, batch)
            _require_lines(file, summary)
        if strict and any(summary.bad for summary in summaries):
            return ImportReport(summaries, (), (), refused=True)
        new_stores = tuple(replace(new_store, store_id=store_id) for store_id in sorted(new_store_ids - {ALL_STORES}))
        session.add_stores(new_stores)
        return ImportReport(summaries, tuple(session.apply()), new_stores, refused=False)


def _require_lines(file: ImportFile, summary: FileSummary) -> None:
    if not summary.read:
        raise InvalidInputError(f"{file.source} must have lines below the header, got none; check the file")


def _read_good_lines(file: ImportFile, summary: FileSummary, zones: StoreZones) -> Iterator[ImportLine]:
    """Yield the good lines of a file and count all of them."""
    for line in READERS[file.kind](file.source, file.lines, zones):
        if isinstance(line, BadLine):
            summary.add_bad_line(line)
        else:
            summary.good += 1
            yield line


def _split_batches(lines: Iterator[ImportLine], size: int) -> Iterator[list[Any]]:
    while batch := list(islice(lines, size)):
        yield batch


def _stage(session: ImportSession, kind: ImportKind, batch: list[Any]) -> None:
    if kind is ImportKind.SALES:
        session.add_sales(batch)
    elif kind is ImportKind.WEATHER:
        session.add_weather(batch)
    else:
        session.add_events(batch)
