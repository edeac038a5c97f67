"""Records the outcome of each client's content that has matured, once, before the day is analysed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from brain.domain.learning.meeting import Matured, Met, meet
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.register import Reached, Register, read_register
from brain.domain.scoring import ScoringConfig
from brain.errors import AlreadyExistsError
from brain.ports.document_store import DocumentStore, Write
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.analysis.state import OUTCOMES, State, States
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_once import Work

PAGE = 200


@dataclass(slots=True)
class RecordOutcomes:
    """Reads what matured since it last looked, a page an atomic commit, and goes on to the rest of the day's work.

    One read a piece of content that matured and one write an outcome, however long the history.
    """

    store: DocumentStore
    rule: OutcomeRule
    config: ScoringConfig
    then: Work
    page: int = PAGE

    def __call__(self, lease: Lease) -> Figures:
        """Record all that is due, then work on; raises as the rest of the work does."""
        outcomes = Outcomes(self.store, self.rule)
        (state,) = States(self.store).read(lease.client_id, OUTCOMES)
        register = read_register(state.data)
        until = lease.scheduled_at - timedelta(hours=self.rule.settling_hours)
        while page := outcomes.matured(lease.client_id, register.reached, until, self.page):
            if lease.out_of_time():
                return lease.stop(lease.checkpoint)
            register, met = self._meet(page, register, lease)
            self._commit(lease, outcomes, state, register, met)
            if len(page) < self.page:
                break
        return self.then(lease)

    def _meet(self, page: Sequence[Matured], register: Register, lease: Lease) -> tuple[Register, list[Met]]:
        """Return the register after a page, and what became of its content; all outcomes of it have one time."""
        seen = [content.seen_at for content in page if content.seen_at]
        at = register.next_recording(max([lease.scheduled_at, *seen]))
        found = []
        for content in page:
            met = meet(content, register.usual, at, self.rule, self.config)
            register = register.entered(met, content.first.kind)
            found.append(met)
        last = Reached(matures_at=page[-1].first.matures_at, event_id=page[-1].event_id)
        return replace(register, reached=last), found

    def _commit(self, lease: Lease, outcomes: Outcomes, state: State, register: Register, met: Sequence[Met]) -> None:
        document = register.to_document()
        new = outcomes.creations(lease.client_id, met)
        entry: Write = state.write(document)
        try:
            versions = lease.commit([entry, *new], lease.checkpoint)
        except AlreadyExistsError:  # the register was lost or restored; what was recorded stands
            versions = lease.commit([entry, *outcomes.without_known(new)], lease.checkpoint)
        state.version, state.data = versions[0], document
