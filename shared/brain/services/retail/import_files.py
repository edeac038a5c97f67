"""Takes the shop's files into the warehouse: good lines by natural key in one transaction, bad ones by number."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from brain.domain.retail.imports import reading
from brain.domain.retail.imports.lines import BadLine
from brain.domain.retail.imports.tally import Tally
from brain.domain.retail.series import Store, load_zone
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ImportSession, SalesWarehouse, TableCount


class Kind(StrEnum):
    """What a file holds."""

    SALES = "sales"
    WEATHER = "weather"
    EVENTS = "events"


READERS = {Kind.SALES: reading.sales, Kind.WEATHER: reading.weather, Kind.EVENTS: reading.events}


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file to import: its name for messages and its lines, read once and never held together."""

    kind: Kind
    source: str
    text: Iterable[str]


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """``batch_lines`` are held in memory at a time; ``bad_lines_shown`` are reported one by one."""

    batch_lines: int = 10_000
    bad_lines_shown: int = 20


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each file and table. ``refused``: a strict import met a bad line and changed nothing."""

    files: tuple[Tally, ...]
    tables: tuple[TableCount, ...]
    new_stores: tuple[Store, ...]
    refused: bool

    @property
    def bad(self) -> int:
        """Lines not taken, over all files."""
        return sum(tally.bad for tally in self.files)


def import_files(
    warehouse: SalesWarehouse,
    files: Sequence[ImportFile],
    new_store: Store,
    limits: ImportLimits,
    *,
    strict: bool = False,
) -> ImportReport:
    """Import ``files`` together or not at all; a store met for the first time is described like ``new_store``.

    The same files again change nothing. With ``strict`` a single bad line refuses them all.

    Raises:
        InvalidInputError: a heading lacks columns, or a file has no lines.
    """
    warehouse.upgrade()
    zones = _Zones(warehouse.stores(), load_zone(new_store.timezone))
    tallies = tuple(Tally(file.source, limits.bad_lines_shown) for file in files)
    with warehouse.importing() as session:
        for file, tally in zip(files, tallies, strict=True):
            for batch in _batches(_good(file, tally, zones), limits.batch_lines):
                _add(session, file.kind, batch)
            if not tally.read:
                raise InvalidInputError(f"{file.source} has a heading and no lines; there is nothing to import")
        if strict and any(tally.bad for tally in tallies):
            return ImportReport(tallies, (), (), refused=True)
        new_stores = tuple(replace(new_store, store_id=store_id) for store_id in sorted(zones.unknown))
        session.add_stores(new_stores)
        return ImportReport(tallies, tuple(session.apply()), new_stores, refused=False)


class _Zones:
    """Each store's time zone; remembers which stores were never described."""

    def __init__(self, known: Iterable[Store], default: ZoneInfo) -> None:
        self._zones = {store.store_id: load_zone(store.timezone) for store in known}
        self._default = default
        self.unknown: set[str] = set()

    def __call__(self, store_id: str) -> ZoneInfo:
        return self._zones.get(store_id, self._default)

    def meet(self, store_id: str) -> None:
        """Remember a store that a good line named."""
        if store_id not in self._zones and store_id != ALL_STORES:
            self.unknown.add(store_id)


def _good(file: ImportFile, tally: Tally, zones: _Zones) -> Iterator[Any]:
    for line in READERS[file.kind](file.source, file.text, zones):
        if isinstance(line, BadLine):
            tally.refuse(line)
        else:
            tally.good += 1
            zones.meet(line.store_id)
            yield line


def _batches(lines: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(islice(lines, size)):
        yield batch


def _add(session: ImportSession, kind: Kind, batch: list[Any]) -> None:
    if kind is Kind.SALES:
        session.add_sales(batch)
    elif kind is Kind.WEATHER:
        session.add_weather(batch)
    else:
        session.add_events(batch)
