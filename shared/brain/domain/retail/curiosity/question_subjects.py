"""Build the questions of a night for each subject: the total and main products of each store, and the chain."""

from collections.abc import Mapping, Sequence

import numpy as np

from brain.domain.retail.curiosity.config import CuriosityConfig, QuestionTemplate
from brain.domain.retail.curiosity.daily_signals import build_daily_signals
from brain.domain.retail.curiosity.question import QuestionSubject
from brain.domain.retail.curiosity.question_batch import QuestionBatch, build_question_batch
from brain.domain.retail.curiosity.sales_outcome import build_sales_outcome
from brain.domain.retail.curiosity.transformations import transform_signal
from brain.domain.retail.series import DailySeries, sum_by_store, sum_chain
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.wildcards import ALL_STORES
from brain.domain.types import Dates, Floats


def build_question_batches(
    series: Sequence[DailySeries], shop_data: ShopData, config: CuriosityConfig
) -> dict[QuestionSubject, QuestionBatch]:
    """Return the questions by subject.

    Args:
        series: sales, one series per store and product; all of them end on the same night.
        shop_data: stores, events and weather.
        config: templates and limits.
    """
    totals = {total.store_id: total for total in sum_by_store(series)}
    signals = {
        store_id: _transform_signals(total.days, store_id, shop_data, config.templates)
        for store_id, total in totals.items()
    }
    winsor_sd = config.limits.winsor_sd
    batches = {
        QuestionSubject(store_id): _build_batch(total, signals[store_id], winsor_sd)
        for store_id, total in totals.items()
    }
    for product in _select_main_products(series, config.limits.products_per_store):
        total_days = totals[product.store_id].days
        product_signals = {
            template: _align(signal, total_days, product.days) for template, signal in signals[product.store_id].items()
        }
        subject = QuestionSubject(product.store_id, product.product_id or "")
        batches[subject] = _build_batch(product, product_signals, winsor_sd)
    if len(totals) > 1:
        chain = sum_chain(list(totals.values()))
        chain_signals = _average_over_stores(chain.days, totals, signals)
        batches[QuestionSubject(ALL_STORES)] = _build_batch(chain, chain_signals, winsor_sd)
    return batches


def _transform_signals(
    days: Dates, store_id: str, shop_data: ShopData, templates: Sequence[QuestionTemplate]
) -> dict[QuestionTemplate, Floats]:
    """Return for each template whose signal the store has the transformed signal, (days,)."""
    signals = build_daily_signals(
        days, shop_data.get_store(store_id), shop_data.weather.get(store_id), shop_data.events
    )
    return {
        template: transform_signal(template, signals[template.signal], days)
        for template in templates
        if template.signal in signals
    }


def _build_batch(series: DailySeries, signals: Mapping[QuestionTemplate, Floats], winsor_sd: float) -> QuestionBatch:
    return build_question_batch(list(signals), list(signals.values()), build_sales_outcome(series, winsor_sd))


def _select_main_products(series: Sequence[DailySeries], products_per_store: int) -> list[DailySeries]:
    """Return the best-selling products of each store; none of a store with a single product, which is its total."""
    by_store: dict[str, list[DailySeries]] = {}
    for product in series:
        by_store.setdefault(product.store_id, []).append(product)
    return [
        product
        for products in by_store.values()
        if len(products) > 1
        for product in sorted(products, key=_by_sales)[:products_per_store]
    ]


def _by_sales(product: DailySeries) -> tuple[float, str]:
    return -float(np.nansum(product.sales)), product.product_id or ""


def _average_over_stores(
    days: Dates, totals: Mapping[str, DailySeries], signals: Mapping[str, Mapping[QuestionTemplate, Floats]]
) -> dict[QuestionTemplate, Floats]:
    """Return the mean of each signal over the stores that have it; for a flag, the share of stores with it."""
    templates = dict.fromkeys(template for store_signals in signals.values() for template in store_signals)
    return {
        template: _mean_of_known(
            [
                _align(store_signals[template], totals[store_id].days, days)
                for store_id, store_signals in signals.items()
                if template in store_signals
            ]
        )
        for template in templates
    }


def _mean_of_known(signals: Sequence[Floats]) -> Floats:
    stacked = np.stack(signals)
    count = np.isfinite(stacked).sum(axis=0)
    return np.where(count > 0, np.nansum(stacked, axis=0) / np.maximum(count, 1), np.nan)


def _align(signal: Floats, days: Dates, target_days: Dates) -> Floats:
    """Return ``signal`` over ``days`` on ``target_days``, NaN on days that it does not cover."""
    aligned = np.full(len(target_days), np.nan)
    index = (days - target_days[0]).astype(np.int64)
    is_inside = (index >= 0) & (index < len(target_days))
    aligned[index[is_inside]] = signal[is_inside]
    return aligned
