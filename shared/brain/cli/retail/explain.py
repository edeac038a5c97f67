"""``brain retail explain``: why a day was above or below what was expected, in money that adds up."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import print_json, print_table
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.day_explanation import DayExplanation
from brain.services.retail.explain import explain as explain_stores
from brain.settings.files import load_config


def explain(
    day: Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="By default the last known day.")] = None,
    on: Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="The same, as an option.")] = None,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Take a day apart: the level, weekday, season and signals that were expected, and what nothing explains."""
    config = load_config("brain_retail", RetailConfig)
    asked = day or on
    with open_warehouse(database) as warehouse:
        explained = explain_stores(warehouse, config, asked.date() if asked else None, store)
    if as_json:
        print_json([asdict(one) for one in explained])
        return
    for one in explained:
        _print(one)


def _print(one: DayExplanation) -> None:
    rows: list[tuple[object, ...]] = [
        (part.cause.replace("_", " "), _money(part.cents)) for part in one.contributions if part.group != "unexplained"
    ]
    rows.append(("= expected", _money(one.expected_cents)))
    rows += [("unexplained", _money(part.cents)) for part in one.contributions if part.group == "unexplained"]
    rows.append(("= sold", _money(one.actual_cents)))
    between = f"{_money(one.lower_cents)} to {_money(one.upper_cents)}"
    verdict = "outside" if one.unusual else "inside"
    caption = f"80 % of such days lie between {between}; this one is {verdict}."
    print_table(f"{one.store_id} on {one.day:%A %d %B %Y}", ("cause", "money>"), rows, caption)


def _money(cents: int) -> str:
    return f"{cents / 100:,.2f}"
