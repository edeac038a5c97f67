"""The weekly job of a client with a shop: it reads what the nights published and opens no database."""

import pytest
from unit.shop_reports.shop_published import AGENCY, AS_OF, CONFIG, SHOP, pages

from brain.adapters.html_report import render
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.steps import WEEKLY_REPORT
from brain.domain.reports import shop_pages
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.analysis.weekly_report import WeeklyReport
from brain.services.retail.published_pages import PublishedShopPages
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import DETECTOR, run_job


def failed(part: str, error: Exception) -> None:
    """No part may fail here."""
    raise AssertionError(part) from error


@pytest.fixture
def store(clock: ManualClock) -> SqliteStore:
    """A shop with its pages, and an agency without one."""
    clock.advance(AS_OF - clock.now())
    section = SqliteStore(":memory:", clock)
    for client in (SHOP, AGENCY):
        Clients(section).put(client)
    for name, page in pages().items():
        section.set(paths.view(SHOP.client_id, name), page)
        section.set(paths.view(AGENCY.client_id, name), page)
    return section


def test_the_report_and_the_page_of_a_shop_say_what_to_plan(store: SqliteStore, clock: ManualClock) -> None:
    """Text, HTML with the picture, and the dashboard's week."""
    work = WeeklyReport(store, CONFIG, DETECTOR, failed, render, {shop_pages.NAMES: PublishedShopPages(store)})
    answer = run_job(work, WEEKLY_REPORT, store, SHOP.client_id, AS_OF, clock=clock)
    assert answer["headline"].startswith("Plan for a rush on Fri 27 Nov in north")
    report = store.get(paths.report(SHOP.client_id, "weekly", "2026-W47"))
    view = store.get(paths.view(SHOP.client_id, "week"))
    assert report is not None
    assert view is not None
    assert '<svg class="bc"' in report.data["html"]
    assert "6 where you usually have 5" in report.data["text"]
    assert [section["name"] for section in view.data["sections"]][: len(shop_pages.NAMES)] == list(shop_pages.NAMES)


def test_a_client_without_stores_reads_no_page(store: SqliteStore, clock: ManualClock) -> None:
    """Even where pages of an earlier shop still lie about."""
    work = WeeklyReport(store, CONFIG, DETECTOR, failed, render, {shop_pages.NAMES: PublishedShopPages(store)})
    run_job(work, WEEKLY_REPORT, store, AGENCY.client_id, AS_OF, clock=clock)
    report = store.get(paths.report(AGENCY.client_id, "weekly", "2026-W47"))
    assert report is not None
    assert "svg class" not in report.data["html"]
    assert "rush" not in report.data["text"]
