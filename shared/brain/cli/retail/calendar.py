"""``brain retail calendar``: the next days, what to expect, and what to do."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import print_json, print_table
from brain.domain.reports import calendar_picture
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import calendar_to_rows
from brain.domain.retail.forecast.predictive_calendar import CalendarDay
from brain.errors import InvalidInputError
from brain.services.retail.predictive_calendar import forecast_calendar, select_store_days
from brain.settings.files import load_config

COLUMNS = ("store", "day", "sales>", "80 % between>", "rush>", "what to do")


def calendar(
    horizon: Annotated[int, typer.Option(min=1, max=90, help="Days ahead.")] = 14,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to know.")] = None,
    store: OneStore = None,
    svg: Annotated[Path | None, typer.Option(help="Also draw the days into this file.")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the next days of every store, with the chance of a rush and advice."""
    config = load_config("brain_retail", RetailConfig)
    with open_warehouse(database) as warehouse:
        days = select_store_days(forecast_calendar(warehouse, config, horizon, as_of.date() if as_of else None), store)
    if svg is not None:
        _draw(svg, calendar_picture.svg(calendar_to_rows(days)))
    if as_json:
        print_json(calendar_to_rows(days))
    else:
        print_table(f"From what was known on {days[0].forecast.cutoff}", COLUMNS, [_row(one) for one in days])


def _draw(file: Path, picture: str) -> None:
    try:
        file.write_text(picture, encoding="utf-8")
    except OSError as exc:
        raise InvalidInputError(f"cannot write {file}: {exc.strerror}; name another file") from exc


def _row(one: CalendarDay) -> tuple[object, ...]:
    said = one.forecast
    between = f"{said.lower_80:,.0f} to {said.upper_80:,.0f}"
    return (
        said.store_id,
        f"{said.day:%a %d %b}",
        f"{said.predicted:,.0f}",
        between,
        f"{said.rush_probability:.0%}",
        one.advice,
    )
