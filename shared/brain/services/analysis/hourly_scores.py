"""Scores what is new or revised since the last run; reads grow with new events, never with history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brain.domain.clients.client import Client
from brain.domain.days import hot_now, sums
from brain.domain.days.scorer import ScoredEvent, Scorer
from brain.domain.days.sums import Days
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.predictions import recent_content
from brain.domain.scoring import ScoringConfig
from brain.ports.document_store import Document, DocumentStore, Set, Snapshot, Write
from brain.repositories import codec, paths
from brain.repositories.analysis.outcomes import first_score_fields
from brain.repositories.analysis.serving_weights import select_weights
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

PAGE = 200
RECENT_DAYS = 31
ARCHIVED_DAYS = 150


@dataclass(slots=True)
class HourlyScores:
    """Scores one client's new events, a page an atomic commit: scores, marks, state and checkpoint together."""

    store: DocumentStore
    config: ScoringConfig
    rule: OutcomeRule
    page: int = PAGE

    def __call__(self, lease: Lease) -> Figures:
        """Score until nothing is new or the time is nearly up."""
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
        return _Pages(self, lease, client, scorer, state).run()


@dataclass(slots=True)
class _Pages:
    """One run over a client's pages; ``state.version`` follows each commit."""

    job: HourlyScores
    lease: Lease
    client: Client
    scorer: Scorer
    state: StateDocument

    def run(self) -> Figures:
        events = StoredEvents(self.job.store)
        figures = {"scored": 0, "revised": 0, **self.lease.checkpoint}
        after: Snapshot | None = None
        while page := events.unscored(self.client.client_id, limit=self.job.page, after=after):
            if self.lease.out_of_time():
                return self.lease.stop(figures)
            revised = [event for event in page if event.data["revision"]]
            before = events.previous_scores(self.client.client_id, revised)
            booked = {event_id: codec.contribution_from_document(score) for event_id, score in before.items()}
            scored = self.scorer.score_all([codec.event_from_document(event.data) for event in page], booked)
            figures = {"scored": figures["scored"] + len(page), "revised": figures["revised"] + len(revised)}
            self._commit(page, scored, self._first_scores(page, scored, before), figures)
            if len(page) < self.job.page:  # nothing is behind it, and to ask would cost a read
                break
            after = page[-1]
        return self.lease.finish([self._view()], figures)

    def _first_scores(
        self, page: Sequence[Snapshot], scored: Sequence[ScoredEvent], before: Mapping[str, Document]
    ) -> dict[str, Document]:
        job = self.job
        return {
            event.id: first_score_fields(
                one, before.get(event.id), job.rule, job.config, cumulative=event.data["cumulative"]
            )
            for event, one in zip(page, scored, strict=True)
        }

    def _commit(
        self,
        page: Sequence[Snapshot],
        scored: Sequence[ScoredEvent],
        kept: Mapping[str, Document],
        figures: dict[str, int],
    ) -> None:
        top = hot_now.merge_hot_events(self.state.data.get("top", []), scored, self.lease.scheduled_at)
        archive = self._archive()
        latest = recent_content.merge_content(self.state.data.get("content", []), scored)
        document = {"days": self.scorer.days, "breakdowns": self.scorer.breakdowns, "top": top, "content": latest}
        writes = [
            self.state.write(document),
            *archive,
            *build_scoring_writes(self.client.client_id, page, scored, kept),
        ]
        self.state.version = self.lease.commit(writes, figures)[0]
        self.state.data = document

    def _archive(self) -> list[Write]:
        """Move days that left the window into the archive; most runs move none and read nothing more."""
        newest = max(map(sums.parse_day, self.scorer.days))
        retired = sums.remove_old_days(self.scorer.days, newest, RECENT_DAYS)
        sums.remove_old_days(self.scorer.breakdowns, newest, RECENT_DAYS)
        if not retired:
            return []
        (archive,) = StateDocuments(self.job.store).read(self.client.client_id, ARCHIVE)
        kept: Days = sums.merge_into_archive(copy_days(archive), retired, ARCHIVED_DAYS)
        return [archive.write({"days": kept})]

    def _view(self) -> Write:
        now = self.lease.scheduled_at
        today = sums.to_local_day(now, self.client.time_zone).isoformat()
        page = {
            "as_of": now,
            "client": self.client.name,
            "today": self.scorer.days.get(today, {}),
            "hot_now": hot_now.rank_by_attention(self.state.data.get("top", []), now, self.job.config)[:10],
        }
        return Set(paths.view(self.client.client_id, "now"), page)
