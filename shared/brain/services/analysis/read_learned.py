"""Reads what a client's report may say of learning: four documents, and the answers to the period's alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from brain.services.analysis.parts import Done
from brain.services.analysis.stored_aggregates import StoredAggregates

ALARMS_ASKED = 3


@dataclass(frozen=True, slots=True)
class ReadLearned:
    """The part of an analysis that fills the section on learning; it writes nothing."""

    store: DocumentStore
    config: LearningConfig

    def __call__(self, known: StoredAggregates, facts: ClientFacts) -> Done:
        """Return what was learned; raises ``MisconfiguredError`` when a learned document cannot be read."""
        client_id = known.client.client_id
        model, _ = Models(self.store, self.config).load_score_model()
        outcomes, learning = StateDocuments(self.store).read(client_id, OUTCOMES, LEARNING)
        register, own = register_from_document(outcomes.data), own_weights_from_document(learning.data)
        everyone, only = model.serving_scope(self.config)
        shared = everyone or only == client_id
        learned = LearningSummary(
            weights_history=own.weights_history if own.serves else model.weights_history if shared else (),
            served_by="own" if own.serves or only == client_id else "shared" if shared else "definition",
            outcome_count=register.outcome_count,
            excluded=register.excluded,
            nominal_coverage=self.config.outcomes.usual.coverage,
            coverage_by_week=register.coverage_by_week,
            comparisons=(*(_comparisons(model, facts) if shared else ()), *_own_comparisons(own, facts)),
            gold_failures=own.gold_failures if own.proven else model.gold_failures if shared else (),
            alarm_answers=self._answers(client_id, facts),
        )
        return Done({"learning": learned})

    def _answers(self, client_id: str, facts: ClientFacts) -> Mapping[str, str]:
        """Return the answers to the newest alarms that touch the period."""
        asked = [incident for incident in facts.incidents if facts.touches_period(incident)][-ALARMS_ASKED:]
        places = [paths.feedback(client_id, incident.incident_id) for incident in asked]
        found = self.store.get_all(places) if places else []
        return {answer.id: str(answer.data["status"]) for answer in found if answer}


def _comparisons(model: ScoreModel, facts: ClientFacts) -> list[ComparisonSummary]:
    """Return the trials that are open and those decided, newest first; they tell of models, of no client."""
    trials = [trial.summarize(facts.as_of) for trial in (model.trial, model.watch) if trial]
    return [*trials, *reversed(model.comparisons)]


def _own_comparisons(own: OwnWeights, facts: ClientFacts) -> list[ComparisonSummary]:
    running = own.summarize_open_comparison(facts.as_of)
    return [comparison for comparison in (running, own.last_comparison) if comparison]
