"""Score the events that are new or revised since the last run; reads grow with new events, never with history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brain.domain.clients.client import Client
from brain.domain.days import hot_now, sums
from brain.domain.days.scorer import ScoredEvent, Scorer
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.serving_weights import select_weights
from brain.domain.predictions import recent_content
from brain.domain.scoring import ScoringConfig
from brain.ports.document_store import Document, DocumentStore, Set, Snapshot, Write
from brain.repositories import codec, paths
from brain.repositories.analysis.outcomes import first_score_fields
from brain.repositories.analysis.state import (
    ARCHIVE,
    LEARNING,
    RECENT,
    StateDocument,
    StateDocuments,
    copy_breakdowns,
    copy_days,
)
from brain.repositories.clients import Clients
from brain.repositories.gateway.events import StoredEvents, build_scoring_writes
from brain.services.jobs.lease import Figures, Lease

PAGE_SIZE = 200
RECENT_DAYS = 31
ARCHIVED_DAYS = 150
HOT_NOW_ENTRIES = 10


@dataclass(slots=True)
class HourlyScores:
    """Scores one client's new events, one page per atomic commit of scores, state and checkpoint together."""

    store: DocumentStore
    config: ScoringConfig
    rule: OutcomeRule
    page_size: int = PAGE_SIZE

    def __call__(self, lease: Lease) -> Figures:
        """Score until no event is unscored or the time is nearly up."""
        client = Clients(self.store).get(lease.client_id)
        model = self.store.get(paths.model("score"))
        state, learning = StateDocuments(self.store).read(client.client_id, RECENT, LEARNING)
        scorer = Scorer(
            copy_days(state),
            select_weights(client.client_id, model.data if model else {}, learning.data),
            as_of=lease.scheduled_at,
            time_zone=client.time_zone,
            config=self.config,
            breakdowns=copy_breakdowns(state),
        )
        return _ScoringRun(self, lease, client, scorer, state).run()


@dataclass(slots=True)
class _ScoringRun:
    """One run over a client's pages; ``state.version`` is updated after each commit."""

    job: HourlyScores
    lease: Lease
    client: Client
    scorer: Scorer
    state: StateDocument

    def run(self) -> Figures:
        events = StoredEvents(self.job.store)
        figures = {"scored": 0, "revised": 0, **self.lease.checkpoint}
        last_event: Snapshot | None = None
        while page := events.unscored(self.client.client_id, limit=self.job.page_size, after=last_event):
            if self.lease.out_of_time():
                return self.lease.stop(figures)
            revised = [event for event in page if event.data["revision"]]
            stored_scores = events.previous_scores(self.client.client_id, revised)
            contributions = {
                event_id: codec.contribution_from_document(score) for event_id, score in stored_scores.items()
            }
            scored_events = self.scorer.score_all(
                [codec.event_from_document(event.data) for event in page], contributions
            )
            figures = {"scored": figures["scored"] + len(page), "revised": figures["revised"] + len(revised)}
            first_scores = self._build_first_scores(page, scored_events, stored_scores)
            self._commit(page, scored_events, first_scores, figures)
            if len(page) < self.job.page_size:  # a short page is the last one; asking again would cost a read
                break
            last_event = page[-1]
        return self.lease.finish([self._build_view()], figures)

    def _build_first_scores(
        self, page: Sequence[Snapshot], scored_events: Sequence[ScoredEvent], stored_scores: Mapping[str, Document]
    ) -> dict[str, Document]:
        """Return the fields of each event's first score, by event id."""
        job = self.job
        return {
            event.id: first_score_fields(
                scored_event, stored_scores.get(event.id), job.rule, job.config, cumulative=event.data["cumulative"]
            )
            for event, scored_event in zip(page, scored_events, strict=True)
        }

    def _commit(
        self,
        page: Sequence[Snapshot],
        scored_events: Sequence[ScoredEvent],
        first_scores: Mapping[str, Document],
        figures: dict[str, int],
    ) -> None:
        archive_writes = self._archive_old_days()
        stored = self.state.data
        document = {
            "days": self.scorer.days,
            "breakdowns": self.scorer.breakdowns,
            "top": hot_now.merge_hot_events(stored.get("top", []), scored_events, self.lease.scheduled_at),
            "content": recent_content.merge_content(stored.get("content", []), scored_events),
        }
        score_writes = build_scoring_writes(self.client.client_id, page, scored_events, first_scores)
        versions = self.lease.commit([self.state.write(document), *archive_writes, *score_writes], figures)
        self.state.version, self.state.data = versions[0], document

    def _archive_old_days(self) -> list[Write]:
        """Move days that left the window into the archive; most runs move none and read nothing more."""
        newest_day = max(map(sums.parse_day, self.scorer.days))
        removed_days = sums.remove_old_days(self.scorer.days, newest_day, RECENT_DAYS)
        sums.remove_old_days(self.scorer.breakdowns, newest_day, RECENT_DAYS)
        if not removed_days:
            return []
        (archive,) = StateDocuments(self.job.store).read(self.client.client_id, ARCHIVE)
        return [archive.write({"days": sums.merge_into_archive(copy_days(archive), removed_days, ARCHIVED_DAYS)})]

    def _build_view(self) -> Write:
        now = self.lease.scheduled_at
        today = sums.to_local_day(now, self.client.time_zone).isoformat()
        entries = hot_now.rank_by_attention(self.state.data.get("top", []), now, self.job.config)
        view = {
            "as_of": now,
            "client": self.client.name,
            "today": self.scorer.days.get(today, {}),
            "hot_now": entries[:HOT_NOW_ENTRIES],
        }
        return Set(paths.view(self.client.client_id, "now"), view)
