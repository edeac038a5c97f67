"""``brain retail explain``: show why a day was above or below what was expected, in money that adds up."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import DatabaseOption, StoreOption, parse_day
from brain.cli.retail.output import print_json, print_table
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.day_explanation import DayExplanation
from brain.errors import InvalidInputError
from brain.services.retail.explain import explain as explain_day
from brain.settings.files import load_config

UNEXPLAINED = "unexplained"


def explain(
    day: Annotated[
        date | None,
        typer.Argument(
            parser=parse_day,
            metavar="DATE",
            help="The day to explain, such as 2026-01-31. By default the last day with sales.",
        ),
    ] = None,
    day_option: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="DATE", help="The day to explain, as an option.")
    ] = None,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain the sales of a day: level, weekday, season and signals that were expected, and the unexplained rest.

    The parts add up to the sales of the day, to the cent.
    """
    if day and day_option and day != day_option:
        raise InvalidInputError(f"expected one day, got {day} and --day {day_option}; leave one out")
    config = load_config("brain_retail", RetailConfig)
    with open_warehouse(database) as warehouse:
        explanations = explain_day(warehouse, config, day or day_option, store)
    if as_json:
        print_json([asdict(explanation) for explanation in explanations])
        return
    for explanation in explanations:
        _print(explanation)


def _print(explanation: DayExplanation) -> None:
    rows: list[tuple[object, ...]] = [
        (part.cause.replace("_", " "), _format_money(part.cents))
        for part in explanation.contributions
        if part.group != UNEXPLAINED
    ]
    rows.append(("= expected", _format_money(explanation.expected_cents)))
    rows += [
        (UNEXPLAINED, _format_money(part.cents)) for part in explanation.contributions if part.group == UNEXPLAINED
    ]
    rows.append(("= sold", _format_money(explanation.actual_cents)))
    interval = f"{_format_money(explanation.lower_cents)} and {_format_money(explanation.upper_cents)}"
    position = "outside" if explanation.unusual else "inside"
    caption = f"80 % of such days lie between {interval}; this one is {position}."
    print_table(f"{explanation.store_id} on {explanation.day:%A %d %B %Y}", ("cause", "money>"), rows, caption)


def _format_money(cents: int) -> str:
    return f"{cents / 100:,.2f}"
