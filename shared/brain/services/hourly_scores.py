"""Scores what is new or revised since the last run; reads grow with new events, never with history."""

from collections.abc import Sequence
from dataclasses import dataclass

from brain.domain import aggregates, attention
from brain.domain.aggregates import Days
from brain.domain.clients import Client
from brain.domain.score_events import Scored, Scorer
from brain.domain.scoring import ScoringConfig
from brain.ports.document_store import DocumentStore, Set, Snapshot, Write
from brain.repositories import codec, paths
from brain.repositories.clients import Clients
from brain.repositories.events import Events, scoring_writes
from brain.repositories.state import ARCHIVE, RECENT, State, States, breakdowns_of, days_of
from brain.services.lease import Figures, Lease

JOB = "brainHourlyScores"
PAGE = 200
RECENT_DAYS = 31
ARCHIVED_DAYS = 150


@dataclass(slots=True)
class HourlyScores:
    """Scores one client's new events, a page an atomic commit: scores, marks, state and checkpoint together."""

    store: DocumentStore
    config: ScoringConfig
    page: int = PAGE

    def __call__(self, lease: Lease) -> Figures:
        """Score until nothing is new or the time is nearly up."""
        client = Clients(self.store).get(lease.client_id)
        model = self.store.get(paths.model("score"))
        (state,) = States(self.store).read(client.client_id, RECENT)
        scorer = Scorer(
            days_of(state),
            codec.weights_from(model.data if model else None),
            as_of=lease.scheduled_at,
            time_zone=client.time_zone,
            config=self.config,
            breakdowns=breakdowns_of(state),
        )
        return _Pages(self, lease, client, scorer, state).run()


@dataclass(slots=True)
class _Pages:
    """One run over a client's pages; ``state.version`` follows each commit."""

    job: HourlyScores
    lease: Lease
    client: Client
    scorer: Scorer
    state: State

    def run(self) -> Figures:
        events = Events(self.job.store)
        figures = {"scored": 0, "revised": 0, **self.lease.checkpoint}
        after: Snapshot | None = None
        while page := events.unscored(self.client.client_id, limit=self.job.page, after=after):
            if self.lease.out_of_time():
                return self.lease.stop(figures)
            revised = [event for event in page if event.data["revision"]]
            earlier = events.booked(self.client.client_id, revised)
            scored = self.scorer.score_all([codec.event_from(event.data) for event in page], earlier)
            figures = {"scored": figures["scored"] + len(page), "revised": figures["revised"] + len(revised)}
            self._commit(page, scored, figures)
            after = page[-1]
        return self.lease.finish([self._view()], figures)

    def _commit(self, page: Sequence[Snapshot], scored: Sequence[Scored], figures: dict[str, int]) -> None:
        top = attention.merged(self.state.data.get("top", []), scored, self.lease.scheduled_at)
        archive = self._archive()
        document = {"days": self.scorer.days, "breakdowns": self.scorer.breakdowns, "top": top}
        writes = [self.state.write(document), *archive, *scoring_writes(self.client.client_id, page, scored)]
        self.state.version = self.lease.commit(writes, figures)[0]
        self.state.data = document

    def _archive(self) -> list[Write]:
        """Move days that left the window into the archive; most runs move none and read nothing more."""
        newest = max(map(aggregates.day_of, self.scorer.days))
        retired = aggregates.retire(self.scorer.days, newest, RECENT_DAYS)
        aggregates.retire(self.scorer.breakdowns, newest, RECENT_DAYS)
        if not retired:
            return []
        (archive,) = States(self.job.store).read(self.client.client_id, ARCHIVE)
        kept: Days = aggregates.archive(days_of(archive), retired, ARCHIVED_DAYS)
        return [archive.write({"days": kept})]

    def _view(self) -> Write:
        now = self.lease.scheduled_at
        today = aggregates.local_day(now, self.client.time_zone).isoformat()
        page = {
            "as_of": now,
            "client": self.client.name,
            "today": self.scorer.days.get(today, {}),
            "hot_now": attention.ranked(self.state.data.get("top", []), now, self.job.config)[:10],
        }
        return Set(paths.view(self.client.client_id, "now"), page)
