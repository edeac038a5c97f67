"""What the weekly report says of advice and predictions, from the two documents that the daily analysis keeps."""

from dataclasses import dataclass

from brain.domain.days.facts import ClientFacts
from brain.domain.policy_evaluation import PolicyEvaluationConfig
from brain.domain.predictions.outlook import ContentOutlook
from brain.domain.recommendations.standing import standing_from
from brain.domain.recommendations.worth import worth_of
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.predictions import OUTLOOK
from brain.repositories.analysis.recommendations import ADVICE
from brain.repositories.analysis.state import StateDocuments
from brain.services.analysis.parts import Done
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class StoredAdvice:
    """Reads two documents, however long the history, and writes nothing."""

    store: DocumentStore
    evaluation: PolicyEvaluationConfig

    def __call__(self, known: StoredAggregates, facts: ClientFacts) -> Done:
        """Return the client's standing, its outlook, and what its advice is worth."""
        advice, outlook = StateDocuments(self.store).read(known.client.client_id, ADVICE, OUTLOOK)
        standing = standing_from(advice.data)
        worth = worth_of(standing.moves, facts.as_of, self.evaluation)
        return Done({"advice": standing, "outlook": ContentOutlook.from_document(outlook.data), "worth": worth})
