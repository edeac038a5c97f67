"""``brain retail calendar``: forecast the next days, with advice."""

from pathlib import Path
from typing import Annotated

import typer

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import AsOfOption, DatabaseOption, StoreOption
from brain.cli.retail.output import open_for_writing, print_json, print_table
from brain.domain.reports import calendar_picture
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import calendar_to_rows
from brain.domain.retail.forecast.predictive_calendar import CalendarDay
from brain.services.retail.predictive_calendar import forecast_calendar, select_store_days
from brain.settings.files import load_config

COLUMNS = ("store", "day", "sales>", "80 % between>", "rush>", "what to do")


def calendar(
    horizon: Annotated[int, typer.Option(min=1, max=90, help="Number of days to forecast.")] = 14,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the days as a picture into this SVG file too.")
    ] = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast the next days of every store, with the probability of a rush and advice on staff and stock.

    The forecasts of all stores are stored in brain_predictions, whichever
    --store is listed.
    """
    config = load_config("brain_retail", RetailConfig)
    with open_warehouse(database) as warehouse:
        days = select_store_days(forecast_calendar(warehouse, config, horizon, as_of), store)
    rows = calendar_to_rows(days)
    if svg is not None:
        with open_for_writing(svg) as stream:
            stream.write(calendar_picture.draw_svg(rows))
    if as_json:
        print_json(rows)
    else:
        print_table(f"From what was known on {days[0].forecast.cutoff}", COLUMNS, [_build_row(day) for day in days])


def _build_row(day: CalendarDay) -> tuple[object, ...]:
    forecast = day.forecast
    return (
        forecast.store_id,
        f"{forecast.day:%a %d %b}",
        f"{forecast.predicted:,.0f}",
        f"{forecast.lower_80:,.0f} to {forecast.upper_80:,.0f}",
        f"{forecast.rush_probability:.0%}",
        day.advice,
    )
