"""What a person reads when the database is not there, not one, or not what its URL says."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.connection import open_engine, parse_database_url
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.errors import BrainError, MisconfiguredError, StoreUnavailableError
from brain.settings.files import load_config


def counts(url: str) -> dict[str, int]:
    """Open, ask, close."""
    with closing(SqlWarehouse(url, load_config("warehouse", WarehouseConfig))) as warehouse:
        return warehouse.row_counts()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_by_the_driver_we_ship(scheme: str) -> None:
    """Whatever the URL's habit, it is psycopg 3."""
    assert parse_database_url(f"{scheme}://u:p@h/d") == make_url("postgresql+psycopg://u:p@h/d")


@pytest.mark.parametrize(
    ("url", "error", "sentence"),
    [
        ("nonsense", MisconfiguredError, "must be a database URL such as"),
        ("oracle+none://h/d", MisconfiguredError, "no driver for 'oracle'"),
        ("postgresql://u:secret@127.0.0.1:9/d", StoreUnavailableError, "did not answer"),
    ],
)
def test_a_wrong_url_is_one_sentence(url: str, error: type[BrainError], sentence: str) -> None:
    """It says what was expected and never repeats a password."""
    with pytest.raises(error, match=sentence) as raised:
        counts(url)
    assert "secret" not in raised.value.message


def test_a_file_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    """A mistyped path must not leave an empty database behind."""
    path = tmp_path / "typo.db"
    with pytest.raises(MisconfiguredError, match="there is no database file"):
        counts(f"sqlite:///{path}")
    assert not path.exists()


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    """The path exists and holds something else."""
    path = tmp_path / "notes.txt"
    path.write_text("Not a database, whatever its name may be. " * 50)
    with pytest.raises(MisconfiguredError, match="not a database"):
        counts(f"sqlite:///{path}")


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    """Creating the file fails before anything else."""
    with (
        closing(
            SqlWarehouse(f"sqlite:///{tmp_path / 'none' / 'shop.db'}", load_config("warehouse", WarehouseConfig))
        ) as warehouse,
        pytest.raises(MisconfiguredError, match="unable to open"),
    ):
        warehouse.upgrade()


def test_reading_before_any_import_says_how_to_check(tmp_path: Path) -> None:
    """A missing table is named with the command that lists everything missing."""
    path = tmp_path / "empty.db"
    path.touch()
    with (
        closing(SqlWarehouse(f"sqlite:///{path}", load_config("warehouse", WarehouseConfig))) as warehouse,
        pytest.raises(MisconfiguredError, match="brain retail check"),
    ):
        list(warehouse.daily_sales())


def test_no_connection_outlives_its_call(warehouse: SqlWarehouse) -> None:
    """Every call gives its connection back: none is kept for later."""
    warehouse.stores()
    assert warehouse._engine.pool.status() == "NullPool"


def test_sqlite_in_memory_needs_no_file() -> None:
    """The URL without a file is a database too."""
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()
