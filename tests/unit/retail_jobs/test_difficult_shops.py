"""Shops in a bad way: every command and every job says in a sentence what is wrong, or does what can be done."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from brain.adapters.sqlite.store import SqliteStore
from brain.cli.app import app
from brain.cli.failures import run_app
from brain.domain.retail.series import Store
from brain.errors import MisconfiguredError
from brain.ports.sales_warehouse import SalesWarehouse
from brain.repositories.clients import Clients
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.shop_clients import (
    BAKER,
    BERLIN,
    LAST_DAY,
    NEW_YORK,
    SALES_HEADER,
    STEPS,
    SUNDAY,
    WEATHER_HEADER,
    ShopJobRunner,
    describe_stores,
    import_lines,
    open_warehouse,
    simulate_sales_lines,
    simulate_wet_days,
)

pytestmark = pytest.mark.filterwarnings("error")

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check",),
    ("signals",),
    ("product-weather",),
    ("time-of-day",),
    ("cross-store",),
    ("backtest",),
    ("backtest", "--products"),
    ("calendar",),
    ("explain",),
    ("curiosity",),
    ("ledger",),
)
ANSWERED = 0
FAULTS, USAGE = 1, 2


def days_to(last: date, count: int) -> list[date]:
    """The ``count`` days up to ``last``."""
    return [last - timedelta(days=count - 1 - index) for index in range(count)]


def weather_lines(days: Sequence[date], wet: Sequence[bool]) -> list[str]:
    """Weather of both stores."""
    rows = zip(days, wet, strict=False)
    return [f"{store},{day},{9 + 5 * rain},{4 * rain},11,4,\n" for day, rain in rows for store in BAKER.stores]


def traded(warehouse: SalesWarehouse, dates: dict[str, list[date]], change: Callable[[str], str] = str) -> None:
    """Stores that sold on these days, with weather."""
    wet = simulate_wet_days(max(map(len, dates.values())))
    lines = [SALES_HEADER]
    for seed, (store, days) in enumerate(dates.items()):
        lines += [change(line) for line in simulate_sales_lines(store, days, seed, wet, -0.3)]
    import_lines(warehouse, sales=lines, weather=[WEATHER_HEADER, *weather_lines(max(dates.values(), key=len), wet)])


def five_days(warehouse: SalesWarehouse) -> None:
    """Both stores opened this week."""
    traded(warehouse, dict.fromkeys(BAKER.stores, days_to(LAST_DAY, 5)))


def one_day(warehouse: SalesWarehouse) -> None:
    """One ticket, once."""
    import_lines(warehouse, sales=[SALES_HEADER, f"north,{LAST_DAY - timedelta(days=3)}T09:00:00,bread,,1,3.20\n"])


def young_beside_old(warehouse: SalesWarehouse) -> None:
    """One store has five days, the other four months."""
    traded(warehouse, {"north": days_to(LAST_DAY, 120), "south": days_to(LAST_DAY, 5)})


def year_long_gap(warehouse: SalesWarehouse) -> None:
    """Both stores were shut for a year."""
    days = days_to(LAST_DAY - timedelta(days=425), 60) + days_to(LAST_DAY, 60)
    traded(warehouse, dict.fromkeys(BAKER.stores, days))


def returns(warehouse: SalesWarehouse) -> None:
    """Every seventh line is a return, and whole days are negative."""
    count = 0

    def change(line: str) -> str:
        nonlocal count
        count += 1
        head, _, amount = line.rpartition(",")
        return f"{head},-{amount}" if count % 7 == 0 or 300 < count < 320 else line

    traded(warehouse, dict.fromkeys(BAKER.stores, days_to(LAST_DAY, 150)), change)


def nothing_but_returns(warehouse: SalesWarehouse) -> None:
    """More comes back than was ever sold."""
    traded(
        warehouse,
        dict.fromkeys(BAKER.stores, days_to(LAST_DAY, 120)),
        lambda line: line[::-1].replace(",", "-,", 1)[::-1],
    )


def worthless(warehouse: SalesWarehouse) -> None:
    """Everything is free."""
    days = [f"{store},{day},bread,,1,0\n" for store in BAKER.stores for day in days_to(LAST_DAY, 120)]
    import_lines(warehouse, sales=[SALES_HEADER, *days])


def no_weather(warehouse: SalesWarehouse) -> None:
    """Sales by day only, no weather, no tickets."""
    rng = np.random.default_rng(4)
    days = [f"north,{day},bread,,1,{rng.gamma(20, 10):.2f}\n" for day in days_to(LAST_DAY, 120)]
    import_lines(warehouse, sales=[SALES_HEADER, *days])


def clocks_change(warehouse: SalesWarehouse) -> None:
    """Two zones with tickets at every hour of the days on which their clocks change."""
    traded(warehouse, dict.fromkeys(BAKER.stores, days_to(LAST_DAY, 60)))
    lines = [
        f"{store},{day}T{hour:02}:30:00,roll,,1,{2 + hour}\n"
        for store in BAKER.stores
        for day in ("2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01")
        for hour in range(24)
        if (store, day, hour) not in {("north", "2026-03-29", 2), ("south", "2026-03-08", 2)}
    ]
    twice = ["north,2026-10-25T00:30:00Z,roll,,1,2\n", "north,2026-10-25T01:30:00Z,roll,,1,2\n"]
    import_lines(warehouse, sales=[SALES_HEADER, *lines, *twice])


SHOPS = (
    one_day,
    five_days,
    young_beside_old,
    year_long_gap,
    returns,
    nothing_but_returns,
    worthless,
    no_weather,
    clocks_change,
)


@pytest.fixture(scope="module", params=SHOPS, ids=lambda shop: shop.__name__)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Each bad shop in turn."""
    database_url = f"sqlite:///{tmp_path_factory.mktemp('bad') / 'shop.db'}"
    with closing(open_warehouse(database_url)) as warehouse:
        warehouse.upgrade()
        describe_stores(warehouse, [Store("north", BERLIN, "DE"), Store("south", NEW_YORK, "US")])
        request.param(warehouse)
    return database_url


class Retail:
    """The command line before a database."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, url: str, *words: str) -> tuple[int, str, str]:
        """Run ``brain retail …`` and return exit code, output and errors; a traceback would fail the test."""
        self._monkeypatch.setattr("sys.argv", ["brain", "retail", *words, "--database", url])
        code = run_app(app)
        return (code, *self._capsys.readouterr())


@pytest.fixture
def retail(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Retail:
    """Runs commands."""
    return Retail(capsys, monkeypatch)


def on(url: str) -> ShopJobRunner:
    """The jobs before a database."""
    clock = ManualClock(SUNDAY)
    store = SqliteStore(":memory:", clock)
    Clients(store).put(BAKER)
    return ShopJobRunner(url, store, clock)


def is_a_sentence(err: str) -> bool:
    """One line that says what is wrong."""
    return err.startswith("brain: ") and err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_answers_or_says_in_a_sentence_what_is_lacking(
    retail: Retail, url: str, command: tuple[str, ...]
) -> None:
    """JSON with numbers or null on standard output, or exit code 2 and one sentence."""
    code, out, err = retail(url, *command, "--json")
    assert code in {ANSWERED, USAGE}
    assert json.loads(out) is not None if code == ANSWERED else is_a_sentence(err)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_people_read_what_programs_read(retail: Retail, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Tables of a shop with returns, or of one that opened this week, end in the same code."""
    for number, shop in enumerate((returns, five_days)):
        database_url = f"sqlite:///{tmp_path / f'{number}.db'}"
        with closing(open_warehouse(database_url)) as warehouse:
            warehouse.upgrade()
            shop(warehouse)
        code, out, err = retail(database_url, *command)
        assert code in {ANSWERED, USAGE}
        assert out if code == ANSWERED else is_a_sentence(err)


@pytest.mark.slow
@pytest.mark.parametrize("job", sorted(STEPS))
def test_a_job_does_what_can_be_done_and_notes_the_rest(url: str, job: str) -> None:
    """The run is done, every page is there and says what is missing; the same again changes nothing."""
    world = on(url)
    run_result = world.run(job)
    assert run_result["status"] == "success"
    pages = {path.rsplit("/", 1)[1]: document for path, document in world.read_documents().items() if "/views/" in path}
    assert set(pages) == {step.page for step in STEPS[job]() if step.page}
    assert sum(page["note"] is not None for page in pages.values()) <= len(run_result["notes"])
    json.dumps([{k: v for k, v in page.items() if k != "as_of"} for page in pages.values()], allow_nan=False)


TABLES = ("sales", "weather_hourly", "calendar_events", "stores", "brain_predictions", "brain_hypotheses")


def without(table: str | None, folder: Path) -> str:
    """A filled database that lost a table, or (None) a migrated one without a row."""
    url = f"sqlite:///{folder / 'shop.db'}"
    with closing(open_warehouse(url)) as warehouse:
        warehouse.upgrade()
        if table:
            traded(warehouse, dict.fromkeys(BAKER.stores, days_to(LAST_DAY, 100)))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP TABLE {table}" if table else "SELECT 1"))
    engine.dispose()
    return url


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table_is_named_with_the_command_that_fixes_it(retail: Retail, tmp_path: Path, table: str) -> None:
    """``check`` finds it (1); what needs it stops (2) and sends to ``check``; what does not, works."""
    url = without(table, tmp_path)
    code, out, _ = retail(url, "check", "--json")
    assert code == FAULTS
    faults = json.loads(out)["faults"]
    assert [fault["table"] for fault in faults] == [table]
    assert all(fault["fix"] for fault in faults)
    needing = 0
    for command in COMMANDS[1:]:
        code, _, err = retail(url, *command, "--json")
        if code != ANSWERED:
            needing += table in err
            assert is_a_sentence(err)
            assert code == USAGE
    assert needing


@pytest.mark.parametrize("job", sorted(STEPS))
def test_a_job_without_its_tables_fails_and_says_which(tmp_path: Path, job: str) -> None:
    """The operator has to fix it, so it is a failure; nothing is published, and after the fix it works."""
    url = without("sales", tmp_path)
    world = on(url)
    with pytest.raises(MisconfiguredError, match=r"sales.*brain retail check"):
        world.run(job)
    assert world.read_documents() == {}
    with world.open_warehouse() as warehouse:
        names = [fault.fix for fault in warehouse.check()]
    assert names == ["brain retail check --upgrade"]


def test_an_empty_database_is_told_to_import(retail: Retail, tmp_path: Path) -> None:
    """Every command but ``check`` says so."""
    url = without(None, tmp_path)
    assert retail(url, "check")[0] == ANSWERED
    for command in COMMANDS[1:]:
        code, _, err = retail(url, *command)
        assert code == USAGE
        assert is_a_sentence(err)


def test_wrong_usage_is_told(retail: Retail, tmp_path: Path) -> None:
    """An unknown store, a day that is none, a file that is not there, a database that is none."""
    url = without("brain_predictions", tmp_path)
    wrong: list[tuple[str, ...]] = [
        ("signals", "--store", "nowhere"),
        ("explain", "--day", "2026-13-01"),
        ("explain", "1999-01-01"),
        ("import", "--sales", str(tmp_path / "none.csv")),
        ("import",),
        ("backtest", "--start", "2026-11-20", "--end", "2026-11-01"),
    ]
    for words in wrong:
        assert retail(url, *words)[0] == USAGE, words
    assert retail("sqlite:////nowhere/at/all.db", "signals")[0] == USAGE
    assert retail("a nonsense", "signals")[0] == USAGE


def test_days_on_which_clocks_change_hold_their_own_sales(tmp_path: Path) -> None:
    """A ticket at the hour that comes twice belongs to its day in its zone, and no day is lost or doubled."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with closing(open_warehouse(url)) as warehouse:
        warehouse.upgrade()
        describe_stores(warehouse, [Store("north", BERLIN, "DE"), Store("south", NEW_YORK, "US")])
        clocks_change(warehouse)
        rolls: dict[str, Any] = {
            f"{row.store_id} {row.day}": row.revenue for row in warehouse.daily_sales() if row.product_id == "roll"
        }
    whole_day = sum(2 + hour for hour in range(24))
    assert rolls["north 2026-10-25"] == whole_day + 4
    assert rolls["north 2026-03-29"] == rolls["south 2026-03-08"] == whole_day - 4
    assert rolls["south 2026-11-01"] == whole_day
