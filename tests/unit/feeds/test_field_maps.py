"""Plain rows are read by the operator's field map, or by the names of their columns."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from unit.feeds.feed_cases import CONTEXT, complete_event, complete_payload, reject_one

from brain.domain.feeds.field_maps import FeedsConfig, FieldMap, TimeMapping
from brain.domain.feeds.meta_actions import DEFAULT_META_ADS
from brain.domain.feeds.times import parse_time
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.settings.files import config_directory, load_config

MAP = FieldMap(
    description="rows of the tests",
    time=TimeMapping(column="day"),
    key=("day", "post"),
    metrics={"likes": ("hearts", "thumbs"), "spend": ("micros",), "impressions": ("seen",)},
    micros=("spend",),
    currency="EUR",
    content_id="post",
    content_type_column="kind",
    content_types={"Foto": "photo"},
    platform="facebook",
    creator_column="writer",
    personal=("chef",),
)
MAPPED = replace(CONTEXT, field_map=MAP, backfill=True)


def make_row(**columns: str) -> dict[str, str]:
    """Return a row that fits ``MAP``."""
    return {
        "day": "2026-11-20",
        "post": "p1",
        "hearts": "3",
        "thumbs": "4",
        "micros": "2500000",
        "kind": "Foto",
    } | columns


def test_a_row_is_read_by_its_map() -> None:
    """Columns are added, millionths divided, content types translated, and creators pseudonymized."""
    event = complete_event("warehouse", make_row(writer="Ada Lind", chef="Bo Ekström", seen=""), MAPPED)
    assert (event.likes, event.spend, event.impressions, event.currency) == (7, 2.5, None, "EUR")
    assert (event.content_id, event.content_type, event.platform) == ("p1", "photo", "facebook")
    assert event.creator_hash is not None
    assert "Ada" not in str(event.raw_data)
    assert "Bo" not in str(event.raw_data)


def test_an_unmapped_content_type_is_lowercased() -> None:
    """A new type of post is not lost, and an absent one is unknown."""
    assert complete_event("warehouse", make_row(kind="Reel"), MAPPED).content_type == "reel"
    assert complete_event("warehouse", make_row(kind=""), MAPPED).content_type is None


def test_rows_of_one_key_are_revisions_and_rows_without_a_key_are_separate_events() -> None:
    """The key identifies what a row is about; a map without a key identifies a row by its whole content."""
    first, second = complete_payload("warehouse", [make_row(), make_row(hearts="9")], MAPPED)
    assert isinstance(first, IdentifiedEvent)
    assert isinstance(second, IdentifiedEvent)
    assert (first.event.event_id == second.event.event_id, first.cumulative) == (True, True)
    keyless = replace(MAPPED, field_map=MAP.model_copy(update={"key": (), "cumulative": False}))
    first, second = complete_payload("warehouse", [make_row(), make_row(hearts="9")], keyless)
    assert isinstance(first, IdentifiedEvent)
    assert isinstance(second, IdentifiedEvent)
    assert (first.event.event_id == second.event.event_id, first.cumulative) == (False, False)


def test_a_row_without_any_column_of_the_map_is_rejected() -> None:
    """The rejection names the columns that the map expects."""
    rejection = reject_one("warehouse", {"colour": "red"}, MAPPED)
    assert rejection.error_code == "unknown_shape"
    assert "hearts" in rejection.message


@pytest.mark.parametrize(
    ("time", "columns", "expected"),
    [
        (TimeMapping(constant=datetime(2017, 8, 31, tzinfo=UTC).date()), {}, "2017-08-31"),
        (TimeMapping(column="at"), {"at": "2014-05-01 10:30:00"}, "2014-05-01T10:30:00Z"),
        (TimeMapping(column="at", format="%m/%d/%Y %H:%M"), {"at": "4/22/2018 6:00"}, "2018-04-22T06:00:00Z"),
        (TimeMapping(column="at", format="%Y-%m-%d %z"), {"at": "2018-04-22 +0200"}, "2018-04-21T22:00:00Z"),
        (
            TimeMapping(year="y", month="m", day="d", hour="h"),
            {"y": "2014", "m": "5", "d": "9", "h": "23"},
            "2014-05-09T23:00:00Z",
        ),
        (TimeMapping(constant_year=2014, month="m", weekday="w"), {"m": "5", "w": "1"}, "2014-05-05"),
        (
            TimeMapping(constant_year=2014, month="m", weekday="w", week_starts="sunday"),
            {"m": "6", "w": "1"},
            "2014-06-01",
        ),
        (
            TimeMapping(constant_year=2014, month="m", weekday="w", week_starts="sunday"),
            {"m": "6", "w": "7"},
            "2014-06-07",
        ),
    ],
    ids=str,
)
def test_a_time_is_composed_of_columns(time: TimeMapping, columns: dict[str, str], expected: str) -> None:
    """Complete times, times in a declared format, parts of times and a constant day."""
    context = replace(MAPPED, field_map=MAP.model_copy(update={"time": time}))
    assert complete_event("warehouse", make_row(**columns), context).occurred_at == parse_time(expected)


@pytest.mark.parametrize(
    ("time", "columns", "code"),
    [
        (TimeMapping(column="at"), {}, "missing_time"),
        (TimeMapping(column="at", format="%m/%d/%Y"), {}, "missing_time"),
        (TimeMapping(column="at", format="%m/%d/%Y"), {"at": "22/4/2018"}, "invalid_field"),
        (TimeMapping(year="y", month="m", day="d"), {"y": "2014", "m": "5"}, "missing_time"),
        (TimeMapping(year="y", month="m", day="d"), {"y": "2014", "m": "2", "d": "30"}, "invalid_field"),
        (TimeMapping(constant_year=2014, month="m", weekday="w"), {"m": "5", "w": "8"}, "invalid_field"),
        (
            TimeMapping(constant_year=2014, month="m", weekday="w", hour="h"),
            {"m": "5", "w": "1", "h": "24"},
            "missing_time",
        ),
    ],
    ids=str,
)
def test_a_missing_or_impossible_time_is_rejected(time: TimeMapping, columns: dict[str, str], code: str) -> None:
    """Neither the thirtieth of February nor an absent month becomes another day."""
    context = replace(MAPPED, field_map=MAP.model_copy(update={"time": time}))
    assert reject_one("warehouse", make_row(**columns), context).error_code == code


INVALID_MAPS: dict[str, dict[str, Any]] = {
    "two sources of the time": {"time": {"column": "a", "constant": "2017-01-01"}},
    "no source of the time": {"time": {}},
    "a month without a year": {"time": {"month": "m", "day": "d"}},
    "a month with both day and weekday": {"time": {"constant_year": 2014, "month": "m", "day": "d", "weekday": "w"}},
    "an unknown metric": {"metrics": {"hearts": ["h"]}},
    "totals without a key": {"key": []},
    "a field that does not exist": {"colour": "red"},
}


@pytest.mark.parametrize("name", INVALID_MAPS)
def test_an_invalid_map_is_refused_with_the_path_of_the_fault(name: str) -> None:
    """The error names the field."""
    valid_map = {"description": "d", "time": {"column": "day"}, "key": ["day"], "metrics": {"likes": ["h"]}}
    meta_ads = DEFAULT_META_ADS.model_dump()
    valid_maps = {"meta_ads": meta_ads, "field_maps": {"m": valid_map}}
    assert FeedsConfig.model_validate(valid_maps).field_maps["m"].delimiter == ","
    with pytest.raises(ValidationError, match=r"field_maps\.m"):
        FeedsConfig.model_validate({"meta_ads": meta_ads, "field_maps": {"m": valid_map | INVALID_MAPS[name]}})


def test_the_maps_of_the_project_are_valid() -> None:
    """config/feeds.yaml fits its model, and every map has a description."""
    config = load_config("feeds", FeedsConfig)
    maps = config.field_maps
    assert config.meta_ads == DEFAULT_META_ADS
    assert {"facebook_page_posts", "facebook_ads_snapshot"} <= set(maps)
    assert all(field_map.description for field_map in maps.values())
    parsed = yaml.safe_load((config_directory() / "feeds.yaml").read_text(encoding="utf-8"))
    assert parsed.keys() == {"field_maps", "meta_ads"}


def test_columns_named_like_the_fields_of_an_event_need_no_map() -> None:
    """A row with a date and metrics is a running total of its content, or an event if it names no content."""
    total, event = complete_payload(
        "warehouse", [{"DATE": "2026-11-20", "Campaign_ID": "c", "Clicks": "4"}, {"timestamp": 1795262400, "views": 2}]
    )
    assert isinstance(total, IdentifiedEvent)
    assert isinstance(event, IdentifiedEvent)
    assert (total.cumulative, total.event.clicks, event.cumulative, event.event.views) == (True, 4, False, 2)
