"""Every line of a shop's file becomes a record, or a reason with its line number."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.retail.imports.csv_reader import read_events, read_sales, read_weather
from brain.domain.retail.imports.file_summary import FileSummary
from brain.domain.retail.imports.import_lines import BadLine, EventLine, SaleLine
from brain.domain.retail.store_zones import StoreZones
from brain.errors import InvalidInputError

IN_BERLIN = StoreZones([], ZoneInfo("Europe/Berlin"))
SALES = "store_id,sold_at,product_id,category,quantity,revenue"
WEATHER = "store_id,observed_at,temperature_c,precipitation_mm,wind_kmh,cloud_cover,condition,known_at"
EVENTS = "event,class,start,end,store_id,known_at"


def sales(*lines: str, heading: str = SALES) -> list[object]:
    """Read sales lines under a heading."""
    return list(read_sales("sales.csv", lines_of(heading, *lines), IN_BERLIN))


def lines_of(*lines: str) -> Iterable[str]:
    """Lines as a text file gives them."""
    return (f"{line}\n" for line in lines)


def reason(parsed_lines: list[object]) -> str:
    """Why the only line was refused."""
    (line,) = parsed_lines
    assert isinstance(line, BadLine)
    return line.reason


def test_a_daily_total_names_its_day_and_a_ticket_its_moment() -> None:
    """A date is the shop's day whatever the zone; a time without a zone is the shop's clock."""
    first, second = sales("kiel,2026-07-01,bread,loaves,3,9.5", "kiel,2026-07-01 00:30:00,bread,,-1,")
    day = datetime(2026, 7, 1, tzinfo=UTC)
    assert first == SaleLine("kiel", day, "day", date(2026, 7, 1), "bread", "loaves", 3.0, 9.5)
    moment = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert second == SaleLine("kiel", moment, "time", date(2026, 7, 1), "bread", None, -1.0, None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kiel,01.07.2026,bread,,1,2", "sold_at must be a date such as"),
        ("kiel,2026-13-01,bread,,1,2", "sold_at must be a date such as"),
        ("kiel,2026-07-01T25:00:00,bread,,1,2", "or a time such as"),
        ("kiel,1026-07-01,bread,,1,2", "between 1970 and 2200"),
        ("kiel,2026-07-01,bread,,1,nan", "within"),
        ("kiel,2026-07-01,bread,,1,inf", "within"),
        ("kiel,2026-07-01,bread,,1,1e13", "within"),
        ("kiel,2026-07-01,bread,,1_0,2", "within"),
        ("kiel,2026-07-01,bread,,one,2", "decimal point"),
        ("kiel,2026-07-01,bread,,,", "quantity or revenue is required, got neither"),
        (",2026-07-01,bread,,1,2", "store_id must not be empty"),
        ("kiel,2026-07-01, ,,1,2", "product_id must not be empty"),
        (f"kiel,2026-07-01,{'x' * 129},,1,2", "1 to 128 printable"),
        ("kiel,2026-07-01,br\x00ead,,1,2", "printable"),
        ("kiel,2026-07-01,bread,,1", "expected 6 columns as in the first line, got 5; complete the row"),
        ("kiel,2026-07-01,bread,,1,2,5", "got 7"),
        ('kiel,2026-07-01,"bread,,1,2', "unexpected end"),
        ('kiel,2026-07-01,"bread"x,,1,2', "expected after"),
    ],
)
def test_what_cannot_be_read_is_a_reason(line: str, expected: str) -> None:
    """The sentence says what was expected and what came."""
    assert expected in reason(sales(line))


def test_a_stray_quote_costs_its_own_line_only() -> None:
    """The lines after it are read, with their own numbers."""
    parsed_lines = sales('kiel,2026-07-01,"bread,,1,2', "kiel,2026-07-01,bread,,1,2", "nonsense")
    assert [type(line).__name__ for line in parsed_lines] == ["BadLine", "SaleLine", "BadLine"]
    assert [line.line_number for line in parsed_lines if isinstance(line, BadLine)] == [2, 4]


def test_columns_may_come_in_any_order_and_with_others_between() -> None:
    """The heading says which is which, with a byte order mark, spaces and capitals, and by semicolon or tab."""
    heading = "\ufeffRevenue; till ;sold_at;store_id;product_id"
    (line,) = sales('2.5;7;2026-07-01;"kiel;1";bread', heading=heading)
    assert isinstance(line, SaleLine)
    assert (line.store_id, line.revenue, line.quantity) == ("kiel;1", 2.5, None)
    assert len(sales("kiel\t2026-07-01\tbread\t2", heading="store_id\tsold_at\tproduct_id\tquantity")) == 1


def test_empty_lines_are_no_lines_but_count_in_the_numbers() -> None:
    """A file may end with them, or have them between; a spreadsheet writes them as delimiters."""
    parsed_lines = sales("", "kiel,2026-07-01,bread,,1,2", "   ", ",,,,,", "bad")
    assert [line.line_number for line in parsed_lines if isinstance(line, BadLine)] == [6]
    assert len(parsed_lines) == 2


@pytest.mark.parametrize(
    ("heading", "lacking"), [("", "store_id, sold_at"), ("store_id,revenue", "sold_at, product_id")]
)
def test_a_heading_without_its_columns_refuses_the_file(heading: str, lacking: str) -> None:
    """The sentence names the file, what it needs and what it lacks."""
    with pytest.raises(InvalidInputError, match=rf"first line of sales\.csv must name .* without {lacking}"):
        sales(heading=heading)


def test_weather_is_known_when_its_hour_or_day_is_over() -> None:
    """Unless the file says when: a date is its end in the store's zone."""
    parsed_lines = read_weather(
        "weather.csv",
        lines_of(
            WEATHER,
            "kiel,2026-07-01T12:00,20,,,,,",
            "kiel,2026-07-01,20,,,,,",
            "kiel,2026-07-03,20,,,,,2026-07-01",
            "kiel,2026-07-03,20,,,,,2026-07-01T18:00:00Z",
            "kiel,2026-07-01,20,-1,,,,",
        ),
        IN_BERLIN,
    )
    *good_lines, bad = parsed_lines
    assert [str(line.known_at) for line in good_lines if not isinstance(line, BadLine)] == [
        "2026-07-01 11:00:00+00:00",
        "2026-07-01 22:00:00+00:00",
        "2026-07-01 22:00:00+00:00",
        "2026-07-01 18:00:00+00:00",
    ]
    assert "must not be negative" in reason([bad])


def test_an_event_lasts_a_day_unless_it_says_otherwise() -> None:
    """Both days are included; an end before the start is refused."""
    parsed_lines = read_events(
        "events.csv", lines_of(EVENTS, "derby,home_game,2026-05-02,,,", "x,y,2026-05-02,2026-05-01,,"), IN_BERLIN
    )
    first, second = parsed_lines
    assert first == EventLine("derby", "home_game", date(2026, 5, 2), date(2026, 5, 2), "*", None)
    assert "end must not be before start" in reason([second])


@given(st.lists(st.text(max_size=40), max_size=8))
def test_no_text_breaks_the_reader(lines: list[str]) -> None:
    """Whatever a file holds, each line is a record or a reason."""
    rows = [line.replace("\n", " ") for line in lines]
    parsed_lines = sales(*rows)
    assert all(isinstance(line, SaleLine | BadLine) for line in parsed_lines)
    assert len(parsed_lines) <= len(rows)


def test_only_as_many_bad_lines_are_kept_as_are_shown() -> None:
    """All of them are counted."""
    summary = FileSummary("sales.csv", max_bad_lines=2, good=5)
    for number in range(9):
        summary.add_bad_line(BadLine(number, "no"))
    assert (summary.bad, summary.read, len(summary.bad_lines)) == (9, 14, 2)
