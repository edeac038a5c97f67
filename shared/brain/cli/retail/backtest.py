"""``brain retail backtest``: how good the forecast would have been, always beside the naive rules."""

import csv
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import print_json, print_table, say
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import NAIVE_RULES, backtest_to_document
from brain.domain.retail.forecast.backtest import BacktestReport, SeriesScore
from brain.domain.retail.forecast.metrics import Metrics
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.services.retail.backtest import BacktestPeriod, run_backtest
from brain.settings.files import load_config

FORECAST_COLUMNS = ("store_id", "cutoff", "date", "predicted", "lower_80", "upper_80", "actual")
DECIMALS = 6
Day = typer.Option(formats=["%Y-%m-%d"])


def backtest(  # noqa: PLR0913, PLR0917 - one argument an option
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default 180 days before the end.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default the last day with sales.")
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, max=90, help="Days ahead; each day is forecast once.")] = 7,
    forecasts: Annotated[
        Path | None, typer.Option(help=f"Write every forecast to this CSV: {','.join(FORECAST_COLUMNS)}.")
    ] = None,
    products: Annotated[
        bool, typer.Option("--products", help="Each product of each store, not the stores' totals.")
    ] = False,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the past as it was known then, and score it beside the same day of last week and of last year."""
    config = load_config("brain_retail", RetailConfig)
    period = BacktestPeriod(start.date() if start else None, end.date() if end else None, horizon)
    with open_warehouse(database) as warehouse, Console(stderr=True).status("Replaying the past"):
        report = run_backtest(warehouse, config, period, store, by_product=products)
    if forecasts is not None:
        _write(forecasts, report, with_products=products)
    if as_json:
        print_json(backtest_to_document(report))
    else:
        _print(report)


def _write(path: Path, report: BacktestReport, *, with_products: bool) -> None:
    columns = ("store_id", "product_id", *FORECAST_COLUMNS[1:]) if with_products else FORECAST_COLUMNS
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows([_plain(getattr(row, column)) for column in columns] for row in report.rows())
    except OSError as exc:
        raise InvalidInputError(f"cannot write {path}: {exc.strerror}; choose another file") from exc


def _plain(value: object) -> object:
    return round(value, DECIMALS) if isinstance(value, float) else value


def _print(report: BacktestReport) -> None:
    columns = ("series", "rule", "MAPE>", "WAPE>", "MASE>", "bias>", "direction>", "rush found>", "80 % holds>")
    scores = [*report.scores, report.overall] if len(report.scores) > 1 else list(report.scores)
    rows = [
        (_name(score), rule.replace("_", " "), *_figures(getattr(score, rule)))
        for score in scores
        for rule in ("forecast", *NAIVE_RULES)
    ]
    print_table(f"Backtest {report.start} to {report.end}, {report.horizon} days ahead", columns, rows)
    ours, naive = report.overall.forecast.mape, report.overall.seasonal_naive.mape
    if ours is not None and naive:
        say(f"The forecast's error is {ours:.1%} of a day's sales; repeating last week's has {naive:.1%}.")


def _name(score: SeriesScore) -> str:
    store = score.store_id.replace(ALL_STORES, "all")
    return f"{store}: {score.product_id}" if score.product_id else store


def _figures(metrics: Metrics) -> tuple[str, ...]:
    shares = (metrics.mape, metrics.wape)
    tail = (metrics.directional_accuracy, metrics.rush_recall, metrics.coverage_80)
    mase = "" if metrics.mase is None else f"{metrics.mase:.2f}"
    return (*map(_share, shares), mase, _share(metrics.bias), *map(_share, tail))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
