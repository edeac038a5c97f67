"""Record the outcome of each client's content that has matured, once, before the day is analysed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from brain.domain.learning.observation import MaturedContent, Observation, observe
from brain.domain.learning.outcome_register import MaturityCursor, OutcomeRegister, register_from_document
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.scoring import ScoringConfig
from brain.errors import AlreadyExistsError, ConflictError
from brain.ports.document_store import DocumentStore, Version, Write
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.analysis.state import OUTCOMES, StateDocument, StateDocuments
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_once import Work

PAGE_SIZE = 200


@dataclass(slots=True)
class RecordOutcomes:
    """Reads what matured since the last run, one page per atomic commit, and continues with the next step.

    It costs one read per piece of matured content and one write per outcome, however long the history.
    """

    store: DocumentStore
    rule: OutcomeRule
    config: ScoringConfig
    next_step: Work
    page_size: int = PAGE_SIZE

    def __call__(self, lease: Lease) -> Figures:
        """Record all outcomes that are due, then run the next step; raises what the next step raises."""
        outcomes = Outcomes(self.store, self.rule)
        (state,) = StateDocuments(self.store).read(lease.client_id, OUTCOMES)
        register = register_from_document(state.data)
        matured_by = lease.scheduled_at - timedelta(hours=self.rule.settling_hours)
        while page := outcomes.list_matured(lease.client_id, register.cursor, matured_by, self.page_size):
            if lease.out_of_time():
                return lease.stop(lease.checkpoint)
            register, observations = self._observe(page, register, lease)
            self._commit(lease, outcomes, state, register, observations)
            if len(page) < self.page_size:
                break
        return self.next_step(lease)

    def _observe(
        self, page: Sequence[MaturedContent], register: OutcomeRegister, lease: Lease
    ) -> tuple[OutcomeRegister, list[Observation]]:
        """Return the register after a page and the page's observations, all recorded at the same time."""
        seen_at = [content.seen_at for content in page if content.seen_at]
        recorded_at = register.next_recorded_at(max([lease.scheduled_at, *seen_at]))
        observations = []
        for content in page:
            observation = observe(content, register.baselines, recorded_at, self.rule, self.config)
            register = register.add(observation, content.first.comparison_group)
            observations.append(observation)
        cursor = MaturityCursor(matures_at=page[-1].first.matures_at, event_id=page[-1].event_id)
        return replace(register, cursor=cursor), observations

    def _commit(
        self,
        lease: Lease,
        outcomes: Outcomes,
        state: StateDocument,
        register: OutcomeRegister,
        observations: Sequence[Observation],
    ) -> None:
        document = register.to_document()
        outcome_writes = outcomes.creation_writes(lease.client_id, observations)
        register_write = state.write(document)
        try:
            versions = lease.commit([register_write, *outcome_writes], lease.checkpoint)
        except AlreadyExistsError:  # the register was lost or restored; outcomes that are recorded stay as they are
            new_writes = outcomes.exclude_stored(outcome_writes)
            versions = self._repeat_commit(lease, [register_write, *new_writes])
        state.version, state.data = versions[0], document

    @staticmethod
    def _repeat_commit(lease: Lease, writes: Sequence[Write]) -> list[Version]:
        """Commit once more; raises ``ConflictError`` if a run of another time has just created the register."""
        try:
            return lease.commit(writes, lease.checkpoint)
        except AlreadyExistsError as exc:
            raise ConflictError("the register was created since it was read; read it again and retry") from exc
