"""Pool once a week what the clients of a class saw of each move, before the day's learning continues."""

from collections.abc import Sequence
from dataclasses import dataclass

from brain.domain.jobs.steps import ACTIVE_WINDOW
from brain.domain.periods import format_week
from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.recommendations.catalogue import MovePolicy
from brain.domain.recommendations.class_priors import ClientRecords, pool_class_priors
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.recommendations import ADVICE, Recommendations, priors_write
from brain.repositories.analysis.state import CLIENTS_PER_READ, StateDocuments
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_once import Work


@dataclass(frozen=True, slots=True)
class ShareMoves:
    """Reads two documents per client once a week, writes one for all, and continues with the next step.

    Only figures of whole classes are written: no client's move, outcome or name leaves it. Many clients are read in one
    call. Reading has no checkpoint: an attempt that is nearly out of time leaves all of it to the next.
    """

    store: DocumentStore
    policy: MovePolicy
    next_step: Work

    def __call__(self, lease: Lease) -> Figures:
        """Pool the outcomes of moves unless that is done for this week, then run the next step.

        Raises:
            BrainError: What the next step raises.
        """
        period = format_week(lease.scheduled_at.date())
        if Recommendations(self.store).load_priors_period() < period:
            counters = IngestCounters(self.store)
            client_ids = counters.active_in_weeks(lease.scheduled_at - ACTIVE_WINDOW, lease.scheduled_at)
            records: dict[str, tuple[str | None, Sequence[MoveRecord]]] = {}
            for start in range(0, len(client_ids), CLIENTS_PER_READ):
                if lease.out_of_time():
                    return lease.stop(lease.checkpoint)
                records.update(self._read_moves(client_ids[start : start + CLIENTS_PER_READ]))
            lease.commit([priors_write(period, pool_class_priors(records, self.policy))], lease.checkpoint)
        return self.next_step(lease)

    def _read_moves(self, client_ids: Sequence[str]) -> ClientRecords:
        """Return the vertical and the measured moves of the clients that have any; the others add nothing."""
        states = StateDocuments(self.store).read_many(client_ids, ADVICE)
        measured = {
            client_id: [move for move in AdviceState.from_document(state.data).moves if move.outcome]
            for client_id, (state,) in states.items()
        }
        measured = {client_id: moves for client_id, moves in measured.items() if moves}
        verticals = Clients(self.store).get_verticals(list(measured)) if measured else {}
        return {client_id: (verticals[client_id], moves) for client_id, moves in measured.items()}
