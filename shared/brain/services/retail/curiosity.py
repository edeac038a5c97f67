"""Run one night of the curiosity engine: read the history, test the questions, store every answer in the ledger.

The nightly job publishes the hypotheses that have, or had until tonight, a result; the tables hold all of them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.curiosity.daily_signals import check_signal_names
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState
from brain.domain.retail.curiosity.night import LedgerHistory, run_night
from brain.domain.retail.curiosity.question_subjects import build_question_batches
from brain.domain.retail.documents import to_json_value
from brain.domain.retail.series import DailySeries
from brain.domain.retail.wildcards import ALL_STORES
from brain.ports.sales_warehouse import LedgerQuery, ResultTable, ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, read_shop_history

PUBLISHED_STATES = (
    HypothesisState.FINDING,
    HypothesisState.LEAD,
    HypothesisState.RETIRED,
    HypothesisState.NOT_CONFIRMED,
    HypothesisState.REFUTED,
)
MAX_PUBLISHED_ENTRIES = 2000


@dataclass(frozen=True, slots=True)
class CuriosityNight:
    """The hypotheses of one night, named by the last day with sales, so that the same days are the same night.

    ``previous_states`` holds the state of each hypothesis on the night before, by hypothesis id.
    """

    night: date
    hypotheses: tuple[HypothesisEntry, ...]
    previous_states: Mapping[str, HypothesisState] = field(default_factory=dict)

    def select_hypotheses(self, *states: HypothesisState) -> list[HypothesisEntry]:
        """Return the entries in any of ``states``, in the order of ``states`` and by p-value within each."""
        selected = [hypothesis for hypothesis in self.hypotheses if hypothesis.state in states]
        return sorted(
            selected,
            key=lambda hypothesis: (states.index(hypothesis.state), _rank(hypothesis), hypothesis.hypothesis_id),
        )


def run_curiosity(
    warehouse: ShopDatabase, config: CuriosityConfig, as_of: date | None = None, *, dry_run: bool = False
) -> CuriosityNight:
    """Run the night of the last day with sales (at most ``as_of``) and store its entries unless ``dry_run``.

    Running the same night again replaces its entries by equal ones. Raises InvalidInputError without sales.
    """
    return run_curiosity_from_history(warehouse, read_shop_history(warehouse, until=as_of), config, dry_run=dry_run)


def run_curiosity_from_history(
    warehouse: ShopDatabase, history: ShopHistory, config: CuriosityConfig, *, dry_run: bool = False
) -> CuriosityNight:
    """Run the night of the last day of ``history`` and store its entries unless ``dry_run``."""
    check_signal_names(template.signal for template in config.templates)
    night = history.last_day
    recent = [_limit_memory(series, night, config.limits.memory_days) for series in history.series]
    batches = build_question_batches([series for series in recent if len(series)], history.shop_data, config)
    ledger = _read_ledger(warehouse, night, (ALL_STORES, *history.shop_data.stores))
    hypotheses = tuple(run_night(night, batches, ledger, config.limits))
    if not dry_run:
        warehouse.put_results(ResultTable.HYPOTHESES, [hypothesis.to_row() for hypothesis in hypotheses])
    return CuriosityNight(night, hypotheses, {name: hypothesis.state for name, hypothesis in ledger.latest.items()})


def build_curiosity_step(config: CuriosityConfig) -> ShopStep:
    """Return the step that runs the night and publishes its hypotheses."""
    empty_page: dict[str, Any] = {"night": None, "counts": {}, "hypotheses": []}
    return ShopStep("night", "shop-findings", empty_page, lambda shop, history: _publish_night(shop, history, config))


def _publish_night(shop: ClientShop, history: ShopHistory, config: CuriosityConfig) -> StepFindings:
    night = run_curiosity_from_history(shop, history, config)
    counts = {str(state): len(night.select_hypotheses(state)) for state in HypothesisState}
    tested_count = len(night.hypotheses) - counts[HypothesisState.TOO_LITTLE_DATA]
    published = [hypothesis.to_row() for hypothesis in night.select_hypotheses(*PUBLISHED_STATES)]
    return StepFindings(
        {"asked": tested_count, "findings": counts[HypothesisState.FINDING], "leads": counts[HypothesisState.LEAD]},
        {"night": to_json_value(night.night), "counts": counts, "hypotheses": to_json_value(published)},
        _ledger_documents(night),
    )


def _ledger_documents(night: CuriosityNight) -> Mapping[str, Mapping[str, Any]]:
    """Return the entries with a result, and those that had one until tonight, as documents by id."""
    ended = [
        hypothesis
        for hypothesis in night.hypotheses
        if hypothesis.state not in PUBLISHED_STATES
        and night.previous_states.get(hypothesis.hypothesis_id) in PUBLISHED_STATES
    ]
    hypotheses = (*ended, *night.select_hypotheses(*PUBLISHED_STATES))[:MAX_PUBLISHED_ENTRIES]
    return {
        _document_id(hypothesis): {"kind": "hypothesis", **to_json_value(hypothesis.to_row())}
        for hypothesis in hypotheses
    }


def _document_id(hypothesis: HypothesisEntry) -> str:
    return f"hypothesis-{hashlib.sha256(hypothesis.hypothesis_id.encode()).hexdigest()[:24]}"


def _rank(hypothesis: HypothesisEntry) -> float:
    return 1.0 if hypothesis.p_value is None else hypothesis.p_value


def _read_ledger(warehouse: ShopDatabase, night: date, store_ids: tuple[str, ...]) -> LedgerHistory:
    """Return the ledger as it was before ``night``."""
    latest_rows = warehouse.ledger(LedgerQuery(before=night, latest=True, stores=store_ids))
    tested_rows = warehouse.ledger(LedgerQuery(before=night, confirmations=True, stores=store_ids))
    # Sorted here because databases differ in how they order texts.
    tested = sorted(
        (HypothesisEntry.from_row(row) for row in tested_rows),
        key=lambda hypothesis: (hypothesis.night, hypothesis.hypothesis_id),
    )
    confirmations = [hypothesis.state is HypothesisState.FINDING for hypothesis in tested]
    return LedgerHistory(
        {str(row["hypothesis_id"]): HypothesisEntry.from_row(row) for row in latest_rows}, confirmations
    )


def _limit_memory(series: DailySeries, last_day: date, memory_days: int) -> DailySeries:
    """Return the part of ``series`` within the ``memory_days`` up to ``last_day``."""
    skipped = max(0, (last_day - series.first_day).days + 1 - memory_days)
    return replace(
        series,
        first_day=series.first_day + timedelta(days=skipped),
        sales=series.sales[skipped:],
        returns=series.returns[skipped:],
        open=series.open[skipped:],
    )
