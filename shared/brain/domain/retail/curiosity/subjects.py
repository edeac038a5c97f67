"""Whom the questions are about: each store's total, its main products, and the chain."""

from collections.abc import Mapping, Sequence

import numpy as np

from brain.domain.retail.curiosity.config import CuriosityConfig, Template
from brain.domain.retail.curiosity.outcome import outcome_of
from brain.domain.retail.curiosity.question import Subject
from brain.domain.retail.curiosity.questions import Asked, ask
from brain.domain.retail.curiosity.signals import daily_signals
from brain.domain.retail.curiosity.transformations import explanatory
from brain.domain.retail.series import DailySeries, sum_by_store, sum_chain
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.wildcards import ALL_STORES
from brain.domain.types import Dates, Floats


def subjects_of(
    series: Sequence[DailySeries],
    facts: ShopData,
    config: CuriosityConfig,
) -> dict[Subject, Asked]:
    """Everything that is asked about: ``series`` is one a store and product, the days all the same as known tonight."""
    totals = {one.store_id: one for one in sum_by_store(series)}
    readings = {
        store_id: _readings(total.days, store_id, facts, config.templates) for store_id, total in totals.items()
    }
    winsor_sd = config.limits.winsor_sd
    subjects = {Subject(store_id): _asked(total, readings[store_id], winsor_sd) for store_id, total in totals.items()}
    for one in _main_products(series, config.limits.products_per_store):
        whole = totals[one.store_id]
        here = {template: _on_days(row, whole.days, one.days) for template, row in readings[one.store_id].items()}
        subjects[Subject(one.store_id, one.product_id or "")] = _asked(one, here, winsor_sd)
    if len(totals) > 1:
        chain = sum_chain(list(totals.values()))
        subjects[Subject(ALL_STORES)] = _asked(chain, _of_the_chain(chain.days, totals, readings), winsor_sd)
    return subjects


def _readings(days: Dates, store_id: str, facts: ShopData, templates: Sequence[Template]) -> dict[Template, Floats]:
    """The templates whose signal the store has, each with what it says of the store's days."""
    signals = daily_signals(days, facts.store(store_id), facts.weather.get(store_id), facts.events)
    return {
        template: explanatory(template, signals[template.signal], days)
        for template in templates
        if template.signal in signals
    }


def _asked(series: DailySeries, readings: Mapping[Template, Floats], winsor_sd: float) -> Asked:
    return ask(list(readings), list(readings.values()), outcome_of(series, winsor_sd))


def _main_products(series: Sequence[DailySeries], most: int) -> list[DailySeries]:
    """The products that sell most in each store; none where a store has one only, for that is its total."""
    by_store: dict[str, list[DailySeries]] = {}
    for one in series:
        by_store.setdefault(one.store_id, []).append(one)
    return [
        one
        for products in by_store.values()
        if len(products) > 1
        for one in sorted(products, key=lambda p: (-float(np.nansum(p.sales)), p.product_id or ""))[:most]
    ]


def _of_the_chain(
    days: Dates, totals: Mapping[str, DailySeries], readings: Mapping[str, Mapping[Template, Floats]]
) -> dict[Template, Floats]:
    """Each reading as its mean over the stores that know it: for a yes or no, the share of stores that say yes."""
    templates = dict.fromkeys(template for rows in readings.values() for template in rows)
    return {
        template: _mean(
            [_on_days(rows[template], totals[s].days, days) for s, rows in readings.items() if template in rows]
        )
        for template in templates
    }


def _mean(rows: Sequence[Floats]) -> Floats:
    stacked = np.stack(rows)
    known = np.isfinite(stacked).sum(axis=0)
    return np.where(known > 0, np.nansum(stacked, axis=0) / np.maximum(known, 1), np.nan)


def _on_days(row: Floats, days: Dates, wanted: Dates) -> Floats:
    """A row over ``days`` brought to the days ``wanted``, unknown outside."""
    moved = np.full(len(wanted), np.nan)
    index = (days - wanted[0]).astype(np.int64)
    inside = (index >= 0) & (index < len(wanted))
    moved[index[inside]] = row[inside]
    return moved
