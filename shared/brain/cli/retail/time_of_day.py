"""``brain retail time-of-day``: which hours sell, where staff is needed, and what rain changes about it."""

from calendar import day_abbr
from dataclasses import asdict

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import print_json, print_table, say
from brain.domain.retail.time_of_day import MIN_DAYS, HourProfile
from brain.services.retail.time_of_day import measure_time_of_day


def time_of_day(store: OneStore = None, database: Database = None, as_json: AsJson = False) -> None:
    """Show each hour's share of a day's sales by weekday; * marks the hours where staff is needed."""
    with open_warehouse(database) as warehouse:
        found = measure_time_of_day(warehouse, store)
    if as_json:
        print_json({"hours": [asdict(row) for row in found.hours], "rain": [asdict(row) for row in found.rain]})
        return
    if not found.hours:
        say(f"Not enough data yet: a store needs {MIN_DAYS} days with tickets.")
    for name in sorted({row.store_id for row in found.hours}):
        _print(name, [row for row in found.hours if row.store_id == name])
    for shift in found.rain:
        if shift.claimed:
            say(
                f"{shift.store_id}: on wet days {shift.hour}:00 has {shift.difference * 100:+.1f} points of the day's "
                f"sales ({shift.lower * 100:+.1f} to {shift.upper * 100:+.1f})."
            )


def _print(store_id: str, rows: list[HourProfile]) -> None:
    weekdays = sorted({row.weekday for row in rows})
    cells = {(row.hour, row.weekday): f"{row.share:.0%}{'*' if row.busy else ' '}" for row in rows}
    hours = sorted({row.hour for row in rows})
    table = [(f"{hour}:00", *(cells.get((hour, weekday), "") for weekday in weekdays)) for hour in hours]
    print_table(f"When {store_id} sells", ("hour>", *(f"{day_abbr[weekday]}>" for weekday in weekdays)), table)
