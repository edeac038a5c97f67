"""The built-in signals, and the days on which they are active."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from brain.domain.retail.config import RetailConfig, SchoolTerm
from brain.domain.retail.series import CalendarEvent, Store, load_zone
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.signals.active_signals import BUILT_IN_SIGNALS, find_active_signals
from brain.domain.retail.signals.calendar_days import build_calendar_days, compute_easter_sunday, list_holiday_names
from brain.domain.retail.signals.calendar_signals import CALENDAR_SIGNALS, flag_term_signals
from brain.domain.retail.signals.event_signals import build_signal_spans, flag_known_spans
from brain.domain.retail.signals.weather_signals import flag_weather_signals, select_known_values
from brain.domain.retail.weather_days import VARIABLES
from brain.errors import InvalidInputError
from brain.testing.simulations.shop import FIRST_DATE, build_calendar_event, build_weather, get_date, load_retail_config

CONFIG = load_retail_config()
GERMANY = Store("kiel", "Europe/Berlin", "DE", "SH")
RULES = {name: rule for rules in CALENDAR_SIGNALS.values() for name, rule in rules.items()}


def _list_days(first: str, last: str) -> np.ndarray:
    return np.arange(first, np.datetime64(last) + 1, dtype="datetime64[D]")


def _list_active_days(name: str, first: str, last: str, store: Store = GERMANY) -> list[str]:
    days = _list_days(first, last)
    return [str(day) for day in days[RULES[name](build_calendar_days(days, store))]]


def test_there_are_at_least_sixty_built_in_signals_in_every_class() -> None:
    """Each signal has one name and one class."""
    assert len(BUILT_IN_SIGNALS) >= 60
    assert {"weather", "holiday", "payday", "term", "long_weekend", "month", "weekday_season"} <= set(
        BUILT_IN_SIGNALS.values()
    )
    assert {"before_home_game", "after_promotion", "before_festival", "after_competitor"} <= set(BUILT_IN_SIGNALS)


@pytest.mark.parametrize(
    ("year", "sunday"), [(2016, "2016-03-27"), (2019, "2019-04-21"), (2024, "2024-03-31"), (2038, "2038-04-25")]
)
def test_easter_sunday_is_right(year: int, sunday: str) -> None:
    """Compared with the published dates."""
    assert str(compute_easter_sunday(np.array([year]))[0]) == sunday


@pytest.mark.parametrize(
    ("signal", "first", "last", "days"),
    [
        ("good_friday", "2024-01-01", "2024-12-31", ["2024-03-29"]),
        ("whit_monday", "2024-01-01", "2024-12-31", ["2024-05-20"]),
        ("mothers_day", "2024-01-01", "2024-12-31", ["2024-05-12"]),
        ("black_friday", "2024-01-01", "2024-12-31", ["2024-11-29"]),
        ("thanksgiving", "2024-01-01", "2024-12-31", ["2024-11-28"]),
        ("advent_sunday", "2023-11-20", "2023-12-31", ["2023-12-03", "2023-12-10", "2023-12-17", "2023-12-24"]),
        ("bridge_day", "2024-05-01", "2024-05-31", ["2024-05-10"]),
        ("bridge_day", "2023-09-25", "2023-10-05", ["2023-10-02"]),
        ("long_weekend", "2024-05-17", "2024-05-21", ["2024-05-18", "2024-05-19"]),
        ("before_long_weekend", "2024-03-25", "2024-04-01", ["2024-03-28"]),
        ("eve_of_holiday", "2024-04-28", "2024-05-03", ["2024-04-30"]),
        ("day_after_holiday", "2024-04-28", "2024-05-03", ["2024-05-02"]),
        ("payday_end_of_month", "2024-03-20", "2024-04-10", ["2024-03-28"]),
        ("payday_mid_month", "2024-06-01", "2024-06-30", ["2024-06-14"]),
        ("payday_mid_month", "2024-05-01", "2024-05-31", ["2024-05-15"]),
        ("end_of_quarter", "2024-06-01", "2024-07-05", ["2024-06-28", "2024-06-29", "2024-06-30"]),
        ("carnival", "2024-02-01", "2024-02-29", [f"2024-02-{day:02d}" for day in range(8, 14)]),
    ],
)
def test_calendar_signals_are_active_on_their_days(signal: str, first: str, last: str, days: list[str]) -> None:
    """In the German calendar of 2023 and 2024."""
    assert _list_active_days(signal, first, last) == days


def test_a_store_without_a_country_has_no_public_holidays() -> None:
    """Observances such as Christmas are active without a country."""
    store = Store("x")
    assert not _list_active_days("public_holiday", "2024-01-01", "2024-12-31", store)
    assert _list_active_days("christmas_day", "2024-01-01", "2024-12-31", store) == ["2024-12-25"]
    assert list_holiday_names(None, None, (2024,)) == {}


def test_an_unknown_country_is_an_error() -> None:
    """The message names the expected codes."""
    with pytest.raises(InvalidInputError, match="ISO 3166"):
        build_calendar_days(_list_days("2024-01-01", "2024-01-02"), Store("x", country="XX"))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_every_day_has_one_weekday_and_one_nearest_easter(day: date) -> None:
    """The arrays agree with Python's own calendar."""
    calendar = build_calendar_days(np.array([np.datetime64(day)]), Store("x"))
    assert calendar.weekday[0] == day.weekday()
    assert (calendar.year[0], calendar.month[0], calendar.day[0]) == (day.year, day.month, day.day)
    assert abs(int(calendar.from_easter[0])) <= 200
    assert (day + timedelta(days=int(calendar.to_month_end[0]) + 1)).day == 1


def test_terms_are_active_in_their_subdivision_and_mark_their_edges() -> None:
    """The first days of school holidays and the first day after them are signals of their own."""
    term = SchoolTerm(
        kind="school_holidays", country="DE", subdivision="SH", start=date(2024, 7, 22), end=date(2024, 7, 31)
    )
    calendar = build_calendar_days(_list_days("2024-07-15", "2024-08-10"), GERMANY)
    flags = flag_term_signals(calendar, GERMANY, (term,))
    assert flags["school_holidays"].sum() == 10
    assert flags["first_days_of_school_holidays"].sum() == 3
    assert [str(day) for day in calendar.days[flags["first_days_back_at_school"]]] == ["2024-08-01"]
    assert not flag_term_signals(calendar, Store("x", country="DE", subdivision="BY"), (term,))["school_holidays"].any()


def test_an_event_is_known_by_its_lead_time_or_known_at() -> None:
    """Without ``known_at`` a home game is known four weeks ahead, a competitor on its first day."""
    utc = load_zone("UTC")
    game, rival = (
        build_calendar_event("derby", 100, "home_game"),
        build_calendar_event("rival_opens", 100, "competitor"),
    )
    fair = build_calendar_event("fair", 100, "festival", known_at=datetime(2022, 4, 1, 12, tzinfo=UTC))
    spans = build_signal_spans([game, rival, fair], "north", utc, CONFIG.events)
    known_on = {span.signal: span.known_on for span in spans}
    assert known_on["derby"] == get_date(100 - 28)
    assert known_on["rival_opens"] == get_date(100)
    assert known_on["fair"] == known_on["before_festival"] == date(2022, 4, 1)


def test_events_flag_the_windows_of_their_class_in_their_store_only() -> None:
    """A promotion has three days after it; another store's event is no signal."""
    days = np.arange(20) + np.datetime64(FIRST_DATE)
    events = [
        build_calendar_event("sale", 5, "promotion", days=2),
        build_calendar_event("away", 5, "concert", store_id="south"),
    ]
    flags = flag_known_spans(build_signal_spans(events, "north", load_zone("UTC"), CONFIG.events), days, None)
    assert set(flags) == {"sale", "after_promotion"}
    assert flags["sale"].nonzero()[0].tolist() == [5, 6]
    assert flags["after_promotion"].nonzero()[0].tolist() == [7, 8, 9]


def test_an_event_that_is_not_known_yet_is_not_active() -> None:
    """As of a day, only events announced by its end are active."""
    days = np.arange(20) + np.datetime64(FIRST_DATE)
    spans = build_signal_spans(
        [build_calendar_event("sale", 15, "promotion")], "north", load_zone("UTC"), CONFIG.events
    )
    assert not flag_known_spans(spans, days, get_date(7))
    assert flag_known_spans(spans, days, get_date(8))["sale"].any()


def test_weather_signals_follow_their_thresholds() -> None:
    """Rain, heat, spells and the first days of a year."""
    temperature = np.concatenate([np.full(40, 5.0), np.full(10, 27.0), np.full(5, -3.0)])
    rain = np.zeros(55)
    rain[[10, 11, 12, 13]] = 12.0
    days = np.arange(55) + np.datetime64(FIRST_DATE)
    flags = flag_weather_signals(
        select_known_values(build_weather("north", temperature, rain), days), days, CONFIG.weather
    )
    assert flags["heavy_rain"].nonzero()[0].tolist() == [10, 11, 12, 13]
    assert flags["rainy_spell"].nonzero()[0].tolist() == [12, 13]
    assert flags["rain_on_weekend"].nonzero()[0].tolist() == [12, 13]
    assert flags["first_warm_day"].nonzero()[0].tolist() == [40]
    assert flags["heat_wave"].nonzero()[0].tolist() == list(range(42, 50))
    assert flags["warmer_than_yesterday"].nonzero()[0].tolist() == [40]
    assert flags["colder_than_yesterday"].nonzero()[0].tolist() == [50]
    assert flags["dry_spell"][6]
    assert not flags["dry_spell"][10]


@pytest.mark.parametrize(("full", "clear"), [(100.0, 10.0), (8.0, 1.0), (1.0, 0.1)])
def test_cloud_cover_is_read_in_percent_eighths_and_shares(full: float, clear: float) -> None:
    """The unit is recognised by the largest value."""
    values = np.full((2, len(VARIABLES)), np.nan)
    values[:, VARIABLES.index("cloud_cover")] = [full, clear]
    flags = flag_weather_signals(values, np.arange(2) + np.datetime64(FIRST_DATE), CONFIG.weather)
    assert flags["overcast"].tolist() == [True, False]
    assert flags["clear_sky"].tolist() == [False, True]


def test_a_day_without_a_reading_has_no_weather_signal() -> None:
    """Unknown weather is neither wet nor dry."""
    days = np.arange(9) + np.datetime64(FIRST_DATE)
    assert not any(
        flag.any() for flag in flag_weather_signals(select_known_values(None, days), days, CONFIG.weather).values()
    )


def test_weather_is_selected_as_known_on_a_day() -> None:
    """Later readings are left out."""
    days = np.arange(9) + np.datetime64(FIRST_DATE)
    values = select_known_values(build_weather("north", np.full(9, 30.0), np.zeros(9)), days, get_date(3))
    assert np.isfinite(values[:, 0]).tolist() == [True] * 4 + [False] * 5


def test_consecutive_days_are_one_occurrence() -> None:
    """A festival of nine days counts once."""
    shop_data = ShopData(
        {}, (build_calendar_event("fair", 3, "festival", days=9), build_calendar_event("fair", 30, "festival", days=9))
    )
    active = find_active_signals(np.arange(60) + np.datetime64(FIRST_DATE), "north", shop_data, CONFIG)
    assert active.count_occurrences()[active.names.index("fair")] == 2
    assert active.classes[active.names.index("after_festival")] == "festival_window"


def test_unlisted_classes_have_the_settings_of_other() -> None:
    """A configuration without ``other`` is invalid."""
    assert CONFIG.events.get("circus") is CONFIG.events.classes["other"]
    parsed = CONFIG.model_dump()
    del parsed["events"]["classes"]["other"]
    with pytest.raises(ValidationError, match="other"):
        RetailConfig.model_validate(parsed)


def test_events_without_a_store_apply_to_every_store() -> None:
    """``store_id`` None means the whole chain."""
    spans = build_signal_spans(
        [CalendarEvent("fair", "market", FIRST_DATE, FIRST_DATE)], "any", load_zone("UTC"), CONFIG.events
    )
    assert [span.signal for span in spans] == ["fair"]
