"""Predict a client's usual content once a week, and judge each piece by the interval that was predicted before it."""

from dataclasses import dataclass, replace

from brain.domain.days.facts import ClientFacts
from brain.domain.periods import format_week
from brain.domain.predictions import weekly_grid
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.outlook import NOMINAL_LEVEL, ContentOutlook
from brain.ports.document_store import DocumentStore, Write
from brain.repositories.analysis.predictions import OUTLOOK, grid_writes
from brain.repositories.analysis.state import StateDocuments
from brain.services.analysis.parts import PartResult
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class PredictContent:
    """Judges first and predicts afterwards, so that no grid is made from the content it is judged by."""

    store: DocumentStore
    config: PredictionConfig

    def __call__(self, aggregates: StoredAggregates, facts: ClientFacts) -> PartResult:
        """Return the client's outlook as of the facts."""
        client_id, zone = aggregates.client.client_id, aggregates.client.time_zone
        (state,) = StateDocuments(self.store).read(client_id, OUTLOOK)
        stored_outlook = ContentOutlook.from_document(state.data)
        judged = weekly_grid.judge_content(aggregates.content, stored_outlook, facts.as_of, zone)
        outlook = stored_outlook.with_judged(judged)
        grid, period = None, format_week(facts.as_of.date())
        if stored_outlook.period is None or period > stored_outlook.period:
            grid, shortage = weekly_grid.predict_week(
                aggregates.content, period, facts.as_of, zone, self.config, outlook.level
            )
            outlook = outlook.with_grid(grid) if grid else replace(outlook, shortage=shortage)
        writes: list[Write] = grid_writes(client_id, grid, NOMINAL_LEVEL) if grid else []
        if outlook != stored_outlook:
            writes.append(state.write(outlook.to_document()))
        figures = {"predicted": len(grid.cells) if grid else 0, "predictions_judged": len(judged)}
        return PartResult({"outlook": outlook}, writes, figures)
