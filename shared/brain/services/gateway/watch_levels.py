"""Watches at which levels a client sends reports, and finds those that have the same figures."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import starmap
from typing import Final

from cachetools import LRUCache

from brain.domain.gateway.feed_warnings import FeedWarning
from brain.domain.gateway.known_levels import (
    HashText,
    KnownLevel,
    KnownLevels,
    build_hasher,
    derive_level_id,
    describe_overlap,
    find_overlap,
    list_related,
    merge_levels,
    sample_level,
)
from brain.domain.gateway.report_levels import Level, ReportRow, group_by_level
from brain.domain.gateway.report_totals import Overlap, RequestTotals
from brain.domain.gateway.results import IngestStatus, ItemResult
from brain.domain.privacy.keys import derive_client_key
from brain.errors import AlreadyExistsError, BrainError, ConflictError, NotFoundError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.logger import ErrorReporter
from brain.repositories.gateway.report_levels import build_levels_write, load_levels
from brain.services.gateway.identity_key_source import IdentityKeyProvider

MAX_FEEDS: Final = 2_000
"""Of how many clients' feeds an instance remembers the levels."""
MAX_RECORDED: Final = 64
"""How many levels of a feed an instance records per day; a table with ever other columns has no more of interest."""
MAX_ATTEMPTS: Final = 5
_STORED: Final = frozenset({IngestStatus.STORED, IngestStatus.REVISED, IngestStatus.DUPLICATE})


@dataclass(slots=True)
class _Feed:
    """What an instance knows of one feed of a client.

    ``recorded`` has the day on which a level, or a pair of levels of one table, was recorded last, and ``told`` that of
    the last warning about a pair of levels.
    """

    levels: KnownLevels = field(default_factory=dict)
    recorded: dict[str, date] = field(default_factory=dict)
    told: dict[str, date] = field(default_factory=dict)

    def must_record(self, keys: Iterable[str], now: datetime) -> bool:
        """Return whether one of the levels or pairs is new today, and remember them."""
        self.recorded = {key: day for key, day in self.recorded.items() if day == now.date()}
        new = [key for key in keys if key not in self.recorded]
        if not new or len(self.recorded) >= MAX_RECORDED:
            return False
        self.recorded |= dict.fromkeys(new, now.date())
        return True

    def is_told(self, level: Level, other: Level, now: datetime) -> bool:
        """Return whether the instance has warned of two levels today."""
        return self.told.get(_pair(level, other)) == now.date()

    def tell(self, overlap: Overlap, now: datetime) -> bool:
        """Return whether an overlap is to be warned of, and remember that."""
        if self.is_told(overlap.level, overlap.other, now):
            return False
        today = {pair: day for pair, day in self.told.items() if day == now.date()}
        self.told = today | {_pair(overlap.level, overlap.other): now.date()}
        return True


@dataclass(slots=True)
class WatchLevels:
    """Remembers the levels of each feed of a client, and returns a warning for each overlap once a day.

    A level is read and written when it is new to the instance or to the day. A document that another instance has
    written in the meantime is read again, so that of two overlapping reports the later one always meets the earlier.
    What fails is reported and tried again with the next request.
    """

    store: DocumentStore
    keys: IdentityKeyProvider
    clock: Clock
    report_error: ErrorReporter
    _feeds: LRUCache[tuple[str, str], _Feed] = field(default_factory=lambda: LRUCache(MAX_FEEDS), repr=False)

    async def __call__(self, client_id: str, totals: RequestTotals, results: Sequence[ItemResult]) -> list[FeedWarning]:
        """Return the warnings about the reports in a request, whose rows are stored."""
        stored = {result.event_id for result in results if result.outcome in _STORED}
        by_feed = _group_by_feed([row for row in totals.rows if row.event_id in stored])
        overlaps: list[Overlap] = []
        for feed_name, levels in by_feed.items():
            try:
                overlaps += await self._watch(client_id, feed_name, levels, totals)
            except BrainError as error:
                self.report_error("report levels", error)
        return [_to_warning(overlap) for overlap in overlaps]

    async def _watch(
        self, client_id: str, feed_name: str, levels: Mapping[Level, list[ReportRow]], totals: RequestTotals
    ) -> list[Overlap]:
        now = self.clock.now()
        tables = [pair for pair in totals.tables if levels.keys() >= {*pair}]
        hash_text = build_hasher(derive_client_key(self.keys().oldest_salt, client_id, b"report levels"))
        feed = self._feeds.setdefault((client_id, feed_name), _Feed())
        if feed.must_record([*map(derive_level_id, levels), *starmap(_pair, tables)], now):
            seen = _sample(levels, tables, now, hash_text)
            try:
                recorded = await asyncio.to_thread(self._record, client_id, feed_name, seen, now)
            except BrainError:
                feed.recorded.clear()
                raise
            feed.levels = merge_levels(feed.levels, recorded.values(), now)
        within = (overlap for overlap in totals.overlaps if overlap.level.feed == feed_name)
        return [
            overlap for overlap in (*within, *_find_overlaps(feed, levels, now, hash_text)) if feed.tell(overlap, now)
        ]

    def _record(self, client_id: str, feed_name: str, seen: Sequence[KnownLevel], now: datetime) -> KnownLevels:
        """Add the levels of a request to those of the client, and return them all.

        Raises:
            ConflictError: other instances have written at every attempt.
            StoreUnavailableError: the store did not answer.
        """
        for attempt in range(MAX_ATTEMPTS):
            stored, known = load_levels(self.store, client_id, feed_name)
            merged = merge_levels(known, seen, now)
            try:
                self.store.commit([build_levels_write(client_id, feed_name, stored, merged)])
            except (ConflictError, AlreadyExistsError, NotFoundError):
                if attempt == MAX_ATTEMPTS - 1:
                    raise
            else:
                return merged
        raise AssertionError  # pragma: no cover - the last attempt returns or raises


def _group_by_feed(rows: Iterable[ReportRow]) -> dict[str, dict[Level, list[ReportRow]]]:
    by_feed: dict[str, dict[Level, list[ReportRow]]] = {}
    for level, level_rows in group_by_level(rows).items():
        by_feed.setdefault(level.feed, {})[level] = level_rows
    return by_feed


def _find_overlaps(
    feed: _Feed, levels: Mapping[Level, list[ReportRow]], now: datetime, hash_text: HashText
) -> Iterator[Overlap]:
    """Yield the overlaps of a request with what the client has sent lately, but for those that are told today."""
    for level, rows in levels.items():
        for other in list_related(level, feed.levels):
            is_told = feed.is_told(level, other.level, now)
            if not is_told and (overlap := find_overlap(rows, other, hash_text)):
                yield overlap


def _sample(
    levels: Mapping[Level, list[ReportRow]], tables: Sequence[tuple[Level, Level]], now: datetime, hash_text: HashText
) -> list[KnownLevel]:
    return [
        sample_level(level, rows, [other for pair in tables if level in pair for other in pair], now, hash_text)
        for level, rows in levels.items()
    ]


def _pair(level: Level, other: Level) -> str:
    return " ".join(sorted((derive_level_id(level), derive_level_id(other))))


def _to_warning(overlap: Overlap) -> FeedWarning:
    notice = describe_overlap(overlap)
    return FeedWarning(notice.kind, overlap.event_id, notice.message)
