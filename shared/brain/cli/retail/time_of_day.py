"""``brain retail time-of-day``: show when in the day a store sells, and what rain changes about it."""

from calendar import day_abbr
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import DatabaseOption, StoreOption
from brain.cli.retail.output import print_json, print_table, print_text
from brain.domain.retail.time_of_day import MIN_DAYS, HourProfile
from brain.services.retail.time_of_day import measure_time_of_day


def time_of_day(store: StoreOption = None, database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Show the share of each hour in a day's sales by weekday, and what rain changes about it.

    An asterisk marks the hours where staff is needed most. Needs tickets:
    sales that were imported with a time.
    """
    with open_warehouse(database) as warehouse:
        measured = measure_time_of_day(warehouse, store)
    if as_json:
        hours = [asdict(profile) for profile in measured.hours]
        print_json({"hours": hours, "rain": [asdict(shift) for shift in measured.rain]})
        return
    if not measured.hours:
        print_text(f"Not enough data yet: a store needs {MIN_DAYS} days with tickets.")
    by_store = attrgetter("store_id")
    for store_id, profiles in groupby(sorted(measured.hours, key=by_store), by_store):
        _print_hours(store_id, list(profiles))
    for shift in measured.rain:
        if shift.claimed:
            print_text(
                f"{shift.store_id}: on wet days {shift.hour}:00 has {shift.difference * 100:+.1f} points of the day's "
                f"sales ({shift.lower * 100:+.1f} to {shift.upper * 100:+.1f})."
            )


def _print_hours(store_id: str, profiles: list[HourProfile]) -> None:
    weekdays = sorted({profile.weekday for profile in profiles})
    cells = {
        (profile.hour, profile.weekday): f"{profile.share:.0%}{'*' if profile.busy else ' '}" for profile in profiles
    }
    rows = [
        (f"{hour}:00", *(cells.get((hour, weekday), "") for weekday in weekdays))
        for hour in sorted({profile.hour for profile in profiles})
    ]
    print_table(f"When {store_id} sells", ("hour>", *(f"{day_abbr[weekday]}>" for weekday in weekdays)), rows)
