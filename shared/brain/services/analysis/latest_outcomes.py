"""The latest outcomes of all clients together that were learned from: the data of a challenger.

Clients are read in the order of their last outcome, until no other can have one of the latest: of any number of
clients at most as many as there are outcomes to select. What a run learned from is not read again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.outcomes import ScoreOutcome, recording_order
from brain.domain.learning.state import OutcomeCursor
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.outcomes import Outcomes
from brain.services.analysis.outcome_backlog import ClientOutcomes
from brain.services.analysis.time_limit import check_time
from brain.services.jobs.lease import Lease

OVERSAMPLING = 3
"""At most two in three outcomes are read in vain when the latest of all clients are selected."""


@dataclass(slots=True)
class LatestOutcomes:
    """Selects the latest ``limit`` outcomes; the time limit of the lease is checked before every call to the store.

    ``_recent`` holds the latest outcomes of the clients that this run has finished, ``_complete`` those of them of
    whom it holds all.
    """

    store: DocumentStore
    rule: OutcomeRule
    lease: Lease
    limit: int
    _recent: dict[str, list[ScoreOutcome]] = field(default_factory=dict, init=False)
    _complete: set[str] = field(default_factory=set, init=False)

    def add(self, batch: Sequence[ClientOutcomes], unfinished: str | None, client_count: int) -> None:
        """Remember the outcomes of a batch.

        Args:
            batch: The batch.
            unfinished: The client that may have further outcomes, which may have been recorded at the same time.
            client_count: The number of clients that were learned from.
        """
        limit_per_client = self._limit_per_client(client_count)
        for client, outcomes in batch:
            if client.client_id != unfinished:
                self._recent[client.client_id] = list(outcomes[-limit_per_client:])

    def select(self, cursors: Mapping[str, OutcomeCursor]) -> list[ScoreOutcome]:
        """Return the latest outcomes up to the cursors, in order of recording.

        Raises:
            OutOfTimeError: The time is nearly up.
            MisconfiguredError: A document is not a valid outcome.
        """
        limit_per_client = self._limit_per_client(len(cursors))
        ends = sorted(((at, client_id, outcome_id) for client_id, (at, outcome_id) in cursors.items()), reverse=True)
        latest: list[ScoreOutcome] = []
        for end in ends:
            if len(latest) == self.limit and recording_order(latest[0]) > end:
                break
            recent = self._list_recent(end[1], cursors[end[1]], limit_per_client)
            latest = sorted([*latest, *recent], key=recording_order)[-self.limit :]
        return latest

    def _list_recent(self, client_id: str, cursor: OutcomeCursor, limit: int) -> list[ScoreOutcome]:
        recent = self._recent.get(client_id, [])
        if len(recent) >= limit or client_id in self._complete:
            return recent[-limit:]
        check_time(self.lease)
        stored = Outcomes(self.store, self.rule).list_latest(client_id, cursor, limit)[::-1]
        if client_id in self._recent:
            self._recent[client_id] = stored
            self._complete.update([client_id] if len(stored) < limit else [])
        return stored

    def _limit_per_client(self, client_count: int) -> int:
        return min(self.limit, math.ceil(OVERSAMPLING * self.limit / client_count))
