"""Predicts a client's usual content once a week and judges each piece by the interval that was there before it."""

from dataclasses import dataclass, replace

from brain.domain.days.facts import ClientFacts
from brain.domain.periods import format_week
from brain.domain.predictions import weekly_grid
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.outlook import SAID, outlook_from
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
        before = outlook_from(state.data)
        judged = weekly_grid.judge(known.content, before, facts.as_of, zone)
        after = before.with_judgements(judged)
        grid, period = None, format_week(facts.as_of.date())
        if before.period is None or period > before.period:
            grid, needed = weekly_grid.forecast(known.content, period, facts.as_of, zone, self.config, after.asked)
            after = after.with_grid(grid) if grid else replace(after, needed=needed)
        writes: list[Write] = grid_writes(client_id, grid, SAID) if grid else []
        if after != before:
            writes.append(state.write(after.document()))
        figures = {"predicted": len(grid.cells) if grid else 0, "predictions_judged": len(judged)}
        return Done({"outlook": after}, writes, figures)
