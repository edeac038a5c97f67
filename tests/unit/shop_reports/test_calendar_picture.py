"""The calendar as a picture: true to its figures, safe to embed, readable without seeing it."""

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from unit.shop_reports.shop_published import day, two_weeks

from brain.domain.reports.calendar_picture import HEADER, PLOT, WIDTH, draw_svg

NAMES = {"s": "http://www.w3.org/2000/svg"}
AMOUNTS = st.floats(0.0, 1e9, allow_nan=False)


def parsed(picture: str) -> ET.Element:
    """The picture as XML, which it must be."""
    return ET.fromstring(picture)  # noqa: S314 - our own picture


def test_there_is_a_band_a_day_a_mark_a_rush_and_an_outline_a_closed_day() -> None:
    """26 open days and one closed in north; two of them marked."""
    root = parsed(draw_svg(two_weeks()))
    classes = [element.get("class") for element in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert classes.count("bc-band") + classes.count("bc-band bc-rush") == 27
    assert classes.count("bc-band bc-rush") == 2
    assert classes.count("bc-shut") == 1


def test_who_cannot_see_it_is_told_what_is_in_it() -> None:
    """Title, description, and a title a day."""
    root = parsed(draw_svg(two_weeks()))
    title, description = root.find("s:title", NAMES), root.find("s:desc", NAMES)
    assert title is not None
    assert description is not None
    assert title.text == "Expected sales from Mon 23 Nov to Sun 6 Dec"
    assert "north: rush days Fri 27 Nov, Sat 28 Nov; probably closed Sun 29 Nov" in str(description.text)
    assert "south: no rush day" in str(description.text)
    assert len(root.findall(".//s:g/s:title", NAMES)) == 28


def test_a_store_s_name_cannot_break_out_of_the_picture() -> None:
    """Names come from the shop's files."""
    picture = draw_svg([day("<script>alert('&')</script>", 0, 10.0)])
    assert "<script>" not in picture
    assert parsed(picture) is not None


def test_nothing_is_drawn_of_nothing_and_dense_days_are_named_by_weeks() -> None:
    """Ninety days have room for a label a week."""
    assert draw_svg([]) == ""
    labels = parsed(draw_svg([day("north", offset, 10.0) for offset in range(90)])).findall(".//s:g/s:text", NAMES)
    assert len(labels) == 2 * 13


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=14))
def test_whatever_the_figures_are_they_stay_inside_the_picture(amounts: list[tuple[float, float, float]]) -> None:
    """Bands lie between head and foot, and within the width."""
    rows = []
    for offset, three in enumerate(amounts):
        lower, predicted, upper = sorted(three)
        rows.append(day("north", offset, predicted, lower_80=lower, upper_80=upper))
    for rect in parsed(draw_svg(rows)).findall(".//s:g/s:rect", NAMES):
        x, y, width, height = (float(str(rect.get(name))) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= WIDTH
        assert y >= HEADER - 0.1
        assert y + height <= HEADER + PLOT + 1.1
