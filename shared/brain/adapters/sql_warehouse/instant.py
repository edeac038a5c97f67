"""A column type for moments that means the same on every database: stored in UTC, aware in Python."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

SQLITE_LENGTH = 32


class Instant(TypeDecorator[datetime]):
    """``timestamptz`` on PostgreSQL, sortable text in UTC on SQLite (``2026-01-31 09:30:00``).

    ``local`` is for a column of the shop's own without a time zone: such a time is returned naive.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def __init__(self, *, local: bool = False) -> None:
        super().__init__()
        self.local = local

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, which has no type for a moment."""
        if dialect.name == "bigquery":
            return TIMESTAMP()  # its own descriptor of a moment cannot be compiled next to a parameter
        return dialect.type_descriptor(
            String(SQLITE_LENGTH) if dialect.name == "sqlite" else DateTime(timezone=not self.local)
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Convert to UTC text for SQLite."""
        if value is None or dialect.name != "sqlite":
            return value
        return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ").removesuffix("+00:00")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature
        """Parse text or take the driver's value; without a time zone it is UTC unless the column is local."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime) and isinstance(moment, date):
            moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - its zone is set below
        if moment.tzinfo is None:
            return moment if self.local else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
