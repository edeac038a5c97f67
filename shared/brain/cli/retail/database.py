"""Opens the shop's database for a command and closes it again, whatever happens in between."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.bootstrap.adapters import open_sales_warehouse
from brain.ports.sales_warehouse import SalesWarehouse
from brain.settings.files import load_config

FIRST_TRY = Path(".brain/shop.db")
"""Where a first try's sales go when nobody named a database."""

Database = Annotated[
    str | None,
    typer.Option("--database", help=f"The database's URL; by default DATABASE_URL, else sqlite:///{FIRST_TRY}."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program instead of tables for a person.")]
OneStore = Annotated[str | None, typer.Option("--store", help="Only this store.")]


def warehouse_config() -> WarehouseConfig:
    """``config/warehouse.yaml``."""
    return load_config("warehouse", WarehouseConfig)


@contextmanager
def open_warehouse(url: str | None) -> Iterator[SalesWarehouse]:
    """The warehouse at ``url``, at DATABASE_URL, or the file of a first try."""
    chosen = url or os.environ.get("DATABASE_URL")
    if not chosen:
        FIRST_TRY.parent.mkdir(exist_ok=True)
        chosen = f"sqlite:///{FIRST_TRY}"
    with closing(open_sales_warehouse(chosen)) as warehouse:
        yield warehouse
