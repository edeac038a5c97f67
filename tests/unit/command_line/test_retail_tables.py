"""What the retail commands say to people: relations between stores, scores, and lifts that were taken back."""

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from unit.command_line.conftest import RunCommand

from brain.ports.sales_warehouse import ResultTable
from brain.testing.simulations.shop_clients import LAST_DAY, SALES_HEADER, fill_warehouse, import_lines, open_warehouse

URL = "sqlite:///shop.db"
DATABASE = ("--database", URL)


def words_of(printed: str) -> str:
    """Return a text without line breaks and the lines of tables."""
    return " ".join(printed.replace("│", " ").split())


def import_sales(sales: dict[str, Sequence[float]]) -> None:
    """Make a database with the daily sales of stores up to the last day."""
    lines = [SALES_HEADER]
    for store, amounts in sales.items():
        days = [LAST_DAY - timedelta(days=len(amounts) - 1 - index) for index in range(len(amounts))]
        lines += [f"{store},{day},bread,,1,{amount:.2f}\n" for day, amount in zip(days, amounts, strict=True)]
    with closing(open_warehouse(URL)) as warehouse:
        warehouse.upgrade()
        import_lines(warehouse, sales=lines)


def test_a_store_that_leads_another_is_a_row_of_a_table(run_brain: RunCommand) -> None:
    """With its lag; the sentence counts what stands out."""
    rng = np.random.default_rng(3)
    leader, own = rng.standard_normal(400), rng.standard_normal(400)
    follower = 0.5 * own + np.concatenate([[0, 0], leader[:-2]])
    import_sales({"kiel": 1000 * np.exp(0.15 * leader), "bath": 1000 * np.exp(0.15 * follower)})
    exit_code, printed, _ = run_brain("retail", "cross-store", *DATABASE)
    assert exit_code == 0
    assert "kiel leads bath 2 +0." in words_of(printed)
    assert "possible relations stand out from what moves all stores alike." in words_of(printed)


def test_stores_without_a_relation_are_counted_only(run_brain: RunCommand) -> None:
    """No table without a row."""
    rng = np.random.default_rng(1)
    import_sales({store: 1000 * np.exp(0.15 * rng.standard_normal(400)) for store in ("kiel", "bath")})
    _, printed, _ = run_brain("retail", "cross-store", *DATABASE)
    assert printed.startswith("0 of ")


def test_new_stores_have_not_enough_data_for_a_relation(run_brain: RunCommand) -> None:
    """The sentence says what it takes."""
    import_sales({"kiel": [100.0] * 30, "bath": [90.0] * 30})
    _, printed, _ = run_brain("retail", "cross-store", *DATABASE)
    assert printed.startswith("Not enough data yet: two stores need ")


def test_an_error_without_a_naive_one_to_compare_it_with_is_a_table_alone(run_brain: RunCommand) -> None:
    """In the first week of a shop there is no last week."""
    import_sales({"kiel": [100.0, 110.0, 105.0, 120.0, 90.0, 95.0]})
    start = str(LAST_DAY - timedelta(days=1))
    exit_code, printed, errors = run_brain("retail", "backtest", "--start", start, "--horizon", "1", *DATABASE)
    assert exit_code == 0, errors
    assert "Backtest 2026-11-21 to 2026-11-22" in printed
    assert "repeating last week's" not in printed


def test_a_lift_that_later_days_contradict_is_told_as_retired(run_brain: RunCommand, tmp_path: Path) -> None:
    """With the day, the store and the reason; others are not listed with it."""
    with closing(open_warehouse(f"sqlite:///{tmp_path / 'shop.db'}")) as warehouse:
        fill_warehouse(warehouse, 100)
    assert run_brain("retail", "signals", *DATABASE)[0] == 0
    with closing(open_warehouse(URL)) as warehouse:
        (rain, *_) = [
            row
            for row in warehouse.results(ResultTable.SIGNAL_LIFTS, {"store_id": "north"})
            if row["occurrences"] and row["lift"]
        ]
        lift = rain["lift"]
        assert isinstance(lift, float)
        day = LAST_DAY - timedelta(days=7)
        opposite = {"lift": -lift, "lower": -lift, "upper": -lift, "confidence": 1.0, "claimed": True}
        warehouse.put_results(ResultTable.SIGNAL_LIFTS, [{**rain, **opposite, **claimed_on(day)}])
    exit_code, printed, _ = run_brain("retail", "signals", "--store", "north", *DATABASE)
    assert exit_code == 0
    assert f"Retired on {LAST_DAY}: {rain['signal']} in north, the sign turned: " in words_of(printed)
    assert "Retired" not in run_brain("retail", "signals", "--store", "east", *DATABASE)[1]


def claimed_on(day: date) -> dict[str, object]:
    """Return the columns of an effect that was claimed on a day."""
    return {"as_of": day, "state": "claimed", "since": day, "last_seen": day}


def test_a_day_is_explained_for_one_store_if_it_traded(run_brain: RunCommand) -> None:
    """A store that was closed has nothing to explain, and one that does not exist is named."""
    import_sales({"kiel": [100.0] * 60, "bath": [90.0] * 59 + [0.0]})
    day, last = str(LAST_DAY - timedelta(days=1)), str(LAST_DAY)
    exit_code, printed, errors = run_brain("retail", "explain", day, "--store", "bath", "--json", *DATABASE)
    assert exit_code == 0, errors
    assert [row["store_id"] for row in json.loads(printed)] == ["bath"]
    assert len(json.loads(run_brain("retail", "explain", day, "--json", *DATABASE)[1])) == 2
    assert run_brain("retail", "explain", last, "--store", "nowhere", *DATABASE)[0] == 2
