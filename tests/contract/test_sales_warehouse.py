"""What every sales warehouse promises, on SQLite and on a real PostgreSQL."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest

from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.domain.retail.series import CalendarEvent, DailySale, Store
from brain.domain.retail.weather_days import WeatherRow
from brain.errors import InvalidInputError, StoreRefusedError
from brain.ports.sales_warehouse import HourlySale, ResultTable
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, ImportReport, import_files
from brain.testing.simulations.shop_clients import describe_stores

BERLIN = Store("", "Europe/Berlin", "DE")
HEADING = "store_id,sold_at,product_id,category,quantity,revenue"


def imported(
    warehouse: SqlWarehouse,
    *lines: str,
    kind: ImportKind = ImportKind.SALES,
    heading: str = HEADING,
    strict: bool = False,
    store: Store = BERLIN,
) -> ImportReport:
    """Import lines of one kind as a file of their own."""
    file = ImportFile(kind, f"{kind}.csv", (f"{line}\n" for line in (heading, *lines)))
    return import_files(warehouse, [file], store, ImportLimits(3, 20), strict=strict)


def revenue(sales: Iterable[DailySale]) -> dict[tuple[str, str, str], float]:
    """The day's revenue by store, product and day."""
    return {(one.store_id, one.product_id, str(one.day)): one.revenue for one in sales}


def test_the_same_file_three_times_is_the_same_as_once(warehouse: SqlWarehouse) -> None:
    """An import can be repeated: rows are found again by their natural key."""
    lines = ["kiel,2026-01-01,bread,,3,9.5", "kiel,2026-01-01T09:00:00,rolls,,2,1.1", "kiel,2026-01-02,bread,,,4"]
    first = imported(warehouse, *lines)
    again = [imported(warehouse, *lines) for _ in range(2)]
    assert (first.tables[0].new, first.tables[0].existing) == (3, 0)
    assert [(r.tables[0].new, r.tables[0].existing) for r in again] == [(0, 3), (0, 3)]
    assert len(list(warehouse.daily_sales())) == 3


def test_a_corrected_line_replaces_what_was_there(warehouse: SqlWarehouse) -> None:
    """A day's total that comes again with another value is the value."""
    imported(warehouse, "kiel,2026-01-01,bread,,3,9.5")
    imported(warehouse, "kiel,2026-01-01,bread,loaves,4,12")
    assert list(warehouse.daily_sales()) == [
        DailySale("kiel", "bread", date(2026, 1, 1), 12.0, 0.0, quantity=4.0, category="loaves")
    ]


def test_two_tickets_of_one_second_are_two_sales_and_two_totals_of_one_day_are_one(warehouse: SqlWarehouse) -> None:
    """Tickets may share a time and a product; a day has one total, and the later line is it."""
    imported(
        warehouse,
        "kiel,2026-01-01T09:00:00,rolls,,1,0.5",
        "kiel,2026-01-01T09:00:00,rolls,,1,0.7",
        "kiel,2026-01-02,rolls,,1,5",
        "kiel,2026-01-02,rolls,,1,6",
    )
    assert revenue(warehouse.daily_sales()) == {
        ("kiel", "rolls", "2026-01-01"): 1.2,
        ("kiel", "rolls", "2026-01-02"): 6.0,
    }


@pytest.mark.parametrize(
    ("sold_at", "local_day"),
    [
        ("2026-07-01", "2026-07-01"),
        ("2026-07-01T23:30:00", "2026-07-01"),
        ("2026-07-01T23:30:00Z", "2026-07-02"),
        ("2026-07-01T23:30:00-05:00", "2026-07-02"),
        ("2026-01-01T23:30:00+01:00", "2026-01-01"),
        ("2026-03-29T02:30:00", "2026-03-29"),
        ("2026-10-25 02:30:00", "2026-10-25"),
        ("2026-10-25T23:59:59.999999", "2026-10-25"),
    ],
)
def test_a_sale_counts_on_the_shop_s_own_day(warehouse: SqlWarehouse, sold_at: str, local_day: str) -> None:
    """A date is a day, a time without a zone is the shop's clock, a time with one is moved; clock changes included."""
    imported(warehouse, f"kiel,{sold_at},bread,,1,2.5")
    assert revenue(warehouse.daily_sales()) == {("kiel", "bread", local_day): 2.5}


def test_two_shops_in_two_zones_have_their_own_days_and_hours(warehouse: SqlWarehouse) -> None:
    """The same moment is this morning in Auckland and last night in Berlin."""
    describe_stores(warehouse, [Store("auckland", "Pacific/Auckland", "NZ"), Store("kiel", "Europe/Berlin", "DE")])
    imported(warehouse, "auckland,2026-01-01T20:30:00Z,bread,,1,2", "kiel,2026-01-01T20:30:00Z,bread,,1,3")
    assert list(warehouse.hourly_sales()) == [
        HourlySale("auckland", date(2026, 1, 2), 9, 2.0, 1),
        HourlySale("kiel", date(2026, 1, 1), 21, 3.0, 1),
    ]
    assert [one.day for one in warehouse.daily_sales()] == [date(2026, 1, 2), date(2026, 1, 1)]


def test_returns_lower_the_day_and_are_told_apart(warehouse: SqlWarehouse) -> None:
    """Revenue is net; the returned share is kept beside it, and a day may end below zero."""
    imported(
        warehouse,
        "kiel,2026-01-01T09:00:00,cake,,1,30",
        "kiel,2026-01-01T10:00:00,cake,,-1,-30",
        "kiel,2026-01-01T11:00:00,cake,,-2,-10.25",
    )
    (day,) = warehouse.daily_sales()
    assert (day.revenue, day.returns, day.quantity) == (-10.25, 40.25, -2.0)


def test_without_revenue_a_day_is_counted_in_pieces(warehouse: SqlWarehouse) -> None:
    """A till that only counts is enough."""
    imported(warehouse, "kiel,2026-01-01,cake,,3,", "kiel,2026-01-02,cake,,,8")
    assert [one.revenue for one in warehouse.daily_sales()] == [3.0, 8.0]


def test_sales_come_in_order_and_can_be_asked_for_by_store_and_up_to_a_day(warehouse: SqlWarehouse) -> None:
    """Store, product, day is the order whatever the file's."""
    imported(warehouse, "b,2026-01-02,x,,1,1", "a,2026-01-03,y,,1,2", "a,2026-01-01,y,,1,3", "a,2026-01-02,x,,1,4")
    keys = [(one.store_id, one.product_id, one.day.day) for one in warehouse.daily_sales()]
    assert keys == [("a", "x", 2), ("a", "y", 1), ("a", "y", 3), ("b", "x", 2)]
    only = warehouse.daily_sales(["a"], until=date(2026, 1, 2))
    assert [(one.product_id, one.day.day) for one in only] == [("x", 2), ("y", 1)]


def test_weather_remembers_when_it_was_known(warehouse: SqlWarehouse) -> None:
    """Forecast and observation of one hour are two rows; an observation is known when its hour or day is over."""
    heading = "store_id,observed_at,temperature_c,precipitation_mm,wind_kmh,cloud_cover,condition,known_at"
    imported(
        warehouse,
        "kiel,2026-07-01T12:00:00,20.5,,,4,rain,2026-06-30T18:00:00",
        "kiel,2026-07-01T12:00:00,18,1.5,12,,,",
        "kiel,2026-07-02,17.25,0,,,,",
        kind=ImportKind.WEATHER,
        heading=heading,
    )
    noon = datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert list(warehouse.weather()) == [
        WeatherRow("kiel", noon, 20.5, None, None, 4.0, "rain", datetime(2026, 6, 30, 16, tzinfo=UTC)),
        WeatherRow("kiel", noon, 18.0, 1.5, 12.0, None, None, datetime(2026, 7, 1, 11, tzinfo=UTC)),
        WeatherRow("kiel", date(2026, 7, 2), 17.25, 0.0, None, None, None, datetime(2026, 7, 2, 22, tzinfo=UTC)),
    ]
    assert list(warehouse.weather(["elsewhere"])) == []


def test_events_are_every_store_s_unless_they_name_one(warehouse: SqlWarehouse) -> None:
    """An empty store, or a file without that column, means all of them; no end means one day."""
    imported(
        warehouse,
        "fair,festival,2026-06-20,2026-06-28,kiel",
        "strike,transport,2026-05-01,,",
        "fair,festival,2026-06-20,2026-06-27,kiel",
        kind=ImportKind.EVENTS,
        heading="event,class,start,end,store_id",
    )
    assert warehouse.events() == [
        CalendarEvent("strike", "transport", date(2026, 5, 1), date(2026, 5, 1)),
        CalendarEvent("fair", "festival", date(2026, 6, 20), date(2026, 6, 27), "kiel"),
    ]


def test_a_strict_import_with_a_bad_line_changes_nothing(warehouse: SqlWarehouse) -> None:
    """Refused whole: not even the good lines before the bad one stay."""
    report = imported(warehouse, "kiel,2026-01-01,bread,,1,2", "kiel,someday,bread,,1,2", strict=True)
    assert (report.refused, report.bad, report.files[0].bad_lines[0].line_number) == (True, 1, 3)
    assert list(warehouse.daily_sales()) == []
    assert warehouse.stores() == []


def test_a_file_without_lines_is_refused_and_takes_nothing_with_it(warehouse: SqlWarehouse) -> None:
    """A heading alone is a mistake, and the other files of the same import wait for it to be fixed."""
    files = [
        ImportFile(ImportKind.SALES, "sales.csv", [f"{HEADING}\n", "kiel,2026-01-01,bread,,1,2\n"]),
        ImportFile(ImportKind.EVENTS, "events.csv", ["event,class,start,end\n"]),
    ]
    with pytest.raises(InvalidInputError, match=r"events\.csv must have lines below the header"):
        import_files(warehouse, files, BERLIN, ImportLimits(10_000, 20))
    assert list(warehouse.daily_sales()) == []


def test_stores_met_for_the_first_time_are_described_and_known_ones_keep_their_zone(warehouse: SqlWarehouse) -> None:
    """The zone given with an import is for new stores only."""
    imported(warehouse, "kiel,2026-01-01,bread,,1,2")
    imported(warehouse, "kiel,2026-01-02,bread,,1,2", "bath,2026-01-02,bread,,1,2", store=Store("", "Europe/London"))
    assert warehouse.stores() == [Store("bath", "Europe/London"), Store("kiel", "Europe/Berlin", "DE")]


def test_a_store_that_only_bad_lines_name_is_not_one(warehouse: SqlWarehouse) -> None:
    """A file whose dates cannot be read describes nobody."""
    report = imported(warehouse, "kiel,01.02.2026,bread,,1,2")
    assert (report.new_stores, warehouse.stores()) == ((), [])


def test_results_are_written_by_natural_key(warehouse: SqlWarehouse) -> None:
    """The same prediction again replaces itself; reading is by equality and by day."""
    row = {
        "store_id": "kiel",
        "product_id": "*",
        "cutoff": date(2026, 1, 1),
        "day": date(2026, 1, 2),
        "predicted": 10.0,
    }
    warehouse.put_results(ResultTable.PREDICTIONS, [row, {**row, "day": date(2026, 1, 3)}])
    warehouse.put_results(ResultTable.PREDICTIONS, [{**row, "predicted": 11.5}])
    warehouse.put_results(ResultTable.PREDICTIONS, [])
    found = warehouse.results(ResultTable.PREDICTIONS, {"store_id": "kiel"})
    assert [(one["day"], one["predicted"]) for one in found] == [(date(2026, 1, 2), 11.5), (date(2026, 1, 3), 10.0)]
    assert warehouse.results(ResultTable.PREDICTIONS, before=date(2026, 1, 1)) == []
    assert len(warehouse.results(ResultTable.PREDICTIONS, before=date(2026, 1, 2))) == 2
    warehouse.put_results(ResultTable.PREDICTIONS, [{**row, "cutoff": date(2026, 1, 2)}])
    assert [one["cutoff"].day for one in warehouse.results(ResultTable.PREDICTIONS, latest=True)] == [2]
    last = warehouse.results(ResultTable.PREDICTIONS, {"store_id": "kiel"}, date(2026, 1, 2), latest=True)
    assert [one["day"].day for one in last] == [2, 3]


def test_a_day_with_a_total_and_tickets_is_reported(warehouse: SqlWarehouse) -> None:
    """It would count twice, so the check names the store and what to delete."""
    assert warehouse.check() == []
    imported(warehouse, "kiel,2026-01-01,bread,,1,2", "kiel,2026-01-01T09:00:00,bread,,1,2")
    (fault,) = warehouse.check()
    assert "kiel" in fault.message
    assert fault.fix.startswith("DELETE FROM sales")


def test_a_reader_that_stops_early_leaves_no_lock_behind(warehouse: SqlWarehouse) -> None:
    """Closing a half-read answer gives the connection back, so that the next import can write."""
    imported(warehouse, *(f"kiel,2026-01-{day:02},bread,,1,2" for day in range(1, 21)))
    rows = warehouse.daily_sales()
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    imported(warehouse, "kiel,2026-02-01,bread,,1,2")
    assert warehouse.row_counts()["sales"] == 21


def test_a_shop_without_sales_has_no_days(warehouse: SqlWarehouse) -> None:
    """An empty answer, and an import of nothing changes nothing."""
    assert list(warehouse.daily_sales()) == []
    with warehouse.importing() as session:
        session.add_sales([])
        session.add_stores([])
        assert session.apply() == []
    assert set(warehouse.row_counts().values()) == {0}


def test_a_row_that_the_database_refuses_is_told_with_its_reason(warehouse: SqlWarehouse) -> None:
    """What is neither missing nor unreachable is a refusal, in one sentence."""
    with pytest.raises(StoreRefusedError, match=r"refused the statement \(.*(?i:null)"):
        warehouse.put_results(ResultTable.PREDICTIONS, [{"store_id": None}])
