"""Two reports of the same figures are told once a day, cost nothing until then, and nobody else is told anything."""

from datetime import timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.gateway.known_levels import OVERLAPPING_REPORTS
from brain.repositories import paths
from brain.services.gateway import watch_levels
from brain.testing.faulty_store import FaultMode, FaultyStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, send_request

DAYS = ("2026-11-10", "2026-11-11")


def rows(*days: str, campaign: int = 1, **further: Any) -> list[dict[str, Any]]:
    """Rows of a campaign."""
    return [
        {"date": day, "customer_id": 7, "campaign_id": campaign, "cost_micros": 2_000_000, "clicks": 3, **further}
        for day in days
    ]


def told(brain: Brain) -> int:
    """How often overlapping reports were noticed."""
    warning = brain.store.get(paths.warning(CLIENT, OVERLAPPING_REPORTS))
    return 0 if warning is None else int(warning.data["count"])


def watch_store(brain: Brain) -> FaultyStore:
    """Count what the watch asks of the store from now on."""
    store = FaultyStore(brain.store)
    brain.ingest._watch_levels.store = store
    return store


def test_a_known_level_costs_no_call() -> None:
    """One read and one write a day and instance, whatever follows."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    store = watch_store(brain)
    for day in range(3):
        for number in range(10):
            send_request(brain, rows(*DAYS, campaign=number), "ads_google")
        assert sum(store.calls.values()) == 2 * (day + 1)
        clock.advance(timedelta(days=1))


def test_other_events_cost_no_call() -> None:
    """Posts, deals and e-mails are no rows of a report."""
    brain = build_memory_brain()
    store = watch_store(brain)
    media = {"id": "17900000000000001", "media_type": "IMAGE", "like_count": 5, "timestamp": "2026-11-10T10:00:00+0000"}
    send_request(brain, [media], "social_instagram")
    send_request(brain, [{"event_id": "e", "occurred_at": "2026-11-22T06:30:00Z", "likes": 1}])
    assert sum(store.calls.values()) == 0


def test_an_overlap_is_told_once_a_day() -> None:
    """By each instance."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    for day in range(2):
        for _ in range(3):
            send_request(brain, rows(*DAYS), "ads_google")
            send_request(brain, rows(*DAYS, ad_id=5), "ads_google")
            clock.advance(timedelta(seconds=2))
        assert told(brain) == day + 1
        clock.advance(timedelta(days=1))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (rows(*DAYS), rows(*DAYS, campaign=2, ad_id=5)),
        (rows(DAYS[0]), rows(DAYS[1], ad_id=5)),
        (rows(*DAYS, keyword_id=1), rows(*DAYS, placement_url="example.org")),
        (rows(*DAYS, ad_id=None), rows(*DAYS, ad_id=5)),
        (rows(*DAYS, ad_id="--"), rows(*DAYS, ad_id=5)),
        (rows(*DAYS), rows(*DAYS, campaign_status="ENABLED")),
        (rows(*DAYS), rows(*DAYS, customer_currency_code="EUR")),
    ],
)
def test_reports_that_complete_each_other_are_not_told(first: Any, second: Any) -> None:
    """Other campaigns, other days, other dimensions, the rest of one table, a description of the same row."""
    for reports in ([first, second], [second, first]):
        brain = build_memory_brain()
        for report in reports:
            send_request(brain, report, "ads_google")
        assert told(brain) == 0


def test_a_table_whose_rows_leave_out_what_is_empty_is_not_told() -> None:
    """Once a request has shown that its rows add up: a part is larger than what would be its total."""
    brain = build_memory_brain()
    send_request(brain, [*rows(*DAYS), *rows(*DAYS, keyword_id=4, clicks=9)], "ads_google")
    send_request(brain, rows(*DAYS), "ads_google")
    send_request(brain, rows(*DAYS, keyword_id=5), "ads_google")
    assert told(brain) == 0


def test_a_small_coincidence_is_counted() -> None:
    """One figure of one row proves nothing; the client is told."""
    brain = build_memory_brain()
    send_request(brain, [*rows(DAYS[0]), *rows(DAYS[0], ad_id=5)], "ads_google")
    events = brain.store.query(paths.events(CLIENT))
    assert sum(event.data["clicks"] for event in events) == 6
    assert told(brain) == 1


def test_the_total_of_two_breakdowns_is_told() -> None:
    """The total itself is not counted, and both breakdowns are; which of them is right cannot be known."""
    brain = build_memory_brain()
    parts = {"cost_micros": 1_000_000, "clicks": 1}, {"cost_micros": 1_000_000, "clicks": 2}
    ages = [rows(DAYS[0], age_range=str(age), **part)[0] for age, part in zip(("18-24", "25-34"), parts, strict=True)]
    slots = [rows(DAYS[0], slot=slot, **part)[0] for slot, part in zip(("TOP", "OTHER"), parts, strict=True)]
    result = send_request(brain, [*rows(DAYS[0]), *ages, *slots], "ads_google")
    assert result.count_outcomes()["ignored"] == 1
    assert told(brain) == 1


def test_what_fails_is_reported_and_tried_again() -> None:
    """The sender is answered as if nothing were."""
    failures: list[str] = []
    brain = build_memory_brain()
    watch = brain.ingest._watch_levels
    watch.report_error = lambda part, _: failures.append(part)
    watch.store = FaultyStore(brain.store, fail_at=1, mode=FaultMode.REFUSE)
    assert send_request(brain, rows(*DAYS), "ads_google").http_status == 201
    assert failures == ["report levels"]
    send_request(brain, rows(*DAYS), "ads_google")
    assert brain.store.get(paths.report_levels(CLIENT, "ads_google")) is not None


def test_ever_new_levels_cost_a_bounded_number_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table whose columns never are the same is not worth a read and a write per request."""
    monkeypatch.setattr(watch_levels, "MAX_RECORDED", 4)
    brain = build_memory_brain()
    store = watch_store(brain)
    for number in range(20):
        send_request(brain, rows(DAYS[0], **{f"kind_{number}": "a"}), "ads_google")
    assert sum(store.calls.values()) == 8


def test_many_rows_that_only_differ_in_a_description_are_not_compared_in_pairs() -> None:
    """They share the parts, so that none of them can be their total."""
    brain = build_memory_brain()
    totals = [rows(DAYS[0], objective=f"o{number}", clicks=number)[0] for number in range(50)]
    parts = [rows(DAYS[0], ad_id=number)[0] for number in range(50)]
    assert send_request(brain, [*totals, *parts], "ads_google").count_outcomes()["ignored"] == 0


def test_a_report_can_be_taken_out_of_the_sums() -> None:
    """Its rows once more, as deleted in their source."""
    brain = build_memory_brain()
    send_request(brain, rows(*DAYS), "ads_google")
    send_request(brain, rows(*DAYS, ad_id=5), "ads_google")
    assert told(brain) == 1
    send_request(brain, rows(*DAYS, _deleted=True), "ads_google")
    events = brain.store.query(paths.events(CLIENT))
    assert sum(event.data.get("clicks", 0) for event in events) == 6
