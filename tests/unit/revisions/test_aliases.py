"""Two queries that report one metric under different names give the same total in any order of arrival."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from brain.repositories import paths
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, send_request

PERIOD = {part: {"year": 2026, "month": 11, "day": 20} for part in ("start", "end")}


def build_report(**metrics: str) -> dict[str, Any]:
    """Build a GA4 report of one day."""
    row = {
        "dimensionValues": [{"value": "20261120"}],
        "metricValues": [{"value": number} for number in metrics.values()],
    }
    headers = [{"name": name} for name in metrics]
    return {"dimensionHeaders": [{"name": "date"}], "metricHeaders": headers, "rows": [row]}


def build_costs(**costs: str) -> dict[str, Any]:
    """Build LinkedIn's costs of a campaign on one day."""
    return {"elements": [{"pivotValues": ["urn:li:sponsoredCampaign:1"], "dateRange": PERIOD, **costs}]}


def build_row(**columns: Any) -> list[dict[str, Any]]:
    """Build a row of Meta's insights."""
    return [{"ad_id": "1", "date_start": "2026-11-20", "date_stop": "2026-11-20", **columns}]


GA4 = [
    build_report(keyEvents="17"), build_report(conversions="9"),
    build_report(ecommercePurchases="3", purchaseRevenue="80"), build_report(totalRevenue="95"),
]  # fmt: skip
LINKEDIN = [build_costs(costInLocalCurrency="30"), build_costs(costInUsd="33")]
META = [build_row(impressions=9, inline_link_clicks=4), build_row(impressions=9, clicks=7)]


@pytest.mark.parametrize(
    ("feed", "requests", "right"),
    [
        ("warehouse", GA4, {"conversions": 17, "revenue": 95}),
        ("social_linkedin", LINKEDIN, {"spend": 30, "currency": None}),
        ("ads_meta", META, {"clicks": 4, "impressions": 9}),
    ],
    ids=["ga4", "linkedin", "meta"],
)
def test_the_preferred_name_stays_in_every_order(
    feed: str, requests: list[dict[str, Any]], right: dict[str, float | None]
) -> None:
    """And money has the currency of the figure that stays."""
    for order in permutations(requests):
        clock = ManualClock(NOW)
        brain = build_memory_brain(clock)
        for request in order:
            send_request(brain, request, feed)
            clock.advance(timedelta(minutes=1))
        (event,) = brain.store.query(paths.events(CLIENT))
        assert {name: event.data.get(name) for name in right} == right
        brain.store.close()


def test_a_later_figure_of_the_same_name_is_newer() -> None:
    """The preference is only for names."""
    brain = build_memory_brain(ManualClock(NOW))
    for report in (*GA4[:2], build_report(keyEvents="18"), build_report(conversions="19")):
        send_request(brain, report, "warehouse")
    (event,) = brain.store.query(paths.events(CLIENT))
    assert event.data["conversions"] == 18
