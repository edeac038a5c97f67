"""The retail commands on a bakery's files print the same JSON on SQLite and on PostgreSQL."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import postgres
import pytest

from brain.cli.app import app
from brain.cli.failures import run_app
from brain.testing.simulations.shop_clients import (
    EVENTS_HEADER,
    LAST_DAY,
    SALES_HEADER,
    WEATHER_HEADER,
    simulate_sales_lines,
    simulate_wet_days,
)

DAYS = 140
DATES = [LAST_DAY - timedelta(days=DAYS - 1 - at) for at in range(DAYS)]
START = str(LAST_DAY - timedelta(days=55))
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check",),
    ("signals",),
    ("signals", "--as-of", str(LAST_DAY - timedelta(days=7))),
    ("product-weather",),
    ("time-of-day", "--store", "north"),
    ("cross-store",),
    ("backtest", "--start", START),
    ("backtest", "--start", START, "--products", "--store", "south"),
    ("calendar", "--horizon", "14"),
    ("explain", str(LAST_DAY - timedelta(days=3))),
    ("curiosity",),
    ("ledger", "rain"),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two bakeries in Berlin: tickets with a few returns and one unreadable line, weather, markets."""
    folder = tmp_path_factory.mktemp("bakery")
    rng = np.random.default_rng(21)
    wet = simulate_wet_days(DAYS)
    sales = [SALES_HEADER, "north,someday,bread,,1,2\n"]
    for seed, store in enumerate(("north", "south")):
        sales += simulate_sales_lines(store, DATES, seed, wet, -0.4)
        sales += [f"{store},{day}T11:05:00,bread,,-1,-{rng.gamma(2, 3):.2f}\n" for day in DATES[::9]]
    rows = [(store, at) for store in ("north", "south") for at in range(DAYS)]
    weather = [f"{s},{DATES[at]},{rng.normal(12, 5):.1f},{5.5 * wet[at]},{rng.gamma(4, 3):.1f},4,\n" for s, at in rows]
    events = [f"market,market,{day},{day},\n" for day in DATES[6::21]]
    kinds = {"sales": sales, "weather": [WEATHER_HEADER, *weather], "events": [EVENTS_HEADER, *events]}
    words: list[str] = []
    for kind, lines in kinds.items():
        path = folder / f"{kind}.csv"
        path.write_text("".join(lines), encoding="utf-8")
        words += [f"--{kind}", str(path)]
    return words


def said(
    url: str, files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """What every command prints and how it ends, the import first."""
    monkeypatch.setenv("DATABASE_URL", url)
    answers = {}
    imports = ("import", *files, "--time-zone", "Europe/Berlin", "--country", "DE")
    for command in (imports, *COMMANDS):
        monkeypatch.setattr("sys.argv", ["brain", "retail", *command, "--json"])
        code = run_app(app)
        out, err = capsys.readouterr()
        answers[" ".join(command)] = (code, err, json.loads(out))
    return answers


@pytest.mark.slow
def test_the_commands_say_the_same_on_both_databases(
    files: list[str],
    postgres_server: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the last digit, a bad line of the import and its exit code included."""
    monkeypatch.chdir(tmp_path)
    with postgres.database(postgres_server) as url:
        theirs = said(url, files, capsys, monkeypatch)
    ours = said(f"sqlite:///{tmp_path / 'shop.db'}", files, capsys, monkeypatch)
    for command, answer in ours.items():
        assert answer == theirs[command], command
    (imported, _, _), *others = ours.values()
    assert imported == 1
    assert {code for code, _, _ in others} == {0}
    assert any(lift["claimed"] for lift in ours["signals"][2])
