"""Clients with recorded outcomes and nothing else: large worlds for the learning job in little time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from brain.domain.learning.outcomes import ScoreOutcome
from brain.ports.document_store import DocumentStore, Set, Write
from brain.repositories import paths
from brain.repositories.analysis.state import OUTCOMES
from brain.repositories.gateway.ingest_counters import build_activity_marks
from brain.testing.simulations.outcomes import TRUTH, simulate_outcomes


def record_day(store: DocumentStore, client_ids: Sequence[str], day: datetime, count: int) -> None:
    """Record ``count`` further outcomes of each client at the time ``day``, as the daily job does.

    Args:
        store: The store; each client's register continues.
        client_ids: The clients, which are marked as active on that day.
        day: When the outcomes are recorded.
        count: The number of outcomes per client, at most 400.
    """
    for client_id in client_ids:
        state = store.get(paths.state(client_id, OUTCOMES))
        recorded = state.data["recorded"] if state else 0
        seed = sum(client_id.encode()) + recorded
        outcomes = simulate_outcomes(count, TRUTH, noise=0.3, client=client_id, first=recorded, seed=seed)
        register = {"recorded": recorded + count, "last_recorded_at": day}
        writes: list[Write] = [_outcome_write(outcome, day) for outcome in outcomes]
        store.commit([*writes, Set(paths.state(client_id, OUTCOMES), register), *build_activity_marks(client_id, day)])


def _outcome_write(outcome: ScoreOutcome, recorded_at: datetime) -> Write:
    predicted_at, observed_at = recorded_at - timedelta(hours=20), recorded_at - timedelta(hours=1)
    outcome = replace(outcome, predicted_at=predicted_at, observed_at=observed_at, recorded_at=recorded_at)
    return Set(paths.outcome(outcome.client_id, outcome.outcome_id), outcome.to_document() | {"learn_at": recorded_at})
