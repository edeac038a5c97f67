"""``brain retail backtest``: score the forecast on past days next to naive rules."""

import csv
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from brain.cli.csv_cells import quote_row
from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import DatabaseOption, StoreOption, parse_day
from brain.cli.retail.output import open_for_writing, print_json, print_table, print_text
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import NAIVE_RULES, backtest_to_document
from brain.domain.retail.forecast.backtest import BacktestReport, SeriesScore
from brain.domain.retail.forecast.metrics import Metrics
from brain.domain.retail.wildcards import ALL_STORES
from brain.services.retail.backtest import DEFAULT_DAYS, BacktestPeriod, run_backtest
from brain.settings.files import load_config

COLUMNS = ("series", "rule", "MAPE>", "WAPE>", "MASE>", "bias>", "direction>", "rush recall>", "80 % coverage>")
FORECAST_COLUMNS = ("store_id", "cutoff", "date", "predicted", "lower_80", "upper_80", "actual")
DECIMALS = 6
FirstDayOption = Annotated[
    date | None,
    typer.Option(
        parser=parse_day,
        metavar="DATE",
        help=f"The first day to forecast, such as 2026-01-31. By default {DEFAULT_DAYS} days before the end.",
    ),
]
LastDayOption = Annotated[
    date | None,
    typer.Option(
        parser=parse_day, metavar="DATE", help="The last day to forecast. By default the last day with sales."
    ),
]
HorizonOption = Annotated[
    int,
    typer.Option(min=1, max=90, help="Number of days that a forecast looks ahead; each day is forecast once."),
]
ForecastsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help=f"Write every forecast to this CSV file, with columns {', '.join(FORECAST_COLUMNS)}."
    ),
]
ProductsOption = Annotated[
    bool, typer.Option("--products", help="Score each product of each store instead of the stores' totals.")
]


def backtest(  # noqa: PLR0913, PLR0917 - one parameter per option
    start: FirstDayOption = None,
    end: LastDayOption = None,
    horizon: HorizonOption = 7,
    forecasts: ForecastsOption = None,
    products: ProductsOption = False,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score the forecast on past days, next to the same day of last week and of last year.

    Each day is forecast from what was known before it. The scores are
    stored in brain_backtest_results.
    """
    config = load_config("brain_retail", RetailConfig)
    period = BacktestPeriod(start, end, horizon)
    with open_warehouse(database) as warehouse, Console(stderr=True).status("Forecasting past days"):
        report = run_backtest(warehouse, config, period, store, by_product=products)
    if forecasts is not None:
        _write_forecasts(forecasts, report, with_products=products)
    if as_json:
        print_json(backtest_to_document(report))
    else:
        _print(report)


def _write_forecasts(file: Path, report: BacktestReport, *, with_products: bool) -> None:
    columns = ("store_id", "product_id", *FORECAST_COLUMNS[1:]) if with_products else FORECAST_COLUMNS
    with open_for_writing(file) as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(quote_row(_round(getattr(row, column)) for column in columns) for row in report.rows())


def _round(cell: object) -> object:
    return round(cell, DECIMALS) if isinstance(cell, float) else cell


def _print(report: BacktestReport) -> None:
    scores = [*report.scores, report.overall] if len(report.scores) > 1 else list(report.scores)
    rows = [
        (_name_series(score), rule.replace("_", " "), *_format_metrics(getattr(score, rule)))
        for score in scores
        for rule in ("forecast", *NAIVE_RULES)
    ]
    print_table(f"Backtest {report.start} to {report.end}, {report.horizon} days ahead", COLUMNS, rows)
    error, naive_error = report.overall.forecast.mape, report.overall.seasonal_naive.mape
    if error is not None and naive_error:
        print_text(
            f"The forecast's error is {error:.1%} of a day's sales; repeating last week's has {naive_error:.1%}."
        )


def _name_series(score: SeriesScore) -> str:
    store = score.store_id.replace(ALL_STORES, "all")
    return f"{store}: {score.product_id}" if score.product_id else store


def _format_metrics(metrics: Metrics) -> tuple[str, ...]:
    return (
        _format_share(metrics.mape),
        _format_share(metrics.wape),
        "" if metrics.mase is None else f"{metrics.mase:.2f}",
        _format_share(metrics.bias),
        _format_share(metrics.directional_accuracy),
        _format_share(metrics.rush_recall),
        _format_share(metrics.coverage_80),
    )


def _format_share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
