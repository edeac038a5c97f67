"""The parts that report feeds share: periods, dimensions of flat rows, values of another type, names and currencies."""

from datetime import UTC, datetime
from typing import Any

import pytest
from unit.feeds.feed_cases import CONTEXT, complete_event, complete_payload, reject_one

from brain.domain.events import FeedType, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.meta_actions import DEFAULT_META_ADS
from brain.domain.feeds.report_periods import read_period
from brain.domain.feeds.row_dimensions import select_unknown_dimensions
from brain.domain.feeds.times import describe_time
from brain.domain.gateway.event_names import MAX_NAME_LENGTH, normalize_currency, shorten_name
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.errors import InvalidInputError

DAY = {"date_start": "2026-11-20", "date_stop": "2026-11-20", "impressions": 1, "spend": 2, "ad_id": "1"}


@pytest.mark.parametrize(
    ("columns", "start"),
    [
        ({"date": "20261120"}, "2026-11-20"),
        ({"date": "2026-11-20 00:00:00"}, "2026-11-20"),
        ({"date": "20261120", "hour": "13"}, "2026-11-20T13"),
        ({"date": "20261120", "hour": "(other)"}, "2026-11-20"),
        ({"dateHour": "2026112013"}, "2026-11-20T13"),
        ({"dateHourMinute": "202611201305"}, "2026-11-20T13:05"),
        ({"yearMonth": "202609"}, "2026-09-01"),
        ({"year_month": "2026-09"}, "2026-09-01"),
        ({"yearWeek": "202601"}, "2026-01-01"),
        ({"yearWeek": "202602"}, "2026-01-05"),
        ({"yearWeek": "202644"}, "2026-10-26"),
        ({"yearWeek": "202653"}, "2026-12-28"),
        ({"yearWeek": "202301"}, "2023-01-02"),
        ({"isoYearIsoWeek": "202601"}, "2025-12-29"),
        ({"isoYearIsoWeek": "2026-W44"}, "2026-10-26"),
        ({"isoYear": "2026", "isoWeek": "45"}, "2026-11-02"),
        ({"year": "2026", "week": "45"}, "2026-11-02"),
        ({"year": "2026", "month": "09"}, "2026-09-01"),
        ({"year": 2026, "month": 9, "day": 4}, "2026-09-04"),
        ({"year": "2026"}, "2026-01-01"),
        ({"dayOfWeek": "3"}, None),
    ],
)
def test_a_period_is_read_as_its_start(columns: dict[str, Any], start: str | None) -> None:
    """Every form in which a report has its days, weeks and months."""
    expected = datetime.fromisoformat(start).replace(tzinfo=UTC) if start else None
    assert read_period(DraftBuilder({}), columns) == expected


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ({"date": "(other)"}, "'(other)'"),
        ({"date": "(not set)"}, "'(not set)'"),
        ({"yearWeek": "202654"}, "'202654'"),
        ({"yearMonth": "202613"}, "'202613'"),
        ({"month": "09"}, "month"),
        ({"nthDay": "0003"}, "nthday"),
        ({"dateHour": "20261120"}, "'20261120'"),
        ({"date": "9" * 400}, "date"),
    ],
)
def test_an_unreadable_period_is_a_fault_that_names_its_value(columns: dict[str, Any], shown: str) -> None:
    """It is never replaced by the time of receipt."""
    builder = DraftBuilder({})
    assert read_period(builder, columns) is None
    assert shown in " ".join(builder.faults)
    assert isinstance(builder.build(FeedType.WAREHOUSE, CONTEXT.received_at), Rejected)


@pytest.mark.parametrize(
    "text",
    ["+49 170 1234567", "0049 170 1234567", "Ann Example", "ann@example.org", "1701234567", "192.0.2.1", "2001::1"],
)
def test_a_text_that_may_name_a_person_is_not_repeated_as_a_time(text: str) -> None:
    """A telephone number or a name in the column of a date."""
    assert not describe_time(text)


@pytest.mark.parametrize(
    ("column", "value", "dimension"),
    [
        ("media_type", "VIDEO", "media_type=VIDEO"),
        ("is_new", False, "is_new=false"),
        ("placement_id", 7, "placement_id=7"),
        ("state", "Bavaria", "state=Bavaria"),
        ("page_title", "Home", "page_title=Home"),
        ("landing_page_url", "/a", "landing_page_url=/a"),
        ("image_asset", {"id": "5", "url": "https://cdn.example/1"}, "image_asset.id=5"),
        ("campaign_name", "A", None),
        ("thumbnail_url", "https://cdn.example/1", None),
        ("effective_status", "ACTIVE", None),
        ("targeting", '{"geo": ["DE"]}', None),
        ("actions_list", [{"a": 1}], None),
        ("score", 5, None),
        ("score", "5", None),
        ("empty", "", None),
        ("_airbyte_generation_id", 7, None),
        ("_fivetran_id", "a1", "_fivetran_id=a1"),
        ("batch_id", "b1", None),
    ],
)
def test_a_column_is_a_dimension_or_not(column: str, value: Any, dimension: str | None) -> None:
    """Texts, truth values and ids are; attributes, figures and columns of the load are not."""
    selected = select_unknown_dimensions({"campaign_id": 1, "clicks": 2, column: value}, {"campaign_id", "clicks"})
    assert selected.dimensions == ((dimension,) if dimension else ())
    assert [notice.kind for notice in selected.notices] == (["unread_columns"] if column == "score" else [])


@pytest.mark.parametrize("value", [10, True, "10", [1], 1.5])
def test_a_value_of_another_type_in_place_of_an_object_is_a_fault(value: Any) -> None:
    """It is named, not read as absent."""
    builder = DraftBuilder({})
    assert builder.read_object({"metrics": value}, "metrics") == {}
    assert builder.faults[0].startswith("metrics: expected an object, got")


@pytest.mark.parametrize("value", [10, True, "text", {"a": 1}, "[broken"])
def test_a_value_of_another_type_in_place_of_a_list_is_a_fault(value: Any) -> None:
    """It is named, not read as absent."""
    builder = DraftBuilder({})
    assert builder.read_list({"rows": value}, "rows") == []
    assert builder.faults[0].startswith("rows: expected a list, got")


@pytest.mark.parametrize("value", [None, "", [], "[]"])
def test_an_absent_list_is_empty(value: Any) -> None:
    """As is one that a warehouse stores as text."""
    builder = DraftBuilder({})
    assert builder.read_list({"rows": value}, "rows") == []
    assert not builder.faults


def test_a_negative_count_is_unknown_and_the_row_is_kept() -> None:
    """Negative revenue is a refund; a negative count corrects other days."""
    (outcome,) = complete_payload("ads_meta", [DAY | {"inline_link_clicks": -3, "spend": -1}])
    assert isinstance(outcome, IdentifiedEvent)
    assert (outcome.event.clicks, outcome.event.spend, outcome.event.impressions) == (None, -1, 1)
    assert outcome.event.raw_data["inline_link_clicks"] == -3
    assert [notice.kind for notice in outcome.notices] == ["negative_count"]


@pytest.mark.parametrize("value", [[9001], {"id": 1}, True, 1.5])
@pytest.mark.parametrize(
    ("source", "row"),
    [
        ("ads_meta", DAY),
        ("ads_google", {"ad_id": 1, "date": "2026-11-20", "cost_micros": 1}),
        ("social_tiktok", {"ad_id": 1, "stat_time_day": "2026-11-20", "clicks": 1}),
        ("social_linkedin", {"creative_id": 1, "day": "2026-11-20", "cost_in_usd": 1}),
        ("social_youtube", {"video_id": 1, "channel_id": 2, "date": "2026-11-20", "views": 1}),
        ("warehouse", {"post_id": 1, "date": "2026-11-20", "views": 1}),
    ],
)
def test_an_id_of_another_type_is_a_fault(source: str, row: dict[str, Any], value: Any) -> None:
    """Without its id the row would have the key of another one."""
    name = next(iter({"ad_id", "creative_id", "video_id", "post_id"} & set(row)))
    assert name.replace("_", "") in reject_one(source, row | {name: value}).message.replace("_", "")


def test_the_counted_actions_and_their_window_are_in_the_raw_data() -> None:
    """Which type of the purchase counted, and by which attribution window."""
    actions = [{"action_type": "purchase", "value": "4", "7d_click": "3"}]
    event = complete_event("ads_meta", DAY | {"actions": actions})
    assert event.raw_data["counted_actions"] == {"attribution_window": "value", "conversions": "purchase"}
    config = DEFAULT_META_ADS.model_copy(update={"attribution_window": "7d_click"})
    context = FeedContext("acme", CONTEXT.received_at, meta_ads=config)
    assert complete_event("ads_meta", DAY | {"actions": actions}, context).conversions == 3
    assert (
        complete_event(
            "ads_meta", DAY | {"action_type": "purchase", "value": 4, "_7_d_click": 3, "date": "2026-11-20"}, context
        ).conversions
        == 3
    )


def test_actions_without_the_configured_window_are_unknown_with_a_notice() -> None:
    """The query has to ask for the window."""
    config = DEFAULT_META_ADS.model_copy(update={"attribution_window": "1d_click"})
    context = FeedContext("acme", CONTEXT.received_at, meta_ads=config)
    (outcome,) = complete_payload("ads_meta", DAY | {"actions": [{"action_type": "lead", "value": 4}]}, context)
    assert isinstance(outcome, IdentifiedEvent)
    assert outcome.event.conversions is None
    assert [notice.kind for notice in outcome.notices] == ["attribution_window"]


def test_one_part_of_an_action_with_two_figures_is_rejected() -> None:
    """Nothing tells which of them counts."""
    actions = [{"action_type": "purchase", "value": "4"}, {"action_type": "purchase", "value": "3"}]
    assert "several of the same" in reject_one("ads_meta", DAY | {"actions": actions}).message


def test_long_names_are_cut_and_stay_different() -> None:
    """Two paths that differ only at their end are two contents."""
    first, second = (shorten_name("/" + "x" * 500 + end) for end in "ab")
    assert len(first) == len(second) == MAX_NAME_LENGTH
    assert first != second
    assert shorten_name("x" * MAX_NAME_LENGTH) == "x" * MAX_NAME_LENGTH
    assert shorten_name("\ud800" * 300).startswith("\ud800")


@pytest.mark.parametrize("currency", ["euro", "XXQ", "$", "a private name"])
def test_a_currency_that_does_not_exist_is_refused(currency: str) -> None:
    """Its value is named if it is as short as a code."""
    with pytest.raises(InvalidInputError, match="another text" if " " in currency else currency.replace("$", r"\$")):
        normalize_currency(currency)


def test_a_currency_of_another_type_is_left_to_validation() -> None:
    """So that its message is that of every other field."""
    assert normalize_currency(7) == 7
    assert reject_one("custom", {"occurred_at": "2026-11-20T10:00:00Z", "likes": 1, "currency": 7}).message


def test_a_client_with_one_property_has_one_key_however_it_is_named() -> None:
    """No warning either: the settings name it where the request does not."""
    report = {
        "dimensionHeaders": [{"name": "date"}],
        "metricHeaders": [{"name": "views"}],
        "rows": [{"dimensionValues": [{"value": "20261120"}], "metricValues": [{"value": "1"}]}],
    }
    contexts = [
        FeedContext("acme", CONTEXT.received_at, property_id="properties/1"),
        FeedContext("acme", CONTEXT.received_at, property_id="1", is_single_property=True),
    ]
    outcomes = [complete_payload("warehouse", report, context)[0] for context in contexts]
    assert all(isinstance(outcome, IdentifiedEvent) and not outcome.notices for outcome in outcomes)
    assert len({outcome.event.event_id for outcome in outcomes if isinstance(outcome, IdentifiedEvent)}) == 1
