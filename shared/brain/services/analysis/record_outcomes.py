"""Records the outcome of each client's content that has matured, once, before the day is analysed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from brain.domain.learning.observation import MaturedContent, Observation, observe
from brain.domain.learning.outcome_register import MaturityCursor, OutcomeRegister, register_from_document
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.scoring import ScoringConfig
from brain.errors import AlreadyExistsError
from brain.ports.document_store import DocumentStore, Write
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.analysis.state import OUTCOMES, StateDocument, StateDocuments
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
        (state,) = StateDocuments(self.store).read(lease.client_id, OUTCOMES)
        register = register_from_document(state.data)
        until = lease.scheduled_at - timedelta(hours=self.rule.settling_hours)
        while page := outcomes.list_matured(lease.client_id, register.cursor, until, self.page):
            if lease.out_of_time():
                return lease.stop(lease.checkpoint)
            register, observations = self._observe(page, register, lease)
            self._commit(lease, outcomes, state, register, observations)
            if len(page) < self.page:
                break
        return self.then(lease)

    def _observe(
        self, page: Sequence[MaturedContent], register: OutcomeRegister, lease: Lease
    ) -> tuple[OutcomeRegister, list[Observation]]:
        """Return the register after a page, and what became of its content; all outcomes of it have one time."""
        seen_at = [content.seen_at for content in page if content.seen_at]
        recorded_at = register.next_recorded_at(max([lease.scheduled_at, *seen_at]))
        observations = []
        for content in page:
            observation = observe(content, register.baselines, recorded_at, self.rule, self.config)
            register = register.add(observation, content.first.comparison_group)
            observations.append(observation)
        last = MaturityCursor(matures_at=page[-1].first.matures_at, event_id=page[-1].event_id)
        return replace(register, cursor=last), observations

    def _commit(
        self,
        lease: Lease,
        outcomes: Outcomes,
        state: StateDocument,
        register: OutcomeRegister,
        observations: Sequence[Observation],
    ) -> None:
        document = register.to_document()
        new = outcomes.creation_writes(lease.client_id, observations)
        entry: Write = state.write(document)
        try:
            versions = lease.commit([entry, *new], lease.checkpoint)
        except AlreadyExistsError:  # the register was lost or restored; what was recorded stands
            versions = lease.commit([entry, *outcomes.exclude_stored(new)], lease.checkpoint)
        state.version, state.data = versions[0], document
