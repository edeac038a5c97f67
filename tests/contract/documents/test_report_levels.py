"""What instances know together of the levels of a client's reports, on each store."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.feed_warnings import FeedWarning
from brain.domain.gateway.report_levels import MAX_LEVELS
from brain.domain.gateway.results import IngestStatus, ItemResult
from brain.domain.privacy.keys import IdentityKeys
from brain.ports.document_store import DocumentStore
from brain.repositories import paths
from brain.services.gateway.item_results import ignore_totals
from brain.services.gateway.read_request import DEFAULT_READING_RULES, PayloadReader
from brain.services.gateway.watch_levels import WatchLevels
from brain.testing.manual_clock import ManualClock

CLIENT = "acme"
KEYS = IdentityKeys(1, b"a salt of a test")
CAMPAIGN = {"date": "2026-11-10", "site_url": "shop.example", "impressions": 100, "clicks": 9}
DOCUMENT = paths.report_levels(CLIENT, "warehouse")


def build_instance(store: DocumentStore, clock: ManualClock) -> WatchLevels:
    """An instance whose errors fail the test."""

    def fail(_: str, error: Exception) -> None:
        raise error

    return WatchLevels(store, lambda: KEYS, clock, fail)


def watch(instance: WatchLevels, *rows: Mapping[str, Any]) -> list[FeedWarning]:
    """Tell an instance of the rows of a request that are stored."""
    context = FeedContext(CLIENT, instance.clock.now())
    items = PayloadReader("warehouse", context, KEYS, DEFAULT_READING_RULES).read(list(rows))
    _, totals = ignore_totals(items)
    results = [ItemResult(IngestStatus.STORED, row.event_id) for row in totals.rows]
    return asyncio.run(instance(CLIENT, totals, results))


def test_an_instance_meets_what_another_one_has_seen(
    open_store: Callable[[], DocumentStore], clock: ManualClock
) -> None:
    """In both orders, also a day later."""
    first, second = build_instance(open_store(), clock), build_instance(open_store(), clock)
    assert watch(first, CAMPAIGN) == []
    clock.advance(timedelta(days=1))
    (warning,) = watch(second, CAMPAIGN | {"query": "a", "clicks": 3})
    assert warning.kind == "overlapping_reports"
    assert "by query, date" in warning.message
    assert len(watch(first, CAMPAIGN)) == 1  # new to the day, so that it reads what the second one has seen


def test_of_two_instances_at_the_same_moment_one_meets_the_other(
    open_store: Callable[[], DocumentStore], clock: ManualClock
) -> None:
    """The one that writes second reads again."""
    for attempt in range(5):
        instances = [build_instance(open_store(), clock) for _ in range(2)]
        barrier = Barrier(2)
        rows = [CAMPAIGN | {"site_url": f"shop-{attempt}"}, CAMPAIGN | {"site_url": f"shop-{attempt}", "query": "a"}]

        def send(index: int, both: list[WatchLevels], sent: list[Any], start: Barrier) -> list[FeedWarning]:
            start.wait()
            return watch(both[index], sent[index])

        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(send, index, instances, rows, barrier) for index in range(2)]
            told = [warning for future in futures for warning in future.result()]
        assert told


def test_the_document_is_bounded(open_store: Callable[[], DocumentStore], clock: ManualClock) -> None:
    """Levels that have not been seen for long, and more than a feed may have, are forgotten; the latest stay."""
    store = open_store()
    for number in range(3 * MAX_LEVELS):
        instance = build_instance(store, clock)
        rows = [
            CAMPAIGN | {f"kind_{number}": "x" * 900, f"part_{number}": str(row) + "y"} for row in range(number % 3 + 1)
        ]
        watch(instance, *rows)
        clock.advance(timedelta(seconds=1))
    stored = store.get(DOCUMENT)
    assert stored is not None
    assert len(stored.data["levels"]) == MAX_LEVELS
    assert f"kind{3 * MAX_LEVELS - 1}" in str(stored.data["levels"][0]["names"])
    assert len(str(stored.data)) < 16_384
    assert "shop.example" not in str(stored.data)
    clock.advance(timedelta(days=36))
    watch(build_instance(store, clock), CAMPAIGN)
    remaining = store.get(DOCUMENT)
    assert remaining is not None
    assert [level["names"] for level in remaining.data["levels"]] == [["date", "siteurl"]]
