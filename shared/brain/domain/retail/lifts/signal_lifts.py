"""The lift of each signal per store and for the chain, with interval, occurrences and the confidence of its sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.panel import Panel, build_panel, choose_scale, compute_running_size
from brain.domain.retail.lifts.pooling import EffectSummary, estimate_store_variance, pool_effects, pool_store_effects
from brain.domain.retail.lifts.regression import RawLifts, estimate_lifts
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.signals.active_signals import ActiveSignals, find_active_signals
from brain.domain.retail.wildcards import ALL_STORES
from brain.domain.types import Booleans, Floats
from brain.errors import InvalidInputError

MIN_OPEN_DAYS = 28
"""With fewer open days a weekday pattern cannot be distinguished from a signal."""


@dataclass(frozen=True, slots=True)
class SignalLift:
    """A signal's lift on daily sales (0.05 = +5 %) in one store, or in all stores (``ALL_STORES``).

    ``lower`` and ``upper`` bound the lift with the configured probability (90 %); ``confidence`` is the probability of
    its sign, ``claimed`` from ``claim_sign_at`` on. ``last_seen`` is the last day on which the signal was active.
    """

    store_id: str
    product_id: str | None
    signal: str
    signal_class: str
    lift: float
    lower: float
    upper: float
    occurrences: int
    confidence: float
    claimed: bool
    last_seen: date


@dataclass(frozen=True, slots=True, eq=False)
class _SeriesLifts:
    """One series (``row`` of the panel) with its signals and their raw lifts."""

    row: int
    active: ActiveSignals
    lifts: RawLifts
    ratio: bool


@dataclass(frozen=True, slots=True, eq=False)
class _SignalEffect:
    """One signal over the series in which it was active, each with the column of the signal."""

    name: str
    signal_class: str
    members: tuple[tuple[_SeriesLifts, int], ...]

    def estimates(self) -> tuple[Floats, Floats]:
        """Return the raw lifts and their variances, (series,) each."""
        estimate = [series.lifts.estimate[column] for series, column in self.members]
        variance = [series.lifts.variance[column] for series, column in self.members]
        return np.array(estimate), np.array(variance)


@dataclass(frozen=True, slots=True)
class _SeriesIds:
    store_ids: tuple[str, ...]
    product_ids: tuple[str | None, ...]
    as_of: date


@dataclass(frozen=True, slots=True)
class _Activity:
    """How often a signal was active, how many days ago it last was, and on which scale its lift is."""

    occurrences: int
    days_ago: int
    ratio: bool

    @staticmethod
    def of_series(series: _SeriesLifts, column: int) -> "_Activity":
        """Count the flags of one series."""
        flags = series.active.flags[:, column]
        return _Activity(int(series.active.count_occurrences()[column]), int(np.argmax(flags[::-1])), series.ratio)

    @staticmethod
    def of_chain(stores: Sequence["_Activity"]) -> "_Activity":
        """Combine the activity in all stores."""
        return _Activity(
            sum(store.occurrences for store in stores),
            min(store.days_ago for store in stores),
            all(store.ratio for store in stores),
        )


def measure_signal_lifts(
    history: Sequence[DailySeries], shop_data: ShopData, as_of: date, config: RetailConfig
) -> list[SignalLift]:
    """Measure the lift of every signal active up to ``as_of``, from what was known at its end.

    Lifts are pooled twice: over stores, and over the signals of a class (``events.classes`` holds the priors).

    Returns:
        One entry per signal and series, and for signals in two or more series also one of ``ALL_STORES``, sorted by
        store, product, class and signal. Series with fewer than 28 open days are left out.

    Raises:
        InvalidInputError: no series has sales up to ``as_of``.
    """
    panel = build_panel([series.until(as_of) for series in history], as_of)
    if not panel.open.any():
        raise InvalidInputError(f"expected sales on some day up to {as_of}, got none; import sales first")
    series_lifts = _estimate_series_lifts(panel, shop_data, as_of, config)
    correlation = _correlate_residuals(series_lifts, len(panel.days))
    classes: dict[str, list[_SignalEffect]] = {}
    for effect in _group_by_signal(series_lifts):
        classes.setdefault(effect.signal_class, []).append(effect)
    ids = _SeriesIds(panel.store_ids, panel.product_ids, as_of)
    rows = [
        row
        for signal_class, effects in classes.items()
        for row in _pool_class(signal_class, effects, correlation, ids, config)
    ]
    return sorted(rows, key=lambda row: (row.store_id, row.product_id or "", row.signal_class, row.signal))


def _estimate_series_lifts(panel: Panel, shop_data: ShopData, as_of: date, config: RetailConfig) -> list[_SeriesLifts]:
    size = compute_running_size(panel)
    scale = choose_scale(panel, size, len(panel.days) - 1, config.forecast.intermittent_share)
    modelled = scale.to_model(panel.sales, size)
    half_life_days = config.magnitudes.half_life_days
    series_lifts = []
    for row, store_id in enumerate(panel.store_ids):
        if panel.open[row].sum() >= MIN_OPEN_DAYS:
            first = int(np.argmax(panel.open[row]))
            days = panel.days[first:]
            active = find_active_signals(days, store_id, shop_data, config, as_of)
            active = _restrict_to_open_days(active, panel.open[row, first:])
            lifts = estimate_lifts(modelled[row, first:], days, active.flags, active.classes, half_life_days)
            series_lifts.append(_SeriesLifts(row, active, lifts, bool(scale.ratio[row])))
    return series_lifts


def _restrict_to_open_days(active: ActiveSignals, opened: Booleans) -> ActiveSignals:
    """Drop flags on closed days, and signals that are active on no open day or on all of them."""
    flags = active.flags & opened[:, None]
    columns = np.flatnonzero(flags.any(axis=0) & ~flags[opened].all(axis=0))
    return ActiveSignals(
        names=tuple(active.names[column] for column in columns),
        classes=tuple(active.classes[column] for column in columns),
        flags=flags[:, columns],
    )


def _group_by_signal(series_lifts: Sequence[_SeriesLifts]) -> list[_SignalEffect]:
    members: dict[tuple[str, str], list[tuple[_SeriesLifts, int]]] = {}
    for series in series_lifts:
        for column, (name, signal_class) in enumerate(zip(series.active.names, series.active.classes, strict=True)):
            members.setdefault((signal_class, name), []).append((series, column))
    return [_SignalEffect(name, signal_class, tuple(pairs)) for (signal_class, name), pairs in sorted(members.items())]


def _correlate_residuals(series_lifts: Sequence[_SeriesLifts], days: int) -> float:
    """Return the mean pairwise correlation of the series' residuals, at least 0."""
    if len(series_lifts) < 2:  # noqa: PLR2004 - a pair
        return 0.0
    residuals = np.zeros((len(series_lifts), days))
    for row, series in enumerate(series_lifts):
        residual = series.lifts.residual
        spread = float(np.nanstd(residual)) or 1.0
        residuals[row, days - len(residual) :] = np.nan_to_num(residual / spread)
    present = residuals != 0.0
    pairs = (present.sum(axis=0) ** 2 - present.sum(axis=0)).sum()
    products = (residuals.sum(axis=0) ** 2 - (residuals**2).sum(axis=0)).sum()
    return float(np.clip(products / pairs, 0.0, 1.0)) if pairs else 0.0


def _pool_class(
    signal_class: str, effects: Sequence[_SignalEffect], correlation: float, ids: _SeriesIds, config: RetailConfig
) -> list[SignalLift]:
    """Pool the stores of each signal, then the signals of one class, and shrink each store to the result."""
    estimates = [effect.estimates() for effect in effects]
    between = estimate_store_variance(estimates)
    shared = np.array([_pool_stores(*pair, between, correlation) for pair in estimates])
    settings = config.events.get(signal_class.removesuffix("_window"))
    center = float(np.log1p(settings.prior_mean)) if signal_class in config.events.classes else 0.0
    lift_config = config.magnitudes
    posterior = pool_effects(
        shared[:, 0], shared[:, 1], center, lift_config.class_mean_sd, lift_config.between_signals_sd
    )
    rows = []
    summaries = posterior.summarize(lift_config.interval)
    for member, (effect, summary) in enumerate(zip(effects, summaries, strict=True)):
        activities = [_Activity.of_series(series, column) for series, column in effect.members]
        if len(activities) == 1:
            rows.append(_build_lift(ids, effect.members[0][0].row, effect, summary, activities[0], config))
            continue
        store_effects = pool_store_effects(posterior, member, *estimates[member], between)
        store_summaries = store_effects.summarize(lift_config.interval)
        for (series, _), store_summary, activity in zip(effect.members, store_summaries, activities, strict=True):
            rows.append(_build_lift(ids, series.row, effect, store_summary, activity, config))
        rows.append(_build_lift(ids, None, effect, summary, _Activity.of_chain(activities), config))
    return rows


def _pool_stores(estimate: Floats, variance: Floats, between: float, correlation: float) -> tuple[float, float]:
    """Return the mean effect of one signal over stores, and its variance given the correlation of their residuals."""
    weight = 1.0 / (variance + between)
    mean = float(weight @ estimate / weight.sum())
    inflation = 1.0 + (len(estimate) - 1) * correlation * float(np.mean(variance / (variance + between)))
    return mean, float(inflation / weight.sum())


def _build_lift(
    ids: _SeriesIds,
    row: int | None,
    effect: _SignalEffect,
    summary: EffectSummary,
    activity: _Activity,
    config: RetailConfig,
) -> SignalLift:
    """Build the entry of one series, or of all stores for ``row`` None."""
    lift, lower, upper = (
        float(np.expm1(bound)) if activity.ratio else bound for bound in (summary.effect, summary.lower, summary.upper)
    )
    return SignalLift(
        store_id=ALL_STORES if row is None else ids.store_ids[row],
        product_id=None if row is None else ids.product_ids[row],
        signal=effect.name,
        signal_class=effect.signal_class,
        lift=lift,
        lower=lower,
        upper=upper,
        occurrences=activity.occurrences,
        confidence=summary.sign_confidence,
        claimed=summary.sign_confidence >= config.magnitudes.claim_sign_at,
        last_seen=ids.as_of - timedelta(days=activity.days_ago),
    )
