"""Says once a week what clients of a class saw of each move, before the day's learning goes on."""

from dataclasses import dataclass

from brain.domain.jobs.steps import ACTIVE_WINDOW
from brain.domain.periods import format_week
from brain.domain.recommendations.class_priors import class_priors
from brain.domain.recommendations.standing import Move, standing_from
from brain.domain.recommendations.triggers import Policy
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.recommendations import ADVICE, Recommendations, priors_write
from brain.repositories.analysis.state import StateDocuments
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_once import Work


@dataclass(frozen=True, slots=True)
class ShareMoves:
    """Reads two documents a client once a week, writes one for all, and goes on to the rest of the work.

    Only figures of whole classes are written: no client's move, outcome or name leaves it.
    """

    store: DocumentStore
    policy: Policy
    then: Work

    def __call__(self, lease: Lease) -> Figures:
        """Share what the week before brought, unless it is shared already; then work on."""
        period = format_week(lease.scheduled_at.date())
        if Recommendations(self.store).load_priors_period() < period:
            clients = IngestCounters(self.store).active_in_weeks(lease.scheduled_at - ACTIVE_WINDOW, lease.scheduled_at)
            classes = class_priors({client_id: self._record(client_id) for client_id in clients}, self.policy)
            lease.commit([priors_write(period, classes)], lease.checkpoint)
        return self.then(lease)

    def _record(self, client_id: str) -> tuple[str | None, tuple[Move, ...]]:
        (state,) = StateDocuments(self.store).read(client_id, ADVICE)
        moves = tuple(standing_from(state.data).moves)
        return (Clients(self.store).get(client_id).vertical if moves else None), moves
