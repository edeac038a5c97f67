"""A person is erased from the texts of the shop's database, on SQLite and PostgreSQL; no figure changes."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import String, inspect

from brain.adapters.sql_warehouse.columns import RESULT_COLUMNS, SHOP_COLUMNS
from brain.adapters.sql_warehouse.text_erasure import OTHER_COLUMNS, SEARCHED_COLUMNS
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.person import Person
from brain.domain.retail.series import Store
from brain.ports.sales_warehouse import ResultTable
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, import_files

ADA = "Ada Lind"
STORES = ("kiel", "*acme", "*")
PERSON = Person(ADA, "acme", IdentityKeys(1, b"a salt of the tests, 32 bytes long"))
DECISION = {
    "store_id": "kiel", "decision_id": "d1", "kind": "price", "starts_on": date(2026, 1, 1),
    "ends_on": date(2026, 1, 2), "cost": 5.0, "note": "asked by Ada Lind",
    "recorded_at": datetime(2026, 1, 1, tzinfo=UTC),
}  # fmt: skip


def fill(warehouse: SqlWarehouse) -> None:
    """Import files and record decisions that name Ada wherever a text may."""
    files = [
        (ImportKind.SALES, "store_id,sold_at,product_id,category,quantity,revenue",
         ["kiel,2026-01-01,cake for Ada Lind,ordered by ADA LIND,1,9.5", "kiel,2026-01-01,cake for ADA LIND,cakes,2,8",
          "kiel,2026-01-01,bread,bread,1,3", "bonn,2026-01-01,cake for Ada Lind,cakes,1,7"]),
        (ImportKind.EVENTS, "event,class,start,end,store_id",
         ["Birthday of Ada Lind,private,2026-01-03,2026-01-03,kiel", "Fair,public,2026-01-03,2026-01-03,kiel"]),
    ]  # fmt: skip
    for kind, heading, lines in files:
        file = ImportFile(kind, f"{kind}.csv", (f"{line}\n" for line in (heading, *lines)))
        import_files(warehouse, [file], Store("", "Europe/Berlin", "DE"), ImportLimits(3, 20), strict=True)
    warehouse.put_results(
        ResultTable.DECISIONS,
        [DECISION, DECISION | {"decision_id": "d2", "note": "nobody"}, DECISION | {"store_id": "bonn"}],
    )


def read_all(warehouse: SqlWarehouse) -> str:
    """Everything of the client's store, as a text."""
    rows: list[Any] = [*warehouse.daily_sales(["kiel"]), *warehouse.events()]
    rows += [row for table in ResultTable for row in warehouse.results(table, {"store_id": "kiel"})]
    return "\n".join(map(str, rows))


def test_a_person_goes_from_every_text_of_the_clients_stores_and_figures_stay(warehouse: SqlWarehouse) -> None:
    """Products that only a spelling of the name told apart stay two; another client's store is not touched."""
    fill(warehouse)
    before = [(sale.day, sale.revenue, sale.quantity) for sale in warehouse.daily_sales()]
    assert "ada lind" in read_all(warehouse).lower()
    expected = {"sales": 3, "calendar_events": 1, "brain_decisions": 1}
    assert warehouse.erase_texts(PERSON.redact, STORES, is_dry_run=True).erased == expected
    assert "ada lind" in read_all(warehouse).lower()
    erasures = warehouse.erase_texts(PERSON.redact, STORES)
    assert (erasures.erased, erasures.remaining) == (expected, {})
    text = read_all(warehouse)
    assert "ada lind" not in text.lower()
    assert [
        word for word in ("cake for erased", "cake for erased 2", "Birthday of erased", "Fair") if word not in text
    ] == []
    assert sorted(before) == sorted((sale.day, sale.revenue, sale.quantity) for sale in warehouse.daily_sales())
    assert [sale.product_id for sale in warehouse.daily_sales(["bonn"])] == ["cake for Ada Lind"]
    assert warehouse.erase_texts(PERSON.redact, STORES).erased == {}


def test_more_texts_than_a_batch_are_searched(warehouse: SqlWarehouse) -> None:
    """A batch is what is in memory at once."""
    rows = [
        DECISION | {"decision_id": f"d{n}", "note": f"{n} by {ADA if n % 100 == 0 else 'nobody'}"} for n in range(2100)
    ]
    warehouse.put_results(ResultTable.DECISIONS, rows)
    assert warehouse.erase_texts(PERSON.redact, STORES).erased == {"brain_decisions": 21}
    notes = Counter(ADA in str(row["note"]) for row in warehouse.results(ResultTable.DECISIONS))
    assert notes == {False: 2100}


def test_whether_a_person_may_be_in_it_is_decided_for_every_text_column() -> None:
    """A new one is added to the searched columns, or to those that hold words of the Brain's own."""
    specs = {**SHOP_COLUMNS, **RESULT_COLUMNS}
    texts = {name for columns in specs.values() for name, type_, _ in columns if isinstance(type_, String)}
    assert texts == SEARCHED_COLUMNS | OTHER_COLUMNS
    assert not SEARCHED_COLUMNS & OTHER_COLUMNS
    assert {
        name for columns in specs.values() for name, type_, _ in columns if name in SEARCHED_COLUMNS
    } == SEARCHED_COLUMNS


def test_the_database_has_no_text_column_beside_those(warehouse: SqlWarehouse) -> None:
    """Not in any table that the migrations create, such as one with the names of imported files."""
    inspector = inspect(warehouse._engine)
    texts = {
        column["name"]
        for table in inspector.get_table_names()
        if not table.startswith("alembic") and not table.endswith("_version")
        for column in inspector.get_columns(table)
        if isinstance(column["type"], String)
    }
    instants = {"sold_at", "observed_at", "known_at", "recorded_at"}
    assert texts - instants <= SEARCHED_COLUMNS | OTHER_COLUMNS, json.dumps(sorted(texts))
