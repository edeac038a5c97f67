"""A moment as a column type that means the same on every database: stored in UTC, aware in Python."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

SQLITE_LENGTH = 32


class Instant(TypeDecorator[datetime]):
    """``timestamptz`` on PostgreSQL, text that sorts on SQLite (``2026-01-31 09:30:00``, UTC).

    ``local`` is for a shop's own column without a zone: such a time comes back naive, and a date as a date.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def __init__(self, *, local: bool = False) -> None:
        super().__init__()
        self.local = local

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, which has no type for a moment."""
        if dialect.name == "bigquery":
            return TIMESTAMP()  # its own descriptor of a moment cannot be compiled beside a parameter
        return dialect.type_descriptor(
            String(SQLITE_LENGTH) if dialect.name == "sqlite" else DateTime(timezone=not self.local)
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Move to UTC."""
        if value is None or dialect.name != "sqlite":
            return value
        return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ").removesuffix("+00:00")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature
        """Read text or a driver's value; what has no zone is UTC unless the column is local."""
        if value is None:
            return None
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(at, datetime):
            at = datetime(at.year, at.month, at.day) if isinstance(at, date) else at  # noqa: DTZ001 - local below
        if at.tzinfo is None:
            return at if self.local else at.replace(tzinfo=UTC)
        return at.astimezone(UTC)
