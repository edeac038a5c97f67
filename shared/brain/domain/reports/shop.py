"""The shop's sections of the reports, from the pages that its nightly jobs published; none without stores."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Protocol

from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.reports.shop_calendar import build_calendar
from brain.domain.reports.shop_pages import (
    ACCURACY,
    CALENDAR,
    FINDINGS,
    PAGES,
    SIGNALS,
    TITLES,
    WEEK,
    ShopPage,
    build_limited_section,
)
from brain.domain.reports.shop_wording import (
    format_day,
    format_difference,
    format_lift,
    format_money,
    format_share,
    format_signal,
    format_store,
)
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES

MAX_NAMED_SIGNALS = 12
MIN_NAMED_CENTS = 100
CENTS = 100


class PageSectionBuilder(Protocol):
    """Builds a section from its published page."""

    def __call__(self, page: ShopPage, /) -> Section:
        """Return the section."""


def build_section(name: str, facts: ReportFacts) -> Section | None:
    """Return the section called ``name``, None for a client without stores."""
    if not facts.client.stores:
        return None
    page = facts.shop.get(PAGES[name])
    if name == CALENDAR and page:
        page = _drop_past_days(page, facts.end.isoformat())
    return build_section_from_page(name, page)


def build_section_from_page(name: str, page: ShopPage | None) -> Section:
    """Return the section called ``name`` from its published page, None if it was never published."""
    if page is None:
        line = "The shop's nightly job has not published this yet."
        return Section(name, TITLES[name], SectionStatus.NOT_ENOUGH_DATA, (line,))
    if page.get("note"):
        return Section(name, TITLES[name], SectionStatus.NOT_ENOUGH_DATA, (str(page["note"]),))
    return BUILDERS[name](page)


def _drop_past_days(page: ShopPage, first_day: str) -> ShopPage:
    """Return the calendar from ``first_day`` on; a page that the nightly job did not renew still has past days."""
    rows = page.get("rows", [])
    coming = [row for row in rows if row["day"] >= first_day]
    if coming or not rows:
        return {**page, "rows": coming}
    last_day = max(row["day"] for row in rows)
    return {"note": f"The calendar ends on {last_day}; it is drawn anew when the shop's nightly job runs again."}


def build_week(page: ShopPage) -> Section:
    """Return each store's last seven days: expected, sold, and what made the difference, adding up to the cent."""
    ordered = sorted(page["rows"], key=lambda row: -abs(row["actual_cents"] - row["expected_cents"]))
    lines = [_write_week_line(row) for row in ordered]
    table = [
        (row["store_id"], format_signal(cause["cause"]), format_difference(cause["cents"] / CENTS))
        for row in ordered
        for cause in _list_notable_causes(row)
    ]
    return build_limited_section(WEEK, lines, ("store", "cause", "money"), table, "No store traded in these days.")


def _list_notable_causes(row: ShopPage) -> list[ShopPage]:
    return [cause for cause in row["contributions"] if abs(cause["cents"]) >= MIN_NAMED_CENTS]


def _write_week_line(row: ShopPage) -> str:
    sold, expected = row["actual_cents"] / CENTS, row["expected_cents"] / CENTS
    signals = [cause for cause in _list_notable_causes(row) if cause["group"] == "signal"]
    strongest = sorted(signals, key=lambda cause: -abs(cause["cents"]))[:3]
    causes = [f"{format_signal(cause['cause'])} {format_difference(cause['cents'] / CENTS)}" for cause in strongest]
    unusual_days = row["unusual_days"]
    return (
        f"{row['store_id']}, {format_day(row['start'])} to {format_day(row['end'])}: sold {format_money(sold)}, "
        f"{format_difference(sold - expected)} beside the {format_money(expected)} expected"
        + (f"; in what was expected: {', '.join(causes)}" if causes else "")
        + (f"; {unusual_days} of {row['open_days']} days unlike the others" if unusual_days else "")
        + "."
    )


def build_signals(page: ShopPage) -> Section:
    """Return the significant signals with interval and occurrences; the others by name, as not known yet."""
    significant = [row for row in page["rows"] if row["claimed"]]
    table = [
        (
            format_signal(row["signal"]),
            format_store(row["store_id"]),
            format_lift(row["lift"]),
            f"{format_lift(row['lower'])} to {format_lift(row['upper'])}",
            str(row["occurrences"]),
        )
        for row in sorted(_drop_repeated_stores(significant), key=lambda row: -abs(row["lift"]))
    ]
    lines = [f"{len(table)} signals are sure enough to plan by; lifts are of a day's sales."] if table else []
    lines += _write_unknown_signals(page["rows"], {row["signal"] for row in significant})
    lines += [
        f"No longer holds: {format_signal(row['signal'])} in {format_store(row['store_id'])}, {row['reason']}."
        for row in page["retired"]
    ]
    columns = ("signal", "where", "lift", "9 of 10 between", "days seen")
    return build_limited_section(SIGNALS, lines, columns, table, "No signal was seen often enough yet.")


def _drop_repeated_stores(rows: Sequence[ShopPage]) -> list[ShopPage]:
    """Return the rows without those of single stores whose signal has a row for all stores."""
    shared = {row["signal"] for row in rows if row["store_id"] == ALL_STORES}
    return [row for row in rows if row["store_id"] == ALL_STORES or row["signal"] not in shared]


def _write_unknown_signals(rows: Sequence[ShopPage], significant: set[str]) -> list[str]:
    unknown = sorted({format_signal(row["signal"]) for row in rows if row["signal"] not in significant})
    if not unknown:
        return []
    more = f" and {len(unknown) - MAX_NAMED_SIGNALS} more" if len(unknown) > MAX_NAMED_SIGNALS else ""
    return [f"Not known yet: {', '.join(unknown[:MAX_NAMED_SIGNALS])}{more}."]


def build_findings(page: ShopPage) -> Section:
    """Return what the curiosity engine confirmed on later data, what it follows up, and what it retracted."""
    by_state: dict[str, list[ShopPage]] = {}
    for row in page["hypotheses"]:
        by_state.setdefault(row["state"], []).append(row)
    lines = [f"Confirmed: {write_finding(row)}" for row in by_state.get("finding", ())]
    lines += [
        f"Taken back: {row['question']} ({format_store(row['store_id'])}): {row['note'] or 'it no longer holds'}."
        for row in by_state.get("retired", ())
    ]
    if leads := by_state.get("lead"):
        lines.append(_write_lead_line(leads))
    if not by_state.get("finding"):
        count = sum(page["counts"].values())
        lines.insert(0, f"Nothing new to act on: of {count} questions none is confirmed on days after it was asked.")
    return build_limited_section(FINDINGS, lines, (), [])


def _write_lead_line(leads: Sequence[ShopPage]) -> str:
    due_on = min((str(row["due_on"]) for row in leads if row["due_on"]), default="")
    when = f"; the first is judged on {due_on}" if due_on else ""
    return f"{len(leads)} lead{'' if len(leads) == 1 else 's'} followed, not to be acted on{when}."


def write_finding(row: ShopPage) -> str:
    """Return a finding in a sentence: the question, its effect, and on how many days."""
    product = "" if row["product_id"] == ALL_PRODUCTS else f", {row['product_id']}"
    effect = (
        f"{format_lift(row['effect'])} ({format_lift(row['lower'])} to {format_lift(row['upper'])})"
        if row["effect"] is not None and row["lower"] is not None
        else "an effect"
    )
    return f"{row['question']} In {format_store(row['store_id'])}{product}: {effect} on {row['occurrences']} days."


def build_accuracy(page: ShopPage) -> Section:
    """Return how far the forecast was off, next to rules that anyone could use, and whether its intervals held."""
    columns = ("store", "off by", "last week's day", "last year's day", "intervals held")
    table = [
        (
            str(row["store_id"]),
            format_share(row["wape"]),
            format_share(row["seasonal_naive"]["wape"]),
            format_share(row["same_day_last_year"]["wape"]),
            format_share(row["coverage_80"]),
        )
        for row in page["series"]
    ]
    return build_limited_section(ACCURACY, _write_accuracy_lines(page), columns, table, "No day could be scored yet.")


def _write_accuracy_lines(page: ShopPage) -> list[str]:
    overall = page["overall"]
    if not overall:
        return []
    baselines = {
        "the same day last week": overall["seasonal_naive"]["wape"],
        "the same day last year": overall["same_day_last_year"]["wape"],
    }
    known_errors = {rule: error for rule, error in baselines.items() if error is not None}
    rules = ", ".join(f"{rule} by {format_share(error)}" for rule, error in known_errors.items())
    period = f"From {page['start']} to {page['end']}, {page['horizon']} days ahead"
    error = format_share(overall["wape"])
    lines = [f"{period}, forecasts were off by {error} of sales; {rules or 'no plain rule could speak'}."]
    if overall["wape"] is not None and min(known_errors.values(), default=inf) <= overall["wape"]:
        lines.append("A plain rule did as well or better: plan by last week's or last year's day for now.")
    lines.append(f"Intervals that said 80 % held {format_share(overall['coverage_80'])} of days.")
    if overall["rush_recall"] is not None and overall["rush_precision"] is not None:
        recall, precision = format_share(overall["rush_recall"]), format_share(overall["rush_precision"])
        lines.append(f"Of rush days {recall} were called; {precision} of the calls were right.")
    return lines


BUILDERS: Mapping[str, PageSectionBuilder] = {
    CALENDAR: build_calendar,
    WEEK: build_week,
    SIGNALS: build_signals,
    FINDINGS: build_findings,
    ACCURACY: build_accuracy,
}
