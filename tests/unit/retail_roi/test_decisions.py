"""Decisions as people and files tell them, kept once each, and what the commands say of them."""

import csv
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.cli.app import app
from brain.cli.failures import run_app
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import DecisionKind, parse_decision
from brain.domain.retail.series import Store
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ResultTable
from brain.services.retail.decisions import decisions_from_rows, list_decisions, record_decisions
from brain.services.retail.roi import parse_month
from brain.settings.files import load_config
from brain.testing.simulations.shop import FIRST_DATE, get_date, simulate_sales
from brain.testing.simulations.shop_clients import describe_stores

NOW = datetime(2023, 3, 1, 9, tzinfo=UTC)
DAYS = 420
GIVEN = {"kind": "promotion", "start": "2023-02-01", "end": "2023-02-07", "cost": "40"}


def test_a_decision_is_read_with_a_name_of_its_own() -> None:
    """Made of kind, store, subject and first day; nothing said is every store and the whole shop."""
    decision = parse_decision(GIVEN, NOW)
    assert (decision.decision_id, decision.kind, decision.days, decision.cost) == (
        "promotion:*:*:2023-02-01",
        DecisionKind.PROMOTION,
        7,
        40.0,
    )
    assert (decision.store_id, decision.product_id, decision.category, decision.recorded_late) == (
        None,
        None,
        None,
        True,
    )
    product_decision = parse_decision(GIVEN | {"store_id": "kiel", "product_id": "bread", "id": "sale", "end": ""}, NOW)
    assert (product_decision.decision_id, product_decision.end, product_decision.product_id) == (
        "sale",
        date(2023, 2, 1),
        "bread",
    )
    assert (
        parse_decision(GIVEN | {"store_id": "*", "category": "loaf"}, NOW).decision_id == "promotion:*:loaf:2023-02-01"
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "hope"}, "kind must be one of staffing, stock, promotion, post"),
        ({"start": "soon"}, "start must be a date"),
        ({"end": "2023-01-31"}, "end must not be before start"),
        ({"cost": ""}, "cost is required"),
        ({"cost": "much"}, "cost must be a number"),
        ({"expected": "nan"}, "expected must be a number"),
        ({"product_id": "bread", "category": "loaf"}, "leave one out"),
        ({"note": "x" * 501}, "note must be one line"),
        ({"note": "a\nb"}, "note must be one line"),
        ({"store_id": "a\nb"}, "store_id must be"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(wrong: dict[str, str], sentence: str) -> None:
    """Naming the field and what was expected."""
    with pytest.raises(InvalidInputError, match=sentence):
        parse_decision(GIVEN | wrong, NOW)


def test_a_decision_told_again_keeps_the_time_it_was_told_first(tmp_path: Path) -> None:
    """Changed, it takes the new time; the same file twice leaves the same rows."""
    with closing(SqlWarehouse(f"sqlite:///{tmp_path / 'shop.db'}", load_config("warehouse", WarehouseConfig))) as shop:
        shop.upgrade()
        describe_stores(shop, [Store("kiel")])
        first = parse_decision(GIVEN | {"store_id": "kiel"}, NOW)
        later = parse_decision(GIVEN | {"store_id": "kiel"}, NOW + timedelta(days=3))
        dearer = parse_decision(GIVEN | {"store_id": "kiel", "cost": "50"}, NOW + timedelta(days=5))
        assert record_decisions(shop, [first]).new == 1
        rows = shop.results(ResultTable.DECISIONS)
        assert record_decisions(shop, [later, later]).unchanged == 1
        assert shop.results(ResultTable.DECISIONS) == rows
        assert list_decisions(shop) == decisions_from_rows(rows) == [first]
        assert record_decisions(shop, [dearer]).changed == 1
        assert list_decisions(shop, NOW) == []
        with pytest.raises(InvalidInputError, match="expected an existing store, got 'bonn'"):
            record_decisions(shop, [parse_decision(GIVEN | {"store_id": "bonn"}, NOW)])


def test_months_are_read_and_nothing_else() -> None:
    """December ends before January."""
    assert (parse_month("2026-12").first, parse_month("2026-12").last) == (date(2026, 12, 1), date(2026, 12, 31))
    with pytest.raises(InvalidInputError, match="such as 2026-10"):
        parse_month("October")


def test_a_margin_is_of_the_category_then_the_store_then_any() -> None:
    """And unknown where nobody said."""
    config = load_config("brain_roi", RoiConfig)
    assert config.margins.find_margin("kiel", "loaf") is None
    margins = config.margins.model_copy(update={"default": 0.1, "stores": {"kiel": 0.2}, "categories": {"loaf": 0.3}})
    assert [
        margins.find_margin("kiel", "loaf"),
        margins.find_margin("kiel", None),
        margins.find_margin("bonn", "cake"),
    ] == [0.3, 0.2, 0.1]


Retail = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stores' sales, the second ones closed for a week, with returns."""
    folder = tmp_path_factory.mktemp("roi")
    with (folder / "sales.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["store_id", "sold_at", "product_id", "category", "quantity", "revenue"])
        for number, store in enumerate(("kiel", "bonn")):
            sales = simulate_sales(number, DAYS)
            if store == "bonn":
                sales[400:407] = np.nan
            for index, amount in enumerate(sales):
                if np.isfinite(amount):
                    writer.writerow([store, FIRST_DATE + timedelta(days=index), "bread", "loaf", "", f"{amount:.2f}"])
            writer.writerow([store, FIRST_DATE + timedelta(days=5), "cake", "sweet", "", "-3.50"])
    return folder / "sales.csv"


@pytest.fixture
def retail(
    tmp_path: Path, database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Retail:
    """The command line before a shop with sales."""

    def run(*arguments: object) -> tuple[int, str, str]:
        words = ["brain", "retail", *map(str, arguments), "--database", f"sqlite:///{tmp_path / 'shop.db'}"]
        monkeypatch.setattr("sys.argv", words)
        monkeypatch.setenv("COLUMNS", "200")
        code = run_app(app)
        out, err = capsys.readouterr()
        return code, out, err

    assert run("import", "--sales", database)[0] == 0
    return run


def as_json(run_result: tuple[int, str, str]) -> Any:
    """The document a command printed."""
    assert run_result[0] == 0, run_result[2]
    return json.loads(run_result[1])


def test_from_a_decision_to_its_worth(retail: Retail, tmp_path: Path) -> None:
    """One by one or from a file, told twice, valued twice the same, wins, misses and unknowns together."""
    assert as_json(retail("roi", "--json"))["decisions"] == []
    assert "No decisions are recorded" in retail("roi")[1]
    start, end = get_date(380), get_date(386)
    arguments = ("decide", "promotion", "--store", "kiel", "--start", start, "--end", end, "--cost", "9000", "--json")
    assert as_json(retail(*arguments))["new"] == 1
    assert as_json(retail(*arguments))["already_there"] == 1
    file = tmp_path / "decisions.csv"
    rows = ["kind,start,end,cost,store_id,note", f"post,{get_date(400)},{get_date(402)},0,bonn,pictures"]
    file.write_text("\n".join([*rows, f"staffing,{get_date(500)},{get_date(501)},-60,kiel,fewer"]) + "\n")
    assert "2 new" in retail("decide", "--file", file)[1]
    run_result = retail("roi", "--margin", "0.4", "--json")
    assert retail("roi", "--margin", "0.4", "--json") == run_result
    document = as_json(run_result)
    assert [valuation["verdict"] for valuation in document["decisions"]] == ["lost", "unknown", "unknown"]
    assert [valuation["reason"][:12] for valuation in document["decisions"][1:]] == ["the shop has", "it starts on"]
    assert document["totals"][0]["value"] == document["decisions"][0]["value"]
    assert (document["unknown"], document["target_reached"]) == (2, "not_known")
    printed = retail("roi", "--margin", "0.4")[1]
    assert printed.startswith("Stop or change promotion in kiel")
    assert "lost money" in printed
    assert "2 unknown" in printed
    assert "recorded only after it ended" in printed
    assert len(as_json(retail("roi", "--month", f"{end:%Y-%m}", "--json"))["decisions"]) == 1
    assert "No decisions" in retail("roi", "--month", "2022-05")[1]
    assert as_json(retail("roi", "--store", "bonn", "--json"))["unknown"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("decide",), "expected one decision"),
        (
            ("decide", "promotion", "--start", "2023-02-01", "--cost", "1", "--store", "rome"),
            "expected an existing store, got 'rome'",
        ),
        (
            ("decide", "promotion", "--start", "2023-02-03", "--end", "2023-02-01", "--cost", "1"),
            "end must not be before start",
        ),
        (("decide", "promotion", "--start", "2023-02-03"), "cost is required"),
        (("decide", "--file", "nowhere.csv"), "cannot read nowhere.csv"),
        (("decide", "--file", "{bad}"), "line 2: kind must be one of"),
        (("roi", "--month", "soon"), "such as 2026-10"),
        (("roi", "--store", "rome"), "expected an existing store, got 'rome'"),
    ],
)
def test_wrong_usage_is_one_sentence(retail: Retail, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """Exit 2 and no traceback."""
    bad = tmp_path / "bad.csv"
    bad.write_text("kind,start,end,cost\nluck,2023-02-01,2023-02-01,0\n")
    code, _, err = retail(*(word.format(bad=bad) for word in arguments))
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err


def test_the_calendar_is_drawn_into_a_file(retail: Retail, tmp_path: Path) -> None:
    """Beside the table; a folder that is not there is one sentence."""
    assert retail("calendar", "--svg", tmp_path / "days.svg")[0] == 0
    assert (tmp_path / "days.svg").read_text().startswith('<svg class="bc"')
    code, _, err = retail("calendar", "--svg", tmp_path / "nowhere" / "days.svg")
    assert (code, "cannot write" in err) == (2, True)
