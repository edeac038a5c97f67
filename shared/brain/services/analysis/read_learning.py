"""Read what a client's report may say about learning: four documents, and the answers to the period's alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from brain.domain.days.facts import ClientFacts
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcome_register import register_from_document
from brain.domain.learning.own_weights import OwnWeights, own_weights_from_document
from brain.domain.learning.score_model import ScoreModel
from brain.domain.learning.summary import ComparisonSummary, LearningSummary
from brain.ports.document_store import DocumentStore
from brain.repositories import paths
from brain.repositories.analysis.models import Models
from brain.repositories.analysis.state import LEARNING, OUTCOMES, StateDocuments
from brain.services.analysis.parts import PartResult
from brain.services.analysis.stored_aggregates import StoredAggregates

MAX_ALARMS = 3


@dataclass(frozen=True, slots=True)
class ReadLearning:
    """Fills the report's section on learning and writes nothing."""

    store: DocumentStore
    config: LearningConfig

    def __call__(self, aggregates: StoredAggregates, facts: ClientFacts) -> PartResult:
        """Return a summary of what was learned.

        Raises:
            MisconfiguredError: A stored model or register is invalid.
        """
        client_id = aggregates.client.client_id
        model, _ = Models(self.store, self.config).load_score_model()
        outcomes_state, learning_state = StateDocuments(self.store).read(client_id, OUTCOMES, LEARNING)
        register, own_weights = (
            register_from_document(outcomes_state.data),
            own_weights_from_document(learning_state.data),
        )
        is_served = model.serves(client_id)
        shared_comparisons = _list_comparisons(model, facts.as_of) if is_served else ()
        summary = LearningSummary(
            weights_history=own_weights.weights_history
            if own_weights.serves
            else model.weights_history
            if is_served
            else (),
            served_by="own"
            if own_weights.serves or model.serves_only == client_id
            else "shared"
            if is_served
            else "definition",
            outcome_count=register.outcome_count,
            excluded=register.excluded,
            nominal_coverage=self.config.outcomes.usual.coverage,
            coverage_by_week=register.coverage_by_week,
            comparisons=(*shared_comparisons, *_list_own_comparisons(own_weights, facts.as_of)),
            gold_failures=own_weights.gold_failures if own_weights.proven else model.gold_failures if is_served else (),
            alarm_answers=self._read_alarm_answers(client_id, facts),
        )
        return PartResult({"learning": summary})

    def _read_alarm_answers(self, client_id: str, facts: ClientFacts) -> Mapping[str, str]:
        """Return the status of each answer to the newest alarms of the period, by incident id."""
        incidents = [incident for incident in facts.incidents if facts.touches_period(incident)][-MAX_ALARMS:]
        feedback_paths = [paths.feedback(client_id, incident.incident_id) for incident in incidents]
        answers = self.store.get_all(feedback_paths) if feedback_paths else []
        return {answer.id: str(answer.data["status"]) for answer in answers if answer}


def _list_comparisons(model: ScoreModel, as_of: datetime) -> list[ComparisonSummary]:
    """Return the open and the decided comparisons, newest first; they describe models and no client."""
    open_comparisons = [trial.summarize(as_of) for trial in (model.trial, model.watch) if trial]
    return [*open_comparisons, *reversed(model.comparisons)]


def _list_own_comparisons(own_weights: OwnWeights, as_of: datetime) -> list[ComparisonSummary]:
    comparisons = (own_weights.summarize_open_comparison(as_of), own_weights.last_comparison)
    return [comparison for comparison in comparisons if comparison]
