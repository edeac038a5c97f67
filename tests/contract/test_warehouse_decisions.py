"""Decisions and what they earned are the same on SQLite and on a real PostgreSQL."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgres

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import parse_decision
from brain.domain.retail.roi.statement import StatementPeriod
from brain.domain.retail.roi.statement_document import statement_to_document
from brain.domain.retail.series import Store
from brain.ports.sales_warehouse import ResultTable
from brain.services.retail.decisions import list_decisions, record_decisions
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, import_files
from brain.services.retail.roi import RoiConstants, value_decisions
from brain.settings.files import load_config
from brain.testing.simulations.shop import FIRST_DATE, load_retail_config, simulate_sales

DAYS = 400
TOLD = datetime(2023, 1, 1, 23, 59, 59, 123456, tzinfo=UTC)


def answers(url: str) -> list[object]:
    """Import, decide, value, and return all that was said and kept."""
    given = load_config("brain_roi", RoiConfig)
    constants = RoiConstants(load_retail_config(), given).with_margin(0.35)
    lines = ["store_id,sold_at,product_id,category,quantity,revenue\n"]
    for store in range(2):
        for at, amount in enumerate(simulate_sales(store, DAYS)):
            lines.append(f"s{store},{FIRST_DATE + timedelta(days=at)},bread,loaf,,{amount:.2f}\n")
    decided = [
        {"kind": "promotion", "start": "2023-01-02", "end": "2023-01-08", "cost": "50", "store_id": "s0", "note": "ä"},
        {"kind": "stock", "start": "2023-01-20", "cost": "0", "category": "loaf", "expected": "12.5"},
        {"kind": "post", "start": "2024-01-20", "cost": "0"},
    ]
    with closing(SqlWarehouse(url, load_config("warehouse", WarehouseConfig))) as shop:
        shop.upgrade()
        import_files(shop, [ImportFile(ImportKind.SALES, "sales.csv", lines)], Store(""), ImportLimits(10_000, 20))
        counts = [record_decisions(shop, [parse_decision(one, TOLD) for one in decided]) for _ in range(2)]
        said = statement_to_document(value_decisions(shop, constants, StatementPeriod()))
        return [counts, list_decisions(shop), shop.results(ResultTable.DECISIONS), said]


def test_decisions_are_worth_the_same_on_both(tmp_path: Path, postgres_server: str) -> None:
    """Rows, times and every figure to the cent."""
    with postgres.database(postgres_server) as url:
        theirs = answers(url)
    ours = answers(f"sqlite:///{tmp_path / 'shop.db'}")
    assert ours == theirs
    said = ours[-1]
    assert isinstance(said, dict)
    assert [one["verdict"] == "unknown" for one in said["decisions"]] == [False, False, True]
