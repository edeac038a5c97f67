"""Writes warnings beside ingest: at most one write a second and kind, and never in the way of an answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from brain.domain.gateway.notices import Notice
from brain.errors import BrainError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import EventWriter, WriteResult, WriteStatus
from brain.repositories.gateway.warnings import Tally, first, more, tallies

APART = timedelta(seconds=1)
REMEMBERED = 10_000


@dataclass(slots=True)
class KeepWarnings:
    """Counts by client and kind; what comes within a second of a write goes with the next one.

    A count may lack what came in the last second of a storm before this instance ended; the documents of events and
    dead letters are exact, warnings say where to look.
    """

    writer: EventWriter
    clock: Clock
    failed: Callable[[str, Exception], None]
    _waiting: dict[tuple[str, str], Tally] = field(default_factory=dict)
    _written: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def __call__(self, client_id: str, notices: Sequence[Notice]) -> None:
        """Write what may be written now; a failure is told to the log and the counts wait."""
        if not notices:
            return
        now = self.clock.now()
        for kind, tally in tallies(notices, now).items():
            self._add((client_id, kind), tally)
        ready = {key: tally for key, tally in self._waiting.items() if key[0] == client_id and self._may(key, now)}
        for key in ready:
            del self._waiting[key]
        try:
            await self._write(ready, now)
        except BrainError as error:
            self.failed("warnings", error)

    def _add(self, key: tuple[str, str], tally: Tally) -> None:
        self._waiting[key] = self._waiting[key].with_more(tally) if key in self._waiting else tally

    def _may(self, key: tuple[str, str], now: datetime) -> bool:
        return key not in self._written or now >= self._written[key] + APART

    async def _write(self, ready: dict[tuple[str, str], Tally], now: datetime) -> None:
        """Create what this instance has not written yet, and add to what is there already."""
        fresh = {key: tally for key, tally in ready.items() if key not in self._written}
        created = await self.writer.write([first(key[0], tally) for key, tally in fresh.items()])
        there = {
            key: tally
            for (key, tally), result in zip(fresh.items(), created, strict=True)
            if result.status is WriteStatus.EXISTS
        }
        known = there | {key: tally for key, tally in ready.items() if key not in fresh}
        added = await self.writer.write([more(key[0], tally) for key, tally in known.items()])
        self._settle(fresh, created, now, WriteStatus.EXISTS)
        self._settle(known, added, now)

    def _settle(
        self, sent: dict[tuple[str, str], Tally], results: Sequence[WriteResult], now: datetime, *fine: WriteStatus
    ) -> None:
        """Remember what was written, and keep what was not for the next time."""
        if len(self._written) >= REMEMBERED:
            self._written.clear()
        for (key, tally), result in zip(sent.items(), results, strict=True):
            if result.status is WriteStatus.WRITTEN:
                self._written[key] = now
            elif result.status not in fine:
                self._add(key, tally)
                self.failed("warnings", result.error or StoreUnavailableError("a warning could not be written"))
