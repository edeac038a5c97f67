"""Follow up a client's moves and draw its slate once a week, as part of the daily analysis."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from brain.domain.days.facts import ClientFacts
from brain.domain.periods import format_week
from brain.domain.recommendations import follow_up
from brain.domain.recommendations.advice import Advice, advise
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.recommendations.context_builder import build_context
from brain.domain.recommendations.move_records import build_move_records, derive_seed
from brain.domain.recommendations.readings.metric_history import MetricHistory
from brain.ports.document_store import DocumentStore, Write
from brain.repositories.analysis.recommendations import (
    ADVICE,
    Recommendations,
    outcome_write,
    slate_writes,
    status_writes,
    view_write,
)
from brain.repositories.analysis.state import StateDocuments
from brain.services.analysis.parts import PartResult
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class Recommend:
    """Applies answers, measures the outcomes of moves, and draws the week's slate unless it is drawn already.

    A week is the ISO week of the run's time in UTC. The first run of a week draws its slate.
    """

    store: DocumentStore
    catalogue: MoveCatalogue
    config: AdviceConfig

    def __call__(self, aggregates: StoredAggregates, facts: ClientFacts) -> PartResult:
        """Return the client's advice as of the facts."""
        client_id = aggregates.client.client_id
        (state,) = StateDocuments(self.store).read(client_id, ADVICE)
        stored_advice = AdviceState.from_document(state.data)
        followed_up, measured = self._follow_up(stored_advice, facts)
        advice = self._advise(followed_up, facts)
        new_advice = self._add_slate(followed_up, advice, facts) if advice else followed_up
        writes: list[Write] = [
            *status_writes(client_id, stored_advice, followed_up),
            *(
                outcome_write(client_id, move.recommendation_id, follow_up.outcome_to_document(move, client_id))
                for move in measured
            ),
        ]
        if advice:
            writes += slate_writes(client_id, advice.to_document(), advice.context.model_dump(mode="json"))
        if new_advice != stored_advice:
            writes += [state.write(new_advice.to_document()), view_write(client_id, new_advice)]
        return PartResult({"advice": new_advice}, writes, _count_moves(advice, measured))

    def _follow_up(self, stored_advice: AdviceState, facts: ClientFacts) -> tuple[AdviceState, list[MoveRecord]]:
        """Return the advice with new answers and outcomes, and the moves whose outcome is to be recorded.

        If the state was lost or restored, outcomes that are recorded already are measured again; the record wins.
        """
        recommendations, client_id = Recommendations(self.store), facts.client.client_id
        answerable = follow_up.list_answerable(stored_advice.moves, facts, self.config)
        answers = recommendations.load_answers(client_id, answerable) if answerable else {}
        moves = follow_up.apply_answers(stored_advice.moves, answers)
        moves = follow_up.measure_outcomes(moves, facts, self.config)
        pairs = zip(stored_advice.moves, moves, strict=True)
        measured = [move for stored_move, move in pairs if move.outcome and not stored_move.outcome]
        measured_ids = [move.recommendation_id for move in measured]
        recorded = recommendations.load_outcomes(client_id, measured_ids) if measured else {}
        moves = follow_up.apply_recorded_outcomes(moves, recorded)
        unrecorded = [move for move in measured if move.recommendation_id not in recorded]
        return replace(stored_advice, moves=tuple(moves)), unrecorded

    def _advise(self, advice: AdviceState, facts: ClientFacts) -> Advice | None:
        period = format_week(facts.as_of.date())
        if advice.period is not None and period <= advice.period:
            return None
        priors = Recommendations(self.store).load_priors(facts.client.vertical)
        context = build_context(facts, advice, priors, self.catalogue, self.config.readings)
        return advise(context, self.catalogue, seed=derive_seed(facts.client.client_id, period))

    def _add_slate(self, advice_state: AdviceState, advice: Advice, facts: ClientFacts) -> AdviceState:
        history = MetricHistory(facts, self.config.readings, self.catalogue.policy.interval_level)
        earlier_by = timedelta(days=self.config.policy_before_days)
        records = build_move_records(advice, history.list_platforms(), earlier_by)
        moves = (*advice_state.moves, *records)[-self.config.kept_moves :]
        return AdviceState(advice.context.named_period, tuple(advice.to_document()["recommendations"]), moves)


def _count_moves(advice: Advice | None, measured: Sequence[MoveRecord]) -> dict[str, Any]:
    shown = [slot for slot in advice.slots if slot.drawn and not slot.held_back] if advice else []
    return {"moves_drawn": len(shown), "moves_measured": len(measured)}
