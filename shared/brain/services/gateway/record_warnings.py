"""Records warnings about feeds next to ingest: at most one write per second and kind, and never delaying an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from brain.domain.gateway.feed_warnings import FeedWarning
from brain.errors import BrainError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import EventWriter, WriteResult, WriteStatus
from brain.ports.logger import ErrorReporter
from brain.repositories.gateway.feed_warnings import (
    WarningCount,
    build_first_warning,
    build_repeated_warning,
    count_warnings,
)

MIN_INTERVAL = timedelta(seconds=1)
MAX_REMEMBERED_KEYS = 10_000
WarningKey: TypeAlias = tuple[str, str]
"""A client id and a kind of warning."""


@dataclass(slots=True)
class RecordWarnings:
    """Counts warnings per client and kind; those within a second of a write are added by the next write.

    A count may lack the last second of a storm if the instance ends then. The documents of events and dead letters are
    exact; a warning says where to look.
    """

    writer: EventWriter
    clock: Clock
    report_error: ErrorReporter
    _pending: dict[WarningKey, WarningCount] = field(default_factory=dict)
    _written_at: dict[WarningKey, datetime] = field(default_factory=dict)

    async def __call__(self, client_id: str, warnings: Sequence[FeedWarning]) -> None:
        """Write the counts that are due; if that fails, the error is reported and the counts stay pending."""
        if not warnings:
            return
        now = self.clock.now()
        for kind, count in count_warnings(warnings, now).items():
            self._add((client_id, kind), count)
        due = {key: count for key, count in self._pending.items() if key[0] == client_id and self._is_due(key, now)}
        for key in due:
            del self._pending[key]
        try:
            await self._write(due, now)
        except BrainError as error:
            self.report_error("warnings", error)

    def _add(self, key: WarningKey, count: WarningCount) -> None:
        self._pending[key] = self._pending[key].add(count) if key in self._pending else count

    def _is_due(self, key: WarningKey, now: datetime) -> bool:
        return key not in self._written_at or now >= self._written_at[key] + MIN_INTERVAL

    async def _write(self, due: Mapping[WarningKey, WarningCount], now: datetime) -> None:
        """Create the warnings that this instance has not written yet, and add to those that exist."""
        new = {key: count for key, count in due.items() if key not in self._written_at}
        created = await self.writer.write(
            [build_first_warning(client_id, count) for (client_id, _), count in new.items()]
        )
        existing = {
            key: count
            for (key, count), write_result in zip(new.items(), created, strict=True)
            if write_result.status is WriteStatus.EXISTS
        }
        repeated = existing | {key: count for key, count in due.items() if key not in new}
        repeated_warnings = [build_repeated_warning(client_id, count) for (client_id, _), count in repeated.items()]
        added = await self.writer.write(repeated_warnings)
        self._apply_results(new, created, now, WriteStatus.EXISTS)
        self._apply_results(repeated, added, now)

    def _apply_results(
        self,
        counts: Mapping[WarningKey, WarningCount],
        write_results: Sequence[WriteResult],
        now: datetime,
        *expected: WriteStatus,
    ) -> None:
        """Remember the counts that were written, and keep the others pending unless their status is ``expected``."""
        if len(self._written_at) >= MAX_REMEMBERED_KEYS:
            self._written_at.clear()
        for (key, count), write_result in zip(counts.items(), write_results, strict=True):
            if write_result.status is WriteStatus.WRITTEN:
                self._written_at[key] = now
            elif write_result.status not in expected:
                self._add(key, count)
                self.report_error(
                    "warnings", write_result.error or StoreUnavailableError("a warning could not be written")
                )
