"""What each signal is worth: lifts per store and for the chain, with interval, occurrences and a guarded sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.panel import build_panel, choose_scale, compute_running_size
from brain.domain.retail.lifts.pooling import EffectSummary, estimate_store_variance, pool_effects, pool_store_effects
from brain.domain.retail.lifts.regression import RawLifts, estimate_lifts
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.signals.active_signals import ActiveSignals, find_active_signals
from brain.domain.retail.wildcards import ALL_STORES
from brain.domain.types import Floats
from brain.errors import InvalidInputError

LEAST_OPEN_DAYS = 28
"""With fewer open days a weekday pattern cannot be told from a signal."""


@dataclass(frozen=True, slots=True)
class SignalLift:
    """A signal's lift on daily sales (0.05 = +5 %) in one store, or in all (``store_id`` "*").

    ``lower`` and ``upper`` bound the lift with the configured probability (90 %); ``confidence`` is the probability
    that its sign is as stated; ``claimed`` is True from ``claim_sign_at``. ``last_seen`` is the last day on which it
    acted.
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
class _Measured:
    """One series with its signals and their raw lifts."""

    row: int
    acting: ActiveSignals
    lifts: RawLifts
    ratio: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Effect:
    """One signal over the series it acted in."""

    name: str
    signal_class: str
    members: tuple[tuple[_Measured, int], ...]

    def numbers(self) -> tuple[Floats, Floats]:
        """Raw lifts and their variances, (series,)."""
        estimate = [one.lifts.estimate[at] for one, at in self.members]
        variance = [one.lifts.variance[at] for one, at in self.members]
        return np.array(estimate), np.array(variance)


def measure_signal_lifts(
    history: Sequence[DailySeries], facts: ShopData, as_of: date, config: RetailConfig
) -> list[SignalLift]:
    """Lifts of every signal that acted up to ``as_of``, from sales and facts known by its end.

    Pooled twice: a store leans on the other stores, a signal on its class (``events.classes`` gives the priors). Rows
    come per series, and for two or more series also as ``ALL_STORES``; sorted by store, product, class and signal.
    Series with fewer than 28 open days are left out.

    Raises InvalidInputError when no series has sales up to ``as_of``.
    """
    panel = build_panel([one.until(as_of) for one in history], as_of)
    if not panel.open.any():
        raise InvalidInputError(f"expected sales on some day up to {as_of}, got none; import sales first")
    size = compute_running_size(panel)
    scale = choose_scale(panel, size, len(panel.days) - 1, config.forecast.intermittent_share)
    modelled = scale.to_model(panel.sales, size)
    measured = []
    for row, store_id in enumerate(panel.store_ids):
        if panel.open[row].sum() >= LEAST_OPEN_DAYS:
            first = int(np.argmax(panel.open[row]))
            days = panel.days[first:]
            acting = _seen_open(find_active_signals(days, store_id, facts, config, as_of), panel.open[row, first:])
            lifts = estimate_lifts(
                modelled[row, first:], days, acting.flags, acting.classes, config.magnitudes.half_life_days
            )
            measured.append(_Measured(row, acting, lifts, bool(scale.ratio[row])))
    together = _correlation(measured, len(panel.days))
    classes: dict[str, list[_Effect]] = {}
    for effect in _effects(measured):
        classes.setdefault(effect.signal_class, []).append(effect)
    rows = [
        row
        for name, effects in classes.items()
        for row in _pooled(name, effects, together, _Names(panel.store_ids, panel.product_ids, as_of), config)
    ]
    return sorted(rows, key=lambda row: (row.store_id, row.product_id or "", row.signal_class, row.signal))


@dataclass(frozen=True, slots=True)
class _Names:
    store_ids: tuple[str, ...]
    product_ids: tuple[str | None, ...]
    as_of: date


def _seen_open(acting: ActiveSignals, opened: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> ActiveSignals:
    """Only days on which the store traded count, and only signals that acted on one."""
    flags = acting.flags & opened[:, None]
    kept = np.flatnonzero(flags.any(axis=0) & ~flags[opened].all(axis=0))
    return ActiveSignals(
        names=tuple(acting.names[at] for at in kept),
        classes=tuple(acting.classes[at] for at in kept),
        flags=flags[:, kept],
    )


def _effects(measured: Sequence[_Measured]) -> list[_Effect]:
    members: dict[tuple[str, str], list[tuple[_Measured, int]]] = {}
    for one in measured:
        for at, (name, signal_class) in enumerate(zip(one.acting.names, one.acting.classes, strict=True)):
            members.setdefault((signal_class, name), []).append((one, at))
    return [_Effect(name, signal_class, tuple(pairs)) for (signal_class, name), pairs in sorted(members.items())]


def _correlation(measured: Sequence[_Measured], days: int) -> float:
    """How alike the stores' odd days are, the mean pairwise correlation of residuals, at least 0."""
    if len(measured) < 2:  # noqa: PLR2004 - a pair
        return 0.0
    table = np.zeros((len(measured), days))
    for row, one in enumerate(measured):
        residual = one.lifts.residual
        spread = float(np.nanstd(residual)) or 1.0
        table[row, days - len(residual) :] = np.nan_to_num(residual / spread)
    present = table != 0.0
    pairs = (present.sum(axis=0) ** 2 - present.sum(axis=0)).sum()
    products = (table.sum(axis=0) ** 2 - (table**2).sum(axis=0)).sum()
    return float(np.clip(products / pairs, 0.0, 1.0)) if pairs else 0.0


def _pooled(
    signal_class: str, effects: Sequence[_Effect], together: float, names: _Names, config: RetailConfig
) -> list[SignalLift]:
    """Pool one class: stores into signals, signals into the class, and back."""
    numbers = [effect.numbers() for effect in effects]
    several = [pair for pair in numbers if len(pair[0]) > 1]
    between = estimate_store_variance([pair[0] for pair in several], [pair[1] for pair in several])
    shared = np.array([_shared(*pair, between, together) for pair in numbers])
    settings = config.events.get(signal_class.removesuffix("_window"))
    believed = np.log1p(settings.prior_mean) if signal_class in config.events.classes else 0.0
    spread = config.magnitudes.between_signals_sd
    posterior = pool_effects(shared[:, 0], shared[:, 1], float(believed), config.magnitudes.class_mean_sd, spread)
    rows = []
    interval = config.magnitudes.interval
    for member, (effect, common) in enumerate(zip(effects, posterior.stated(interval), strict=True)):
        seen = [_Seen.of(one, at) for one, at in effect.members]
        if len(seen) == 1:
            rows.append(_row(names, effect.members[0][0].row, effect, common, seen[0], config))
            continue
        own = pool_store_effects(posterior, member, *numbers[member], between).stated(interval)
        for (one, _), stated, when in zip(effect.members, own, seen, strict=True):
            rows.append(_row(names, one.row, effect, stated, when, config))
        rows.append(_row(names, None, effect, common, _Seen.chain(seen), config))
    return rows


def _shared(estimate: Floats, variance: Floats, between: float, together: float) -> tuple[float, float]:
    """What stores share in one signal, and its variance when their odd days come together."""
    weight = 1.0 / (variance + between)
    mean = float(weight @ estimate / weight.sum())
    alike = 1.0 + (len(estimate) - 1) * together * float(np.mean(variance / (variance + between)))
    return mean, float(alike / weight.sum())


@dataclass(frozen=True, slots=True)
class _Seen:
    """How often a signal acted, how many days before the last day it last did, and on which scale."""

    times: int
    days_ago: int
    ratio: bool

    @staticmethod
    def of(one: _Measured, at: int) -> "_Seen":
        """From one series' flags."""
        flags = one.acting.flags[:, at]
        return _Seen(int(one.acting.count_occurrences()[at]), int(np.argmax(flags[::-1])), one.ratio)

    @staticmethod
    def chain(stores: Sequence["_Seen"]) -> "_Seen":
        """Over all stores."""
        return _Seen(
            sum(one.times for one in stores),
            min(one.days_ago for one in stores),
            all(one.ratio for one in stores),
        )


def _row(
    names: _Names, row: int | None, effect: _Effect, stated: EffectSummary, seen: _Seen, config: RetailConfig
) -> SignalLift:
    lift, lower, upper = (
        float(np.expm1(value)) if seen.ratio else value for value in (stated.effect, stated.lower, stated.upper)
    )
    return SignalLift(
        store_id=ALL_STORES if row is None else names.store_ids[row],
        product_id=None if row is None else names.product_ids[row],
        signal=effect.name,
        signal_class=effect.signal_class,
        lift=lift,
        lower=lower,
        upper=upper,
        occurrences=seen.times,
        confidence=stated.sign_confidence,
        claimed=stated.sign_confidence >= config.magnitudes.claim_sign_at,
        last_seen=names.as_of - timedelta(days=seen.days_ago),
    )
