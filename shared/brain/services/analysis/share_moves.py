"""Pool once a week what the clients of a class saw of each move, before the day's learning continues."""

from dataclasses import dataclass

from brain.domain.jobs.steps import ACTIVE_WINDOW
from brain.domain.periods import format_week
from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.recommendations.catalogue import MovePolicy
from brain.domain.recommendations.class_priors import pool_class_priors
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.recommendations import ADVICE, Recommendations, priors_write
from brain.repositories.analysis.state import StateDocuments
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_once import Work


@dataclass(frozen=True, slots=True)
class ShareMoves:
    """Reads two documents per client once a week, writes one for all, and continues with the next step.

    Only figures of whole classes are written: no client's move, outcome or name leaves it.
    """

    store: DocumentStore
    policy: MovePolicy
    next_step: Work

    def __call__(self, lease: Lease) -> Figures:
        """Pool the outcomes of moves unless that is done for this week, then run the next step."""
        period = format_week(lease.scheduled_at.date())
        if Recommendations(self.store).load_priors_period() < period:
            counters = IngestCounters(self.store)
            client_ids = counters.active_in_weeks(lease.scheduled_at - ACTIVE_WINDOW, lease.scheduled_at)
            records = {client_id: self._read_moves(client_id) for client_id in client_ids}
            lease.commit([priors_write(period, pool_class_priors(records, self.policy))], lease.checkpoint)
        return self.next_step(lease)

    def _read_moves(self, client_id: str) -> tuple[str | None, tuple[MoveRecord, ...]]:
        """Return the client's vertical and moves."""
        (state,) = StateDocuments(self.store).read(client_id, ADVICE)
        moves = tuple(AdviceState.from_document(state.data).moves)
        return (Clients(self.store).get(client_id).vertical if moves else None), moves
