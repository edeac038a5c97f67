"""The shop's database in both kinds: SQLite, and a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import postgres
import pytest

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.settings.files import load_config


def opened(url: str) -> closing[SqlWarehouse]:
    """A warehouse under the Brain's own names, closed at the end of the block."""
    return closing(SqlWarehouse(url, load_config("warehouse", WarehouseConfig)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running PostgreSQL; one a session (one a worker under xdist)."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    """The name of a migrated, empty PostgreSQL database to copy."""
    with postgres.database(postgres_server) as url:
        with opened(url) as warehouse:
            warehouse.upgrade()
        yield url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "shop.db"
    with opened(f"sqlite:///{path}") as warehouse:
        warehouse.upgrade()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with postgres.database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWarehouse]:
    """A migrated, empty warehouse."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "shop.db")
        with opened(f"sqlite:///{path}") as one:
            yield one
        return
    template = request.getfixturevalue("migrated_postgres")
    with postgres.database(request.getfixturevalue("postgres_server"), template) as url, opened(url) as one:
        yield one
