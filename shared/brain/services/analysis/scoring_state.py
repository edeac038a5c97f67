"""A client's sums while its events are scored: changed in place by the scorer, and written with each page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from brain.domain.clients.client import Client
from brain.domain.days import hot_now, sums
from brain.domain.days.scorer import ScoredEvent, Scorer
from brain.domain.predictions import recent_content
from brain.domain.scoring import ScoringConfig, Weights
from brain.ports.document_rules import check_write
from brain.ports.document_store import DocumentStore, Transform, Version, Write
from brain.repositories.analysis.archive import DayArchive, DayCounts
from brain.repositories.analysis.state import (
    BREAKDOWNS,
    RECENT,
    StateDocument,
    StateDocuments,
    copy_breakdowns,
    copy_days,
)

RECENT_DAYS = 31
FORMER_FIELDS = ("breakdowns",)
"""What a former version stored with the recent sums."""


@dataclass(slots=True, kw_only=True)
class ScoringState:
    """The recent sums and breakdowns of one client, with the scorer that adds events to them."""

    store: DocumentStore
    client: Client
    weights: Weights
    config: ScoringConfig
    as_of: datetime
    scorer: Scorer = field(init=False)
    _recent: StateDocument = field(init=False)
    _breakdowns: StateDocument = field(init=False)

    def __post_init__(self) -> None:
        self.load()

    def load(self) -> None:
        """Read the stored state; what was added since the last commit is forgotten."""
        client_id = self.client.client_id
        self._recent, self._breakdowns = StateDocuments(self.store).read(client_id, RECENT, BREAKDOWNS)
        self.scorer = Scorer(
            copy_days(self._recent),
            self.weights,
            as_of=self.as_of,
            time_zone=self.client.time_zone,
            config=self.config,
            breakdowns=copy_breakdowns(self._recent, self._breakdowns),
        )

    @property
    def hot_events(self) -> Sequence[dict[str, Any]]:
        """The best events of the last days, as of the last commit."""
        events: Sequence[dict[str, Any]] = self._recent.data.get("top", ())
        return events

    def build_writes(self, scored_events: Sequence[ScoredEvent]) -> list[Write]:
        """Return the writes of the state with these events; the first two are those that ``confirm`` takes."""
        stored = self._recent.data
        archive_writes, archived = self._archive_old_days(stored.get("archived", {}))
        self._recent.data = {
            "days": self.scorer.days,
            "archived": archived,
            "top": hot_now.merge_hot_events(self.hot_events, scored_events, self.as_of),
            "content": recent_content.merge_content(stored.get("content", []), scored_events),
        }
        self._breakdowns.data = {"days": self.scorer.breakdowns}
        former = {name: Transform.DELETE_FIELD for name in FORMER_FIELDS if name in stored}
        recent_write = self._recent.write({**self._recent.data, **former})
        return [recent_write, self._breakdowns.write(self._breakdowns.data), *archive_writes]

    def confirm(self, versions: Sequence[Version]) -> None:
        """Take note that the writes of ``build_writes`` were applied."""
        self._recent.version, self._breakdowns.version = versions[:2]

    def check(self) -> None:
        """Raise unless the stored state can be written again without any event; then load it again."""
        for write in self.build_writes(()):
            check_write(write)
        self.load()

    def _archive_old_days(self, day_counts: DayCounts) -> tuple[list[Write], DayCounts]:
        """Move days that left the window into the archive; most runs move none and read nothing more."""
        newest_day = max(map(sums.parse_day, self.scorer.days), default=None)
        if newest_day is None:
            return [], day_counts
        removed_days = sums.remove_old_days(self.scorer.days, newest_day, RECENT_DAYS)
        sums.remove_old_days(self.scorer.breakdowns, newest_day, RECENT_DAYS)
        if not removed_days:
            return [], day_counts
        return DayArchive(self.store, self.client.client_id).build_writes(removed_days, day_counts)
