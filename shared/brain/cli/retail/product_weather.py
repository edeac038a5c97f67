"""``brain retail product-weather``: which products rain, warmth, wind and clouds sell or spoil."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import percent, print_json, print_table, say
from brain.domain.retail.product_weather import MIN_DAYS
from brain.services.retail.product_weather import measure_product_weather

COLUMNS = ("store", "product", "reading", "effect>", "90 % interval>", "sure>", "claimed")


def product_weather(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to know.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what cannot be claimed.")] = False,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Measure how each product answers rain, warmth, wind and clouds, products leaning on each other."""
    with open_warehouse(database) as warehouse:
        rows = measure_product_weather(warehouse, as_of.date() if as_of else None, store)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    shown = [row for row in rows if every or row.claimed]
    if shown:
        table = [
            (
                row.store_id,
                row.product_id,
                row.reading,
                percent(row.effect),
                f"{percent(row.lower)} to {percent(row.upper)}",
                f"{row.confidence:.0%}",
                "yes" if row.claimed else "",
            )
            for row in sorted(shown, key=lambda row: -abs(row.effect))
        ]
        print_table("What weather does to products", COLUMNS, table, "rain: a wet day; others: one standard deviation")
    if rows:
        say(f"{sum(row.claimed for row in rows)} of {len(rows)} answers have a sign that is 95 % sure.")
    else:
        say(f"Not enough data yet: a product needs {MIN_DAYS} open days whose weather is known.")
