"""Predicts a client's usual content once a week and judges each piece by the interval that was there before it."""

from dataclasses import dataclass, replace

from brain.domain.days.facts import ClientFacts
from brain.domain.periods import format_week
from brain.domain.predictions import weekly_grid
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.outlook import NOMINAL_LEVEL, ContentOutlook
from brain.ports.document_store import DocumentStore, Write
from brain.repositories.analysis.predictions import OUTLOOK, grid_writes
from brain.repositories.analysis.state import StateDocuments
from brain.services.analysis.parts import Done
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class PredictContent:
    """Judges first, then predicts: no grid is made from what it is judged by."""

    store: DocumentStore
    config: PredictionConfig

    def __call__(self, known: StoredAggregates, facts: ClientFacts) -> Done:
        """Return the client's outlook as of the facts."""
        client_id, zone = known.client.client_id, known.client.time_zone
        (state,) = StateDocuments(self.store).read(client_id, OUTLOOK)
        before = ContentOutlook.from_document(state.data)
        judged = weekly_grid.judge_content(known.content, before, facts.as_of, zone)
        after = before.with_judged(judged)
        grid, period = None, format_week(facts.as_of.date())
        if before.period is None or period > before.period:
            grid, shortage = weekly_grid.predict_week(
                known.content, period, facts.as_of, zone, self.config, after.level
            )
            after = after.with_grid(grid) if grid else replace(after, shortage=shortage)
        writes: list[Write] = grid_writes(client_id, grid, NOMINAL_LEVEL) if grid else []
        if after != before:
            writes.append(state.write(after.to_document()))
        figures = {"predicted": len(grid.cells) if grid else 0, "predictions_judged": len(judged)}
        return Done({"outlook": after}, writes, figures)
