"""No document of the largest legal client outgrows a store, however long it sends."""

import os

import pytest

from brain.domain.anomaly.incidents import Incident, MetricAlarm, merge_incidents
from brain.domain.days import archive, breakdowns, sums
from brain.domain.days.platforms import MAX_PLATFORMS, select_platforms
from brain.ports.document_rules import check_document
from brain.repositories import paths
from brain.testing.simulations.client import CLIENT
from brain.testing.simulations.largest_client import simulate_largest_client

MAX_BYTES = 700 * 1024
DAYS = int(os.environ.get("BRAIN_LARGEST_CLIENT_DAYS", "14"))
"""``make prove`` simulates two years."""


@pytest.mark.slow
def test_every_document_of_the_largest_client_is_below_700_kib() -> None:
    """After ``DAYS`` days with new names every day, 300-day-old events, and a daily and a weekly run a week."""
    failed_parts: list[str] = []
    brain, sizes = simulate_largest_client(
        DAYS, analysed_every=7, report_error=lambda part, _: failed_parts.append(part)
    )
    largest = max(sizes, key=lambda path: sizes[path])
    assert sizes[largest] < MAX_BYTES, largest
    assert failed_parts == []
    assert brain.store.count(paths.DEAD_LETTERS) == 0
    assert brain.store.count(paths.events(CLIENT)) == 0  # each was scored
    assert {"scores", "breakdowns", "incidents", "advice"} <= {path.rpartition("/")[2] for path in sizes}


def test_a_month_of_the_fullest_days_fits_into_each_document() -> None:
    """With the longest names and every metric, which the simulation need not meet."""
    name = "n" * 64
    metrics = ("events", "engaged", "rated", "late_seconds", "log_performance_milli", "rated_engagements",
               "rated_audience", "log_rate_milli", "log_rate_milli_squared", *sums.VOLUMES)  # fmt: skip
    days: sums.Days = {}
    finer: sums.Days = {}
    for day in range(1, 32):
        for number in range(200):
            group = sums.format_group(f"{number}".ljust(64, "n"), name)
            contribution = sums.EventContribution(f"2026-01-{day:02d}", group, dict.fromkeys(metrics, 10**9))
            sums.add(days, contribution)
            key = f"hour|{sums.format_group(name, f'{number}'.ljust(64, 'n'))}|07"
            breakdowns.add(finer, sums.EventContribution(contribution.day, group, contribution.sums, key))
    content = {"event_id": "x" * 128, "at": "x" * 8, "platform": name, "content_type": name, "engagements": 10**12}
    for data in (
        {"days": days, "content": [content] * 400},
        {"days": finer},
        {"days": sums.merge_into_archive({}, days, archive.MONTH_DAYS)},
    ):
        assert check_document(paths.state("acme", "scores"), data) < MAX_BYTES


def test_late_events_add_no_more_platforms_to_an_archived_day_than_it_holds() -> None:
    """However many runs bring some; the totals stay."""
    stored: sums.Days = {}
    for number in range(100):
        late = {"2026-01-01": {f"p{number}|photo": {"events": 1}}}
        stored = sums.merge_into_archive(stored, late, archive.MONTH_DAYS)
    assert len(stored["2026-01-01"]) <= sums.MAX_GROUPS_PER_DAY + 1
    assert sums.sum_metric(stored["2026-01-01"].values(), "events") == 100


def test_analyses_look_at_a_bounded_number_of_platforms_and_keep_the_steady_ones() -> None:
    """A name used once does not displace one that is used every day."""
    days = {
        f"2026-01-{day:02d}": {"linkedin|photo": {"events": 1}, f"once-{day}|photo": {"events": 10**6}}
        for day in range(1, 32)
    }
    platforms = select_platforms(days)
    assert (len(platforms), "linkedin" in platforms, platforms == sorted(platforms)) == (MAX_PLATFORMS, True, True)


def test_incidents_fit_into_a_document_and_the_latest_remain() -> None:
    """An outage on every platform for three months, with an alarm of each metric a day."""
    alarm = MetricAlarm("impressions", "2026-01-01", "drop", 1.0, 2.0, 1.5, 2.5, 0.99, "x" * 250)
    incidents = [
        Incident(f"ano_{number:020}", "p" * 64, f"2026-{1 + number // 28:02d}-{1 + number % 28:02d}", "2026-12-31",
                 (alarm,) * (4 * 90))
        for number in range(300)
    ]  # fmt: skip
    kept = merge_incidents([], incidents, oldest="2026-01-01")
    assert kept[-1].incident_id == incidents[-1].incident_id
    assert check_document("a/b", {"known": [incident.to_document() for incident in kept]}) < MAX_BYTES
    ordinary = merge_incidents([Incident("ano_1", "x", "2026-01-01", "2026-01-02", (alarm,) * 8)], [], "2026-01-01")
    assert len(ordinary[0].alarms) == 8
