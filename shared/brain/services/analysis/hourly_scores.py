"""Score the events that are new or revised since the last run; reads grow with new events, never with history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from brain.domain.clients.client import Client
from brain.domain.days import hot_now, sums
from brain.domain.days.scorer import ScoredEvent
from brain.domain.gateway.feed_warnings import FeedWarning
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.serving_weights import select_weights
from brain.domain.scoring import ScoringConfig
from brain.errors import BrainError, StoreRefusedError
from brain.ports.document_store import Document, DocumentStore, Set, Snapshot, Write
from brain.repositories import codec, paths
from brain.repositories.analysis.outcomes import first_score_fields
from brain.repositories.analysis.state import LEARNING, StateDocuments
from brain.repositories.clients import Clients
from brain.repositories.gateway.events import StoredEvents, build_scoring_writes
from brain.repositories.gateway.feed_warnings import build_warning_writes
from brain.services.analysis.scoring_state import ScoringState
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.quarantine import QuarantineEvent

PAGE_SIZE = 200
HOT_NOW_ENTRIES = 10
SUM_TOO_LARGE = "sum_too_large"


@dataclass(slots=True)
class HourlyScores:
    """Scores one client's new events, one page per atomic commit of scores, state and checkpoint together.

    An event that cannot be scored is quarantined, and the others are scored; without ``quarantine`` it raises.
    """

    store: DocumentStore
    config: ScoringConfig
    rule: OutcomeRule
    page_size: int = PAGE_SIZE
    quarantine: QuarantineEvent | None = None

    def __call__(self, lease: Lease) -> Figures:
        """Score until no event is unscored or the time is nearly up."""
        client = Clients(self.store).get(lease.client_id)
        model = self.store.get(paths.model("score"))
        (learning,) = StateDocuments(self.store).read(client.client_id, LEARNING)
        state = ScoringState(
            store=self.store,
            client=client,
            weights=select_weights(client.client_id, model.data if model else {}, learning.data),
            config=self.config,
            as_of=lease.scheduled_at,
        )
        return _ScoringRun(self, lease, client, state).run()


@dataclass(slots=True)
class _ScoringRun:
    """One run over a client's pages; ``figures`` counts what was committed."""

    job: HourlyScores
    lease: Lease
    client: Client
    state: ScoringState
    figures: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.figures = {"scored": 0, "revised": 0, **self.lease.checkpoint}

    def run(self) -> Figures:
        events = StoredEvents(self.job.store)
        last_event: Snapshot | None = None
        while page := events.unscored(self.client.client_id, limit=self.job.page_size, after=last_event):
            parts: list[Sequence[Snapshot]] = [page]
            while parts:
                if self.lease.out_of_time():
                    return self.lease.stop(self.figures)
                parts += self._score_or_split(parts.pop())
            if len(page) < self.job.page_size:  # a short page is the last one; asking again would cost a read
                break
            last_event = page[-1]
        return self.lease.finish([self._build_view()], self.figures)

    def _score_or_split(self, events: Sequence[Snapshot]) -> list[Sequence[Snapshot]]:
        """Score events together, or return their halves, the first one last; a single one is quarantined instead."""
        try:
            self._score(events)
        except Exception as error:
            is_poison = isinstance(error, StoreRefusedError) or not isinstance(error, BrainError)
            if self.job.quarantine is None or not is_poison:
                raise
            self.state.load()
            if len(events) == 1:
                self._quarantine(events[0], error)
                return []
            middle = len(events) // 2
            return [events[middle:], events[:middle]]
        return []

    def _score(self, events: Sequence[Snapshot]) -> None:
        revised = [event for event in events if event.data["revision"]]
        stored_scores = StoredEvents(self.job.store).previous_scores(self.client.client_id, revised)
        contributions = {event_id: codec.contribution_from_document(score) for event_id, score in stored_scores.items()}
        scored_events = self.state.scorer.score_all(
            [codec.event_from_document(event.data) for event in events], contributions
        )
        first_scores = self._build_first_scores(events, scored_events, stored_scores)
        score_writes = build_scoring_writes(self.client.client_id, events, scored_events, first_scores)
        writes = [*self.state.build_writes(scored_events), *score_writes, *self._build_warnings(scored_events)]
        figures = self.figures | {
            "scored": self.figures["scored"] + len(events),
            "revised": self.figures["revised"] + len(revised),
        }
        self.state.confirm(self.lease.commit(writes, figures))
        self.figures = figures

    def _build_first_scores(
        self, events: Sequence[Snapshot], scored_events: Sequence[ScoredEvent], stored_scores: Mapping[str, Document]
    ) -> dict[str, Document]:
        """Return the fields of each event's first score, by event id."""
        job = self.job
        return {
            event.id: first_score_fields(
                scored_event, stored_scores.get(event.id), job.rule, job.config, cumulative=event.data["cumulative"]
            )
            for event, scored_event in zip(events, scored_events, strict=True)
        }

    def _build_warnings(self, scored_events: Sequence[ScoredEvent]) -> list[Write]:
        warnings = [
            FeedWarning(
                SUM_TOO_LARGE,
                scored_event.event.event_id,
                f"the sum of a day must fit into 64 bits, got more for {', '.join(scored_event.omitted)}; "
                "these figures of the event are not counted; correct them and send it again",
            )
            for scored_event in scored_events
            if scored_event.omitted
        ]
        if not warnings:
            return []
        return build_warning_writes(self.job.store, self.client.client_id, warnings, self.lease.scheduled_at)

    def _quarantine(self, event: Snapshot, error: Exception) -> None:
        assert self.job.quarantine is not None  # noqa: S101 - the caller raises otherwise
        self.state.check()  # raises if the events are not to blame
        figures = self.figures | {"quarantined": self.figures.get("quarantined", 0) + 1}
        self.lease.commit(self.job.quarantine(self.lease.run.job, self.client.client_id, event, error), figures)
        self.figures = figures

    def _build_view(self) -> Write:
        now = self.lease.scheduled_at
        today = sums.to_local_day(now, self.client.time_zone).isoformat()
        entries = hot_now.rank_by_attention(self.state.hot_events, now, self.job.config)
        view = {
            "as_of": now,
            "client": self.client.name,
            "today": self.state.scorer.days.get(today, {}),
            "hot_now": entries[:HOT_NOW_ENTRIES],
        }
        return Set(paths.view(self.client.client_id, "now"), view)
