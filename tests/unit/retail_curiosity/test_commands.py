"""The retail commands on a shop's files: what a person or a program reads, and one sentence when something is wrong."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brain.cli.app import app
from brain.cli.failures import run_app
from brain.testing.simulations.curiosity import FIRST_DAY, simulate_shop

DAYS = 420


class Shop:
    """A database file and the command line before it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        """Run ``brain retail …`` and return exit code, output and errors."""
        url = f"sqlite:///{self.folder / 'shop.db'}"
        words = ["brain", "retail", *map(str, arguments), "--database", url]
        self._monkeypatch.setattr("sys.argv", words)
        code = run_app(app)
        out, err = self._capsys.readouterr()
        return code, out, err

    def json(self, *arguments: object) -> Any:
        """The same with --json, read back."""
        code, out, err = self(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    def file(self, name: str, *lines: str) -> Path:
        """Write a file beside the database."""
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


SALES = "store_id,sold_at,product_id,category,quantity,revenue"


@pytest.fixture
def retail(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    """An empty shop."""
    return Shop(tmp_path, capsys, monkeypatch)


@pytest.fixture(scope="module")
def shop_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Sales and weather of a shop whose wet days sell more, as CSV files."""
    folder = tmp_path_factory.mktemp("files")
    world = simulate_shop(101, days=DAYS, effect=1.2)
    days = [FIRST_DAY + timedelta(days=index) for index in range(DAYS)]
    with (folder / "sales.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(SALES.split(","))
        for day, amount in zip(days, world.series[0].sales, strict=True):
            writer.writerow(["kiel", day, "bread", "", "", f"{amount:.2f}"])
    with (folder / "weather.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["store_id", "observed_at", "temperature_c", "precipitation_mm", "wind_kmh", "cloud_cover"])
        for day, row in zip(days, world.shop_data.weather["kiel"].values, strict=True):
            writer.writerow(["kiel", day, *(f"{row[column]:.3f}" for column in (0, 3, 4, 5))])
    return folder / "sales.csv", folder / "weather.csv"


@pytest.fixture
def full(retail: Shop, shop_files: tuple[Path, Path]) -> Shop:
    """A shop with its sales and weather imported."""
    sales, weather = shop_files
    retail.json("import", "--sales", sales, "--weather", weather, "--time-zone", "Europe/Berlin", "--country", "DE")
    return retail


def test_an_import_says_what_it_took(retail: Shop, shop_files: tuple[Path, Path]) -> None:
    """Three times the same file is once, and the new store is described."""
    for new in (DAYS, 0, 0):
        report = retail.json("import", "--sales", shop_files[0], "--country", "DE")
        assert report["tables"] == [{"table": "sales", "new": new, "already_there": DAYS - new}]
        assert report["files"][0]["good"] == DAYS
    code, out, _ = retail("import", "--sales", shop_files[0])
    assert (code, "0 bad lines skipped" in out) == (0, True)


def test_bad_lines_are_named_and_skipped_or_refuse_everything(retail: Shop) -> None:
    """Exit 1 either way: there was something to fix."""
    lines = ["kiel,2026-01-01,bread,,1,2", "kiel,yesterday,bread,,1,2", *["x"] * 30]
    path = retail.file("sales.csv", SALES, *lines)
    code, out, _ = retail("import", "--sales", path, "--strict")
    assert code == 1
    assert "sales.csv, line 3: sold_at must be" in out
    assert "11 more bad lines" in out
    assert "Nothing was imported" in out
    code, out, _ = retail("import", "--sales", path)
    assert (code, "31 bad lines skipped" in out) == (1, True)
    assert "New store kiel" in out
    code, out, _ = retail("check")
    assert (code, "Everything the Brain needs is there" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("import",), "expected a file to import, got none"),
        (("import", "--sales", "nowhere.csv"), "cannot read nowhere.csv"),
        (("import", "--sales", "{empty}"), "without store_id, sold_at, product_id"),
        (("import", "--sales", "{heading}"), "must have lines below the header"),
        (("import", "--sales", "{good}", "--time-zone", "Mars/Olympus"), "Mars/Olympus"),
        (("signals",), "there is no database file"),
        (("import", "--sales", "{good}", "--country", "Germany"), "must be ISO 3166 codes, got 'GERMANY'"),
        (("import", "--sales", "{good}", "--subdivision", "SH"), "--subdivision needs a country, got 'SH' alone"),
        (("import", "--sales", "-", "--events", "-"), "only one file can be standard input"),
        (("curiosity", "--as-of", "soon"), "expected a date such as 2026-01-31, got 'soon'"),
        (("explain", "2026-01-01", "--day", "2026-01-02"), "expected one day, got 2026-01-01 and --day 2026-01-02"),
    ],
)
def test_wrong_usage_is_one_sentence(retail: Shop, arguments: tuple[str, ...], sentence: str) -> None:
    """Exit 2 and no traceback."""
    files = {
        "empty": retail.file("empty.csv"),
        "heading": retail.file("heading.csv", SALES),
        "good": retail.file("good.csv", SALES, "kiel,2026-01-01,bread,,1,2"),
    }
    code, _, err = retail(*(word.format(**files) for word in arguments))
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err


COMMANDS = ("signals", "product-weather", "cross-store", "backtest", "calendar", "explain", "curiosity")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_table_a_missing_table_and_an_unknown_store_are_one_sentence(retail: Shop, command: str) -> None:
    """The engines say what to import, what to check, or which stores there are."""
    (retail.folder / "shop.db").touch()
    assert "brain retail check" in retail(command)[2]
    assert retail("check", "--upgrade")[0] == 0
    code, _, err = retail(command)
    assert (code, "there are no sales" in err) == (2, True)
    retail("import", "--sales", retail.file("s.csv", SALES, "kiel,2026-01-01,bread,,1,2"))
    code, _, err = retail(command, "--store", "atlantis")
    assert (code, "expected an existing store, got 'atlantis'" in err) == (2, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_store_with_five_days_gets_an_answer_or_a_sentence(retail: Shop, command: str) -> None:
    """No traceback, whatever is too little for."""
    lines = [f"kiel,2026-01-0{day},bread,,1,{100 + day}" for day in range(1, 6)]
    retail("import", "--sales", retail.file("s.csv", SALES, *lines))
    code, out, err = retail(command)
    assert code in {0, 2}
    assert out if code == 0 else err.startswith("brain: ")


def test_curiosity_tells_leads_from_nothing_and_keeps_everything(full: Shop) -> None:
    """Every question is in the ledger with the fields a program reads; the same night again changes nothing."""
    night = full.json("curiosity")
    by_template = {hypothesis["template"]: hypothesis for hypothesis in night["hypotheses"]}
    assert by_template["rain"]["state"] == "lead"
    assert by_template["rain"]["lower"] < by_template["rain"]["effect"] < by_template["rain"]["upper"]
    assert {"state", "effect", "p_value", "n", "detectable_effect"} <= set(by_template["rain"])
    assert full.json("curiosity") == night
    ledger = full.json("ledger", "--limit", 1000)
    assert ledger["found"] == len(night["hypotheses"])
    assert {hypothesis["template"] for hypothesis in full.json("ledger", "HEAVY rain")["hypotheses"]} == {"heavy_rain"}
    assert full.json("ledger", "--state", "lead", "--store", "kiel")["found"] >= 1
    assert full.json("ledger", "100%_nothing")["found"] == 0
    code, out, _ = full("curiosity", "--dry-run")
    assert code == 0
    assert "A lead is a question, not an answer" in out
    assert full("ledger", "rain")[0] == 0
    assert full("ledger", "xyzzy")[0] == 2


def test_the_ledger_of_an_unknown_store_is_refused(full: Shop) -> None:
    """The message lists the stores that exist."""
    code, _, err = full("ledger", "--store", "atlantis")
    assert (code, "expected an existing store, got 'atlantis'; the stores are: *, kiel" in err) == (2, True)


def test_curiosity_says_so_when_there_is_nothing(retail: Shop) -> None:
    """Too little data is an answer."""
    retail("import", "--sales", retail.file("s.csv", SALES, "kiel,2026-01-01,bread,,1,2"))
    code, out, _ = retail("curiosity")
    assert code == 0
    assert "no effect on sales is detectable in the data so far" in out


def test_signals_come_with_interval_and_claim(full: Shop) -> None:
    """Rain was planted and is claimed; the table says so too, and the ledger keeps it."""
    lifts = {lift["signal"]: lift for lift in full.json("signals", "--store", "kiel")}
    rain = lifts["rain"]
    assert rain["claimed"]
    assert rain["lower"] < rain["lift"] < rain["upper"]
    code, out, _ = full("signals", "--all")
    assert (code, "rain" in out) == (0, True)
    assert full.json("signals") == full.json("signals")


def test_a_product_answers_the_weather(full: Shop) -> None:
    """Wet days sell more bread, and it is claimed."""
    rows = {row["reading"]: row for row in full.json("product-weather")}
    assert rows["rain"]["claimed"]
    assert rows["rain"]["effect"] > 0
    code, out, _ = full("product-weather", "--store", "kiel", "--all")
    assert (code, "effects are significant" in out) == (0, True)


def test_hours_need_tickets(full: Shop) -> None:
    """Daily totals have no hour; four weeks of tickets have a profile, fewer are too little yet."""
    assert "no sales with a time of day" in full("time-of-day")[2]
    assert "expected an existing store, got 'x'" in full("time-of-day", "--store", "x")[2]
    days = [FIRST_DAY + timedelta(days=index) for index in range(60)]
    wet = [index % 3 == 0 for index in range(60)]
    tickets = [
        f"bath,{day}T{hour:02}:{minute}:00,tea,,1,{amount}"
        for day, rainy in zip(days, wet, strict=True)
        for hour, minute, amount in ((9, 15, 20 + day.day % 4), (17, 30, 60 if rainy else 20 + day.day % 3))
    ]
    full("import", "--sales", full.file("few.csv", SALES, *tickets[:20]))
    assert "Not enough data yet" in full("time-of-day")[1]
    heading = "store_id,observed_at,precipitation_mm"
    rain = [f"bath,{day},{5 if rainy else 0}" for day, rainy in zip(days, wet, strict=True)]
    weather = full.file("rain.csv", heading, *rain)
    full("import", "--sales", full.file("tickets.csv", SALES, *tickets), "--weather", weather)
    measured = full.json("time-of-day", "--store", "bath")
    assert {row["hour"] for row in measured["hours"]} == {9, 17}
    assert {row["claimed"] for row in measured["rain"]} == {True}
    code, out, _ = full("time-of-day")
    assert (code, "on wet days 17:00 has +" in out) == (0, True)


def test_stores_are_compared_when_there_are_two(full: Shop) -> None:
    """One store has nobody to be compared with; two that share nothing have no relation."""
    assert "needs at least two, got one: kiel" in full("cross-store")[2]
    noise = np.random.default_rng(1).standard_normal(DAYS)
    lines = [f"bath,{FIRST_DAY + timedelta(days=index)},bread,,,{100 + 9 * noise[index]:.2f}" for index in range(DAYS)]
    few = full.file("few.csv", SALES, *lines[:9])
    full("import", "--sales", few)
    assert "Not enough data yet" in full("cross-store")[1]
    full("import", "--sales", full.file("bath.csv", SALES, *lines))
    pairs = full.json("cross-store", "--store", "bath")
    assert len(pairs) == 8
    code, out, _ = full("cross-store")
    assert (code, "of 8 possible relations" in out) == (0, True)


@pytest.mark.slow
def test_a_backtest_stands_beside_the_naive_rules_and_writes_its_forecasts(full: Shop) -> None:
    """Scores per series and overall, and a line a forecast."""
    path = full.folder / "forecasts.csv"
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    start = last - timedelta(days=27)
    report = full.json("backtest", "--start", start, "--end", last, "--horizon", 7, "--forecasts", path)
    assert report["overall"]["mape"] < report["overall"]["seasonal_naive"]["mape"]
    assert [score["store_id"] for score in report["series"]] == ["kiel"]
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["store_id", "cutoff", "date", "predicted", "lower_80", "upper_80", "actual"]
    assert len(rows) == 28
    assert all(row["cutoff"] < row["date"] for row in rows)
    assert full("backtest", "--start", start)[0] == 0
    code, _, err = full("backtest", "--start", start, "--forecasts", full.folder / "none" / "f.csv")
    assert (code, "cannot write" in err) == (2, True)


@pytest.mark.slow
def test_the_calendar_advises_and_a_day_adds_up(full: Shop) -> None:
    """Fourteen days ahead; the day's parts sum to what was sold, to the cent."""
    days = full.json("calendar")
    assert len(days) == 14
    assert all(day["lower_80"] <= day["predicted"] <= day["upper_80"] and day["advice"] for day in days)
    assert full("calendar", "--horizon", 3)[0] == 0
    (explained_day,) = full.json("explain")
    assert sum(part["cents"] for part in explained_day["contributions"]) == explained_day["actual_cents"]
    assert full("explain", FIRST_DAY + timedelta(days=300))[0] == 0
    code, _, err = full("explain", "--day", "2030-01-01")
    assert (code, "no store has sales on 2030-01-01" in err) == (2, True)
