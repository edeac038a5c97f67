"""A client's own view of a database that holds others' stores too."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.domain.retail.documents import MAX_DOCUMENT_BYTES, fit_rows, to_json_value
from brain.domain.retail.series import Store
from brain.errors import StoreRefusedError
from brain.ports.sales_warehouse import LedgerQuery, ResultTable
from brain.services.retail.client_shop import ClientShop, last_ended_day, select_client_shop
from brain.testing.simulations.shop_clients import BAKER, LAST_DAY, RIVAL, SUNDAY, fill_warehouse, open_warehouse

DAY = LAST_DAY - timedelta(days=1)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlWarehouse]:
    """Forty days of three stores."""
    url = f"sqlite:///{tmp_path_factory.mktemp('own') / 'shop.db'}"
    with closing(open_warehouse(url)) as warehouse:
        fill_warehouse(warehouse, 40)
        yield warehouse


@pytest.fixture
def shop(database: SqlWarehouse) -> ClientShop:
    """The baker's own."""
    return select_client_shop(database, BAKER, SUNDAY, lambda _table, _rows: True)


def test_it_ends_where_the_day_ended_and_at_its_own_stores(shop: ClientShop) -> None:
    """In sales by day and hour, weather, stores and calendar, whatever is asked for."""
    own = {"north", "south"}
    assert shop.day == DAY
    assert {store.store_id for store in shop.stores()} == own
    assert {row.store_id for row in shop.daily_sales()} == own
    assert max(row.day for row in shop.daily_sales()) == DAY
    assert max(row.day for row in shop.daily_sales(until=date(2027, 1, 1))) == DAY
    assert max(row.day for row in shop.daily_sales(until=DAY - timedelta(days=9))) == DAY - timedelta(days=9)
    assert {row.store_id for row in shop.daily_sales(["north", "east"])} == {"north"}
    assert list(shop.daily_sales(["east"])) == []
    assert max(row.day for row in shop.hourly_sales()) == DAY
    assert {row.store_id for row in shop.weather()} == own
    assert {event.event for event in shop.events()} == {"market"}


def row(store_id: str, day: date = DAY) -> dict[str, object]:
    """A prediction of a store."""
    return {"store_id": store_id, "product_id": "*", "cutoff": day, "day": day + timedelta(days=1), "predicted": 1.0}


def test_what_is_said_of_all_stores_is_the_client_s_own(database: SqlWarehouse, shop: ClientShop) -> None:
    """Two clients' rows about all of their stores lie side by side, and each reads its own as "*"."""
    rival = select_client_shop(database, RIVAL, SUNDAY, lambda _table, _rows: True)
    shop.put_results(ResultTable.PREDICTIONS, [row("*"), row("north")])
    rival.put_results(ResultTable.PREDICTIONS, [row("*", DAY + timedelta(days=1)), row("east")])
    database.put_results(ResultTable.PREDICTIONS, [row("*", DAY - timedelta(days=1))])
    assert [row["store_id"] for row in shop.results(ResultTable.PREDICTIONS)] == ["*", "north"]
    assert [row["cutoff"] for row in shop.results(ResultTable.PREDICTIONS, latest=True)] == [DAY, DAY]
    assert shop.results(ResultTable.PREDICTIONS, {"store_id": "east"}) == []
    assert [row["store_id"] for row in shop.results(ResultTable.PREDICTIONS, {"store_id": ("*", "east")})] == ["*"]
    assert [row["store_id"] for row in rival.results(ResultTable.PREDICTIONS)] == ["*", "east"]
    names = {str(row["store_id"]) for row in database.results(ResultTable.PREDICTIONS)}
    assert names == {"*", "*baker", "*rival", "north", "east"}


def question(store_id: str) -> dict[str, object]:
    """A hypothesis about a store."""
    columns = {"template": "rain", "product_id": "", "night": DAY, "question": "rain?", "state": "lead", "alpha": 0.1}
    return {**columns, "hypothesis_id": f"rain@{store_id}/", "store_id": store_id, "n": 9, "occurrences": 3}


def test_questions_about_all_stores_are_asked_under_the_client_s_name(database: SqlWarehouse, shop: ClientShop) -> None:
    """Their ids too, so that no night of one client answers another's."""
    shop.put_results(ResultTable.HYPOTHESES, [question("*"), question("south")])
    assert [row["hypothesis_id"] for row in shop.ledger(LedgerQuery())] == ["rain@*/", "rain@south/"]
    assert [row["store_id"] for row in shop.ledger(LedgerQuery(store_id="*"))] == ["*"]
    assert [row["store_id"] for row in shop.ledger(LedgerQuery(stores=("south", "east")))] == ["south"]
    assert shop.ledger(LedgerQuery(store_id="east")) == []
    assert {row["hypothesis_id"] for row in database.ledger(LedgerQuery())} == {"rain@*baker/", "rain@south/"}


def test_rows_about_somebody_else_s_store_are_refused(database: SqlWarehouse, shop: ClientShop) -> None:
    """All of them, before anything is written."""
    before = database.results(ResultTable.PREDICTIONS)
    with pytest.raises(StoreRefusedError, match="east"):
        shop.put_results(ResultTable.PREDICTIONS, [row("north"), row("east")])
    assert database.results(ResultTable.PREDICTIONS) == before


def test_nothing_is_written_without_leave(database: SqlWarehouse) -> None:
    """Leave is asked with the table and the number of rows, and not for nothing."""
    requests: list[tuple[ResultTable, int]] = []

    def refuse(table: ResultTable, rows: int) -> bool:
        requests.append((table, rows))
        return False

    shop = select_client_shop(database, BAKER, SUNDAY, refuse)
    before = database.results(ResultTable.BACKTESTS)
    shop.put_results(ResultTable.BACKTESTS, [{"store_id": "north"}])
    shop.put_results(ResultTable.BACKTESTS, [])
    assert requests == [(ResultTable.BACKTESTS, 1)]
    assert database.results(ResultTable.BACKTESTS) == before


@pytest.mark.parametrize(
    ("as_of", "zones", "ended"),
    [
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), ("Europe/Berlin",), date(2026, 3, 28)),  # a day of 23 hours
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), ("Europe/Berlin",), date(2026, 3, 29)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), ("Europe/Berlin",), date(2026, 10, 24)),  # a day of 25 hours
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), ("Europe/Berlin",), date(2026, 10, 25)),
        (datetime(2026, 3, 30, 10, 59, tzinfo=UTC), ("Europe/Berlin", "Pacific/Pago_Pago"), date(2026, 3, 28)),
        (datetime(2026, 3, 30, 11, 0, tzinfo=UTC), ("Europe/Berlin", "Pacific/Pago_Pago"), date(2026, 3, 29)),
    ],
)
def test_a_day_has_ended_when_it_has_everywhere(as_of: datetime, zones: tuple[str, ...], ended: date) -> None:
    """The westernmost store decides, and days of 23 and 25 hours end when their clocks say so."""
    assert last_ended_day(as_of, [ZoneInfo(name) for name in zones]) == ended


def test_json_forms_are_plain() -> None:
    """Dates as text, what is unknown as null, numbers of numpy as numbers, dataclasses as objects."""
    json_source = {
        "day": DAY,
        "table": ResultTable.PREDICTIONS,
        "nan": np.float64("nan"),
        "count": np.int64(3),
        "pair": (1.5, float("inf"), True, None),
        "store": Store("north", "UTC"),
    }
    assert to_json_value(json_source) == {
        "day": "2026-11-21",
        "table": "brain_predictions",
        "nan": None,
        "count": 3,
        "pair": [1.5, None, True, None],
        "store": {"store_id": "north", "timezone": "UTC", "country": None, "subdivision": None},
    }
    assert type(to_json_value(json_source)["table"]) is str


def test_rows_are_cut_to_what_a_document_holds() -> None:
    """From the end, and it is said how many."""
    rows = [{"text": "x" * 91} for _ in range(10)]
    assert fit_rows(rows, 510) == (rows[:4], 6)
    assert fit_rows(rows) == (rows, 0)
    assert MAX_DOCUMENT_BYTES < 1_048_576
