"""The shop's own sales database, as the retail services need it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeAlias

from brain.domain.retail.imports.lines import EventLine, SaleLine, WeatherLine
from brain.domain.retail.series import CalendarEvent, DailySale, Store
from brain.domain.retail.weather_days import WeatherRow

Row: TypeAlias = Mapping[str, object]


class ResultTable(StrEnum):
    """Where the Brain writes what it found, and what it was told was decided."""

    BACKTESTS = "brain_backtest_results"
    MAGNITUDES = "brain_signal_magnitudes"
    PREDICTIONS = "brain_predictions"
    HYPOTHESES = "brain_hypotheses"
    DECISIONS = "brain_decisions"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Something the database lacks or holds wrongly; ``mend`` is the command or SQL that puts it right."""

    table: str
    column: str | None
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class TableCount:
    """How an import changed one table: rows that are new, and rows that were there and now hold the file's values."""

    table: str
    new: int
    already_there: int


@dataclass(frozen=True, slots=True)
class HourlySale:
    """What one store sold on one local day in one local hour (0 to 23), net of returns; ``tickets`` counts lines."""

    store_id: str
    day: date
    hour: int
    revenue: float
    tickets: int


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which hypotheses to read; every condition that is given must hold.

    ``text`` is looked for in the id, the question and the note, whatever the case. ``latest`` keeps each hypothesis'
    last night (of those before ``before``); ``confirmations`` keeps the nights on which a lead was tested; ``stores``
    keeps those of any of these stores ("*" is the chain).
    """

    text: str | None = None
    state: str | None = None
    store_id: str | None = None
    before: date | None = None
    latest: bool = False
    confirmations: bool = False
    stores: tuple[str, ...] | None = None


class ImportSession(Protocol):
    """One import: lines are set aside as they come and take effect together, or not at all."""

    def add_stores(self, stores: Sequence[Store]) -> None:
        """Describe stores that were not known before."""

    def add_sales(self, lines: Sequence[SaleLine]) -> None:
        """Set sales lines aside, in the order of the file."""

    def add_weather(self, lines: Sequence[WeatherLine]) -> None:
        """Set weather lines aside; of two lines for the same hour and knowledge time the later wins."""

    def add_events(self, lines: Sequence[EventLine]) -> None:
        """Set calendar events aside; of two lines for the same event and start the later wins."""

    def apply(self) -> list[TableCount]:
        """Write everything set aside, by natural key, in one transaction."""


class Shop(Protocol):
    """What the engines read of a shop, and where they keep what they found.

    All methods raise MisconfiguredError when a table or column is missing (the message says how to mend it) and
    StoreUnavailableError when the database does not answer.
    """

    def stores(self) -> list[Store]:
        """Return the known stores by id, those that have sales but were never described included."""

    def daily_sales(self, store_ids: Sequence[str] | None = None, until: date | None = None) -> Iterator[DailySale]:
        """Yield sales by store, product and local day, in that order, up to and with ``until``."""

    def hourly_sales(self, store_ids: Sequence[str] | None = None) -> Iterator[HourlySale]:
        """Yield sales by store, local day and hour, in that order; daily totals have no hour and are left out."""

    def weather(self, store_ids: Sequence[str] | None = None) -> Iterator[WeatherRow]:
        """Yield readings and forecasts by store and time, in that order."""

    def events(self) -> list[CalendarEvent]:
        """Return the calendar by start, event and store."""

    def put_results(self, table: ResultTable, rows: Sequence[Row]) -> None:
        """Write results by natural key: the same rows again change nothing."""

    def results(
        self,
        table: ResultTable,
        where: Mapping[str, object] | None = None,
        before: date | None = None,
        *,
        latest: bool = False,
    ) -> list[dict[str, object]]:
        """Return results whose columns equal ``where`` (a tuple: are one of these), in the order of the key.

        ``before`` keeps the rows whose day (``as_of`` of a magnitude, for one) is earlier; ``latest`` keeps of those
        only the rows of the last such day.
        """

    def ledger(self, query: LedgerQuery) -> list[dict[str, object]]:
        """Return the hypotheses of the query by night and id."""


class WarehouseOpener(Protocol):
    """Opens the shop's database for one run and closes it again."""

    def __call__(self) -> AbstractContextManager[Shop]:
        """Return a context manager that yields the database."""


class SalesWarehouse(Shop, Protocol):
    """The whole database: every shop in it, its tables, and the way in."""

    def upgrade(self) -> list[str]:
        """Create or migrate the Brain's tables; return the revisions applied (none when up to date)."""

    def check(self) -> list[SchemaFault]:
        """Return every missing table or column, and days that are counted twice."""

    def row_counts(self) -> dict[str, int]:
        """Return the number of rows of each table that is there."""

    def put_stores(self, stores: Iterable[Store]) -> None:
        """Describe stores. Raises InvalidInputError when a store with data would change its time zone."""

    def importing(self) -> AbstractContextManager[ImportSession]:
        """Open an import; leaving without ``apply`` leaves nothing behind."""

    def close(self) -> None:
        """Give every connection back."""
