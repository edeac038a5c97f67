"""Other forecasters at the same cutoffs with the same sales: statsforecast, LightGBM, Prophet.

Each is refitted at every cutoff on the sales before it, with the public holidays of the country if it accepts them, as
its documentation recommends. One that is not installed is left out (``requirements/bench.txt``; Prophet by hand).
"""

import logging
import warnings
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec

import holidays
import numpy as np
from numpy.typing import NDArray

from benchmarks.retail_data import Shop
from brain.domain.retail.series import DailySeries

Floats = NDArray[np.float64]
Forecaster = Callable[[Floats, NDArray[np.datetime64], int, Shop], Floats]

HORIZON = 7
PACKAGES = {"AutoETS": "statsforecast", "MSTL": "statsforecast", "LightGBM": "lightgbm", "Prophet": "prophet"}


def available() -> dict[str, Forecaster]:
    """Return the installed forecasters by name; print the names of the missing packages."""
    warnings.filterwarnings("ignore")
    for noisy in ("prophet", "cmdstanpy"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    makers = {"AutoETS": _ets, "MSTL": _mstl, "LightGBM": _lightgbm, "Prophet": _prophet}
    missing = sorted({package for package in PACKAGES.values() if find_spec(package) is None})
    if missing:
        print(f"not measured because not installed: {', '.join(missing)}")
    return {name: maker for name, maker in makers.items() if PACKAGES[name] not in missing}


def said_by(forecaster: Forecaster, shop: Shop, series: DailySeries) -> tuple[Floats, Floats]:
    """Return (forecasts, actual sales) of every open day of the shop's period, at cutoffs one week apart."""
    said, came = [], []
    first = (shop.start - series.first_day).days
    last = (shop.end - series.first_day).days
    for begin in range(first, last + 1, HORIZON):
        sales, days, ahead = _history(series, begin, shop)
        out = forecaster(sales, days, ahead, shop)
        span = np.arange(begin, min(begin + HORIZON, last + 1))
        opened = span[series.open[span]]
        said.append(out[: len(opened)] if shop.weekly else out[opened - begin])
        came.append(series.sales[opened])
    return np.concatenate(said), np.concatenate(came)


def _history(series: DailySeries, begin: int, shop: Shop) -> tuple[Floats, NDArray[np.datetime64], int]:
    """Return the sales before ``begin`` without gaps: closed days get the sales of a week earlier."""
    sales, days = series.sales[:begin].copy(), series.days[:begin]
    if shop.weekly:
        opened = np.isfinite(sales)
        return sales[opened], days[opened], 1
    for at in np.flatnonzero(np.isnan(sales)):
        sales[at] = sales[at - 7] if at >= HORIZON else np.nanmean(series.sales[:begin])
    return sales, days, HORIZON


def _ets(sales: Floats, _days: NDArray[np.datetime64], ahead: int, shop: Shop) -> Floats:
    from statsforecast.models import AutoETS  # noqa: PLC0415 - an optional package

    return np.asarray(AutoETS(season_length=1 if shop.weekly else 7).forecast(sales, ahead)["mean"])


def _mstl(sales: Floats, _days: NDArray[np.datetime64], ahead: int, shop: Shop) -> Floats:
    from statsforecast.models import MSTL  # noqa: PLC0415 - an optional package

    seasons = [season for season in ([52] if shop.weekly else [7, 364]) if len(sales) > 2 * season]
    return np.asarray(MSTL(season_length=seasons or [4]).forecast(sales, ahead)["mean"])


def _lightgbm(sales: Floats, days: NDArray[np.datetime64], ahead: int, shop: Shop) -> Floats:
    """Direct: every feature of a day was known a horizon before it."""
    from lightgbm import LGBMRegressor  # noqa: PLC0415 - an optional package

    step = 7 if shop.weekly else 1
    longer = np.concatenate([days, days[-1] + step * np.arange(1, ahead + 1)])
    padded = np.concatenate([np.log(np.maximum(sales, 1.0)), np.full(ahead, np.nan)])
    features = _features(padded, longer, ahead, 52 if shop.weekly else 364, shop)
    usable = np.arange(len(sales)) >= (60 if shop.weekly else 28)
    model = LGBMRegressor(
        n_estimators=300, learning_rate=0.03, num_leaves=15, min_child_samples=10, verbose=-1, n_jobs=1
    )
    model.fit(features[: len(sales)][usable], padded[: len(sales)][usable])
    return np.exp(np.asarray(model.predict(features[len(sales) :])))


def _features(padded: Floats, days: NDArray[np.datetime64], ahead: int, year: int, shop: Shop) -> Floats:
    number = days.astype(np.int64)
    kept = _holidays(days, shop)
    columns = [(number + 3) % 7, number % 365.25, number, kept, np.roll(kept, -1), np.roll(kept, 1)]
    columns += [_shifted(padded, lag) for lag in (ahead, 2 * ahead, 3 * ahead, 4 * ahead, year, year - ahead)]
    trailing = np.array(
        [np.nanmean(padded[max(0, at - ahead - 27) : max(1, at - ahead + 1)]) for at in range(len(days))]
    )
    return np.stack([*columns, trailing], axis=1).astype(float)


def _shifted(values: Floats, lag: int) -> Floats:
    moved = np.full(len(values), np.nan)
    moved[lag:] = values[:-lag] if lag < len(values) else []
    return moved


def _holidays(days: NDArray[np.datetime64], shop: Shop) -> Floats:
    store = next(iter(shop.facts.stores.values()))
    years = range(days[0].astype(object).year, days[-1].astype(object).year + 1)
    kept = holidays.country_holidays(store.country, subdiv=store.subdivision, years=years)
    span = 7 if shop.weekly else 1
    return np.array([sum(day.astype(object) - timedelta(days=back) in kept for back in range(span)) for day in days])


def _prophet(sales: Floats, days: NDArray[np.datetime64], ahead: int, shop: Shop) -> Floats:
    import pandas as pd  # noqa: PLC0415 - comes with Prophet
    from prophet import Prophet  # noqa: PLC0415 - an optional package

    model = Prophet(uncertainty_samples=0, seasonality_mode="multiplicative")
    if not shop.weekly:
        model.add_country_holidays(country_name=next(iter(shop.facts.stores.values())).country)
    model.fit(pd.DataFrame({"ds": days.astype("datetime64[ns]"), "y": sales}))
    step = 7 if shop.weekly else 1
    future = pd.DataFrame({"ds": (days[-1] + step * np.arange(1, ahead + 1)).astype("datetime64[ns]")})
    return model.predict(future)["yhat"].to_numpy()
