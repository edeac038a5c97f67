"""Read what the weekly report says about advice and predictions, from two documents of the daily analysis."""

from dataclasses import dataclass

from brain.domain.days.facts import ClientFacts
from brain.domain.policy_evaluation import PolicyEvaluationConfig
from brain.domain.predictions.outlook import ContentOutlook
from brain.domain.recommendations.advice_state import AdviceState
from brain.domain.recommendations.advice_value import estimate_advice_value
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.predictions import OUTLOOK
from brain.repositories.analysis.recommendations import ADVICE
from brain.repositories.analysis.state import StateDocuments
from brain.services.analysis.parts import PartResult
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class ReadAdvice:
    """Reads two documents, however long the history, and writes nothing."""

    store: DocumentStore
    evaluation: PolicyEvaluationConfig

    def __call__(self, aggregates: StoredAggregates, facts: ClientFacts) -> PartResult:
        """Return the client's advice, its outlook, and the value of its advice."""
        advice_state, outlook_state = StateDocuments(self.store).read(aggregates.client.client_id, ADVICE, OUTLOOK)
        advice = AdviceState.from_document(advice_state.data)
        outlook = ContentOutlook.from_document(outlook_state.data)
        advice_value = estimate_advice_value(advice.moves, facts.as_of, self.evaluation)
        return PartResult({"advice": advice, "outlook": outlook, "advice_value": advice_value})
