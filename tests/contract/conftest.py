"""The shop's database in both kinds: SQLite, and a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import postgres
import pytest

from brain.adapters.sql_warehouse.names import WarehouseConfig
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running PostgreSQL; one a session (one a worker under xdist)."""
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    with postgres.database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def warehouse(database_url: str) -> Iterator[SqlWarehouse]:
    """A migrated, empty warehouse."""
    with closing(SqlWarehouse(database_url, WarehouseConfig())) as opened:
        opened.upgrade()
        yield opened
