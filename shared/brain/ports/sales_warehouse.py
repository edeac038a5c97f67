"""A shop's own sales database, as the retail services need it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeAlias

from brain.domain.retail.imports.import_lines import EventLine, SaleLine, WeatherLine
from brain.domain.retail.series import CalendarEvent, DailySale, Store
from brain.domain.retail.weather_days import WeatherRow

ResultRow: TypeAlias = Mapping[str, object]
"""A row of a result table by column."""


class ResultTable(StrEnum):
    """A table in which the Brain stores its results or the decisions of the shop."""

    BACKTESTS = "brain_backtest_results"
    SIGNAL_LIFTS = "brain_signal_magnitudes"
    PREDICTIONS = "brain_predictions"
    HYPOTHESES = "brain_hypotheses"
    DECISIONS = "brain_decisions"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Something that the database lacks or contains wrongly; ``fix`` is the command or SQL that corrects it."""

    table: str
    column: str | None
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class TableCount:
    """How an import changed a table: the number of new rows, and of existing rows that hold the file's values now."""

    table: str
    new: int
    existing: int


@dataclass(frozen=True, slots=True)
class HourlySale:
    """Sales of a store in one local hour (0 to 23) of a local day, net of returns; ``tickets`` counts lines."""

    store_id: str
    day: date
    hour: int
    revenue: float
    tickets: int


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which hypotheses to read; all given conditions must hold.

    Attributes:
        text: text to find in the id, the question or the note, in upper or lower case.
        state: state of the hypothesis.
        store_id: the store that it is about.
        before: only nights before this day.
        latest: only the last of these nights of each hypothesis.
        confirmations: only nights on which a lead was tested.
        stores: only hypotheses about one of these stores; "*" is the chain.
    """

    text: str | None = None
    state: str | None = None
    store_id: str | None = None
    before: date | None = None
    latest: bool = False
    confirmations: bool = False
    stores: tuple[str, ...] | None = None


class TextRedactor(Protocol):
    """Removes a person from a text."""

    def __call__(self, text: str, /) -> str:
        """Return ``text`` without the person; the same text when it does not name them."""


@dataclass(frozen=True, slots=True)
class TextErasures:
    """How many texts of which tables named a person.

    Attributes:
        erased: the texts that were replaced, or would be, by table.
        remaining: the texts in tables of the shop's own, which the Brain never writes, by table.
    """

    erased: Mapping[str, int]
    remaining: Mapping[str, int]


class ImportSession(Protocol):
    """An open import: lines are staged as they come and take effect together, or not at all."""

    def add_stores(self, stores: Sequence[Store]) -> None:
        """Describe stores that were not known before."""

    def add_sales(self, lines: Sequence[SaleLine]) -> None:
        """Stage sales lines in the order of the file."""

    def add_weather(self, lines: Sequence[WeatherLine]) -> None:
        """Stage weather lines; of two lines for the same time and time of knowledge the later wins."""

    def add_events(self, lines: Sequence[EventLine]) -> None:
        """Stage calendar events; of two lines for the same event and start the later wins."""

    def apply(self) -> list[TableCount]:
        """Write everything that was staged by natural key, in one transaction."""


class ShopDatabase(Protocol):
    """The sales, weather and calendar that analyses read, and the tables in which they store their results.

    All methods raise MisconfiguredError when a table or column is missing (the message says how to fix it) and
    StoreUnavailableError when the database does not answer.
    """

    def stores(self) -> list[Store]:
        """Return the stores by id, including those that have sales but were never described."""

    def daily_sales(self, store_ids: Sequence[str] | None = None, until: date | None = None) -> Iterator[DailySale]:
        """Yield sales by store, product and local day, in that order, up to and including ``until``."""

    def hourly_sales(self, store_ids: Sequence[str] | None = None) -> Iterator[HourlySale]:
        """Yield sales by store, local day and hour, in that order; daily totals have no hour and are left out."""

    def weather(self, store_ids: Sequence[str] | None = None) -> Iterator[WeatherRow]:
        """Yield readings and forecasts by store and time, in that order."""

    def events(self) -> list[CalendarEvent]:
        """Return the calendar by start, event and store."""

    def put_results(self, table: ResultTable, rows: Sequence[ResultRow]) -> None:
        """Write results by natural key; writing the same rows again changes nothing."""

    def results(
        self,
        table: ResultTable,
        where: Mapping[str, object] | None = None,
        before: date | None = None,
        *,
        latest: bool = False,
    ) -> list[dict[str, object]]:
        """Return result rows in the order of the key.

        Args:
            table: the table to read.
            where: values that columns must equal; a tuple means any of its members.
            before: only rows whose day (for example ``as_of`` of a signal's lift) is before this one.
            latest: only the rows of the last such day.
        """

    def ledger(self, query: LedgerQuery) -> list[dict[str, object]]:
        """Return the hypotheses of the query by night and id."""


class WarehouseOpener(Protocol):
    """Opens the shop's database for one run and closes it again."""

    def __call__(self) -> AbstractContextManager[ShopDatabase]:
        """Return a context manager that yields the database."""


class SalesWarehouse(ShopDatabase, Protocol):
    """The whole database with its schema and imports."""

    def upgrade(self) -> list[str]:
        """Create or migrate the Brain's tables; return the revisions applied (none when up to date)."""

    def check(self) -> list[SchemaFault]:
        """Return every missing table or column, and days that are counted twice."""

    def erase_texts(self, redact: TextRedactor, store_ids: Sequence[str], *, is_dry_run: bool = False) -> TextErasures:
        """Replace every text that ``redact`` changes in the rows of these stores, all of them or none.

        Figures stay. Rows that only such a text told apart stay apart. Repeating it changes nothing.
        """

    def row_counts(self) -> dict[str, int]:
        """Return the number of rows of each existing table."""

    def importing(self) -> AbstractContextManager[ImportSession]:
        """Open an import; leaving without ``apply`` leaves nothing behind."""

    def close(self) -> None:
        """Release all connections."""
