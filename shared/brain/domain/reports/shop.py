"""The shop's sections of the weekly report, from the pages that its nightly jobs published; none without stores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.reports.shop_words import (
    closed,
    day_words,
    is_rush_day,
    lift,
    money,
    people,
    place,
    signal,
    signed,
    worth_saying,
)
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES

Page: TypeAlias = Mapping[str, Any]

CALENDAR, WEEK, SIGNALS, FINDINGS, ACCURACY = (
    "shop_calendar",
    "shop_week",
    "shop_signals",
    "shop_findings",
    "shop_accuracy",
)
NAMES = (CALENDAR, WEEK, SIGNALS, FINDINGS, ACCURACY)
PAGES = {
    CALENDAR: "shop-calendar",
    WEEK: "shop-week",
    SIGNALS: "shop-signals",
    FINDINGS: "shop-findings",
    ACCURACY: "shop-backtest",
}
TITLES = {
    CALENDAR: "The next 14 days",
    WEEK: "What moved sales last week",
    SIGNALS: "What acts on sales",
    FINDINGS: "Findings",
    ACCURACY: "How good the forecast was",
}
DRAWN = ("store_id", "day", "predicted", "lower_80", "upper_80", "open_probability", "rush_probability", "rush")
MOST_STORES, MOST_LINES, MOST_ROWS = 12, 24, 240
"""So that the report of a chain with hundreds of stores still fits into a document, and into a reader's minute."""

DAYS_NAMED = 6
NAMED = 12
WORTH_A_LINE_CENTS = 100


def build_section(name: str, facts: ReportFacts) -> Section | None:
    """Return the section called ``name``, None for a client without stores."""
    if not facts.client.stores:
        return None
    page = facts.shop.get(PAGES[name])
    return from_page(name, _from_day(page, facts.end.isoformat()) if name == CALENDAR and page else page)


def _from_day(page: Page, first: str) -> Page:
    """The calendar from ``first`` on: a page that the nights did not renew still has days that are over."""
    rows = page.get("rows", [])
    coming = [row for row in rows if row["day"] >= first]
    if coming or not rows:
        return {**page, "rows": coming}
    last = max(row["day"] for row in rows)
    return {"note": f"The calendar ends on {last}; it is drawn anew when the shop's nightly job runs again."}


def from_page(name: str, page: Page | None) -> Section:
    """The section called ``name`` from its published page; None means that it was never published."""
    if page is None:
        why = "The shop's nightly job has not published this yet."
        return Section(name, TITLES[name], SectionStatus.NOT_ENOUGH_DATA, (why,))
    if page.get("note"):
        return Section(name, TITLES[name], SectionStatus.NOT_ENOUGH_DATA, (str(page["note"]),))
    return SECTIONS[name](page)


def calendar(page: Page) -> Section:
    """What to expect and how many people to plan, a row a store and day; of many stores the days that differ."""
    rows = page["rows"]
    listed = rows if len(rows) <= MOST_ROWS else [row for row in rows if people(row) != "as usual"]
    drawn = list(dict.fromkeys(row["store_id"] for row in rows))[:MOST_STORES]
    picture = [{name: row[name] for name in DRAWN if name in row} for row in rows if row["store_id"] in drawn]
    columns = ("day", "store", "people", "sales expected", "8 of 10 lie between", "what acts")
    said = _listed(CALENDAR, _calendar_lines(rows), columns, [_day_cells(row) for row in listed], "")
    return replace(said, figures={"rows": picture})


def _day_cells(row: Page) -> tuple[str, ...]:
    shut = closed(row)
    return (
        day_words(row["day"]),
        row["store_id"],
        people(row),
        "closed" if shut else money(row["predicted"]),
        "" if shut else f"{money(row['lower_80'])} to {money(row['upper_80'])}",
        ", ".join(f"{signal(one['signal'])} {lift(one['lift'])}" for one in row["signals"][:2] if worth_saying(one)),
    )


def plan(rows: Sequence[Page]) -> str:
    """What to do about the next days, in one line."""
    busy = sorted((row for row in rows if is_rush_day(row)), key=lambda row: -float(row["rush_probability"]))
    if not busy:
        return "Staff as usual: no rush day is in sight."
    said = [f"{day_words(row['day'])} in {row['store_id']} ({float(row['rush_probability']):.0%})" for row in busy[:2]]
    more = f", and {len(busy) - 2} more below" if len(busy) > 2 else ""  # noqa: PLR2004 - two are named
    return f"Plan for a rush on {' and '.join(said)}{more}."


def _calendar_lines(rows: Sequence[Page]) -> list[str]:
    other = [row for row in rows if not closed(row) and people(row) != "as usual"]
    lines = [plan(rows)]
    lines += [f"{day_words(row['day'])}, {row['store_id']}: {row['advice']}" for row in other[:DAYS_NAMED]]
    if len(other) > DAYS_NAMED:
        lines.append(f"{len(other) - DAYS_NAMED} more days differ from the usual; see the table.")
    return lines


def week(page: Page) -> Section:
    """Each store's last seven days: expected, sold, and what made the difference, adding up to the cent."""
    lines, table = [], []
    ordered = sorted(page["rows"], key=lambda row: -abs(row["actual_cents"] - row["expected_cents"]))
    for row in ordered:
        sold, expected = row["actual_cents"] / 100, row["expected_cents"] / 100
        parts = [one for one in row["contributions"] if abs(one["cents"]) >= WORTH_A_LINE_CENTS]
        causes = [one for one in parts if one["group"] == "signal"]
        acting = sorted(causes, key=lambda one: -abs(one["cents"]))
        named = [f"{signal(one['cause'])} {signed(one['cents'] / 100)}" for one in acting[:3]]
        odd = row["unusual_days"]
        lines.append(
            f"{row['store_id']}, {day_words(row['start'])} to {day_words(row['end'])}: sold {money(sold)}, "
            f"{signed(sold - expected)} beside the {money(expected)} expected"
            + (f"; in what was expected: {', '.join(named)}" if named else "")
            + (f"; {odd} of {row['open_days']} days unlike the others" if odd else "")
            + "."
        )
        table += [(row["store_id"], signal(one["cause"]), signed(one["cents"] / 100)) for one in parts]
    return _listed(WEEK, lines, ("store", "cause", "money"), table, "No store traded in these days.")


def signals(page: Page) -> Section:
    """The signals whose sign is claimed, with interval and occurrences; the others by name, as not known yet."""
    claimed = [row for row in page["rows"] if row["claimed"]]
    shared = {row["signal"] for row in claimed if row["store_id"] == ALL_STORES}
    shown = [row for row in claimed if row["store_id"] == ALL_STORES or row["signal"] not in shared]
    table = [
        (
            signal(r["signal"]),
            place(r["store_id"]),
            lift(r["lift"]),
            f"{lift(r['lower'])} to {lift(r['upper'])}",
            str(r["occurrences"]),
        )
        for r in sorted(shown, key=lambda r: -abs(r["lift"]))
    ]
    sure = {row["signal"] for row in claimed}
    unsure = sorted({signal(row["signal"]) for row in page["rows"] if row["signal"] not in sure})
    lines = [f"{len(table)} signals are sure enough to plan by; lifts are of a day's sales."] if table else []
    if unsure:
        more = f" and {len(unsure) - NAMED} more" if len(unsure) > NAMED else ""
        lines.append(f"Not known yet: {', '.join(unsure[:NAMED])}{more}.")
    lines += [
        f"No longer holds: {signal(one['signal'])} in {place(one['store_id'])}, {one['reason']}."
        for one in page["retired"]
    ]
    columns = ("signal", "where", "lift", "9 of 10 between", "days seen")
    return _listed(SIGNALS, lines, columns, table, "No signal was seen often enough yet.")


def findings(page: Page) -> Section:
    """What the curiosity engine confirmed on later data, what it follows, and what it took back."""
    by_state: dict[str, list[Page]] = {}
    for row in page["hypotheses"]:
        by_state.setdefault(row["state"], []).append(row)
    lines = [f"Confirmed: {finding(row)}" for row in by_state.get("finding", ())]
    lines += [
        f"Taken back: {row['question']} ({place(row['store_id'])}): {row['note'] or 'it no longer holds'}."
        for row in by_state.get("retired", ())
    ]
    leads = by_state.get("lead", [])
    if leads:
        due = min((str(row["due_on"]) for row in leads if row["due_on"]), default="")
        when = f"; the first is judged on {due}" if due else ""
        lines.append(f"{len(leads)} lead{'' if len(leads) == 1 else 's'} followed, not to be acted on{when}.")
    if not by_state.get("finding"):
        asked = sum(page["counts"].values())
        lines.insert(0, f"Nothing new to act on: of {asked} questions none is confirmed on days after it was asked.")
    return _listed(FINDINGS, lines, (), [], "")


def finding(row: Page) -> str:
    """A finding in a sentence: the question, its effect, and on how many days."""
    product = "" if row["product_id"] == ALL_PRODUCTS else f", {row['product_id']}"
    effect = (
        f"{lift(row['effect'])} ({lift(row['lower'])} to {lift(row['upper'])})"
        if row["effect"] is not None and row["lower"] is not None
        else "an effect"
    )
    return f"{row['question']} In {place(row['store_id'])}{product}: {effect} on {row['occurrences']} days."


def accuracy(page: Page) -> Section:
    """How far the forecast was off beside the rules anyone could use, and whether its intervals held."""
    overall = page["overall"]
    lines = list(accuracy_lines(page))
    columns = ("store", "off by", "last week's day", "last year's day", "intervals held")
    table = [
        (
            str(one["store_id"]),
            share(one["wape"]),
            share(one["seasonal_naive"]["wape"]),
            share(one["same_day_last_year"]["wape"]),
            share(one["coverage_80"]),
        )
        for one in page["series"]
    ]
    return _listed(ACCURACY, lines if overall else [], columns, table, "No day could be scored yet.")


def accuracy_lines(page: Page) -> Sequence[str]:
    """The overall figures in sentences."""
    overall = page["overall"]
    if not overall:
        return ()
    week_rule, year_rule = overall["seasonal_naive"]["wape"], overall["same_day_last_year"]["wape"]
    days = f"From {page['start']} to {page['end']}, {page['horizon']} days ahead"
    rules = (("the same day last week", week_rule), ("the same day last year", year_rule))
    beside = (
        ", ".join(f"{rule} by {share(off)}" for rule, off in rules if off is not None) or "no plain rule could speak"
    )
    lines = [f"{days}, forecasts were off by {share(overall['wape'])} of sales; {beside}."]
    rivals = [one for one in (week_rule, year_rule) if one is not None]
    if overall["wape"] is not None and rivals and min(rivals) <= overall["wape"]:
        lines.append("A plain rule did as well or better: plan by last week's or last year's day for now.")
    lines.append(f"Intervals that said 80 % held {share(overall['coverage_80'])} of days.")
    if overall["rush_recall"] is not None and overall["rush_precision"] is not None:
        called, right = share(overall["rush_recall"]), share(overall["rush_precision"])
        lines.append(f"Of rush days {called} were called; {right} of the calls were right.")
    return lines


def share(value: float | None) -> str:
    """A share in whole per cent."""
    return "unknown" if value is None else f"{value * 100:.0f} %"


def _listed(
    name: str, lines: Sequence[str], columns: Sequence[str], table: Sequence[tuple[str, ...]], nothing: str
) -> Section:
    """The section, or that there is not enough for it yet."""
    if not lines and not table:
        return Section(name, TITLES[name], SectionStatus.NOT_ENOUGH_DATA, (nothing,))
    left = [len(given) - most for given, most in ((lines, MOST_LINES), (table, MOST_ROWS)) if len(given) > most]
    said = (*lines[:MOST_LINES], *(f"{count} more are left out here; the dashboard has them." for count in left))
    return Section(
        name, TITLES[name], SectionStatus.OK, said, tuple(columns) if table else (), tuple(table[:MOST_ROWS])
    )


SECTIONS: Mapping[str, Callable[[Page], Section]] = {
    CALENDAR: calendar,
    WEEK: week,
    SIGNALS: signals,
    FINDINGS: findings,
    ACCURACY: accuracy,
}
