"""Open the shop's database for a command."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from brain.bootstrap.adapters import open_sales_warehouse
from brain.ports.sales_warehouse import SalesWarehouse

DEFAULT_FILE = Path(".brain/shop.db")
"""The database of a first try, when neither --database nor DATABASE_URL is given."""


@contextmanager
def open_warehouse(url: str | None) -> Iterator[SalesWarehouse]:
    """Yield the warehouse at ``url``, or else at DATABASE_URL, or else in ``DEFAULT_FILE``; close it afterwards."""
    database_url = url or os.environ.get("DATABASE_URL")
    if not database_url:
        DEFAULT_FILE.parent.mkdir(exist_ok=True)
        database_url = f"sqlite:///{DEFAULT_FILE}"
    with closing(open_sales_warehouse(database_url)) as warehouse:
        yield warehouse
