"""A GA4 report is that of the property which the request, its field map or the client's settings name."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from functions.sender_site import SenderSite, encode, open_site

from brain.domain.feeds.field_maps import FieldMap
from brain.repositories.clients import Clients

REPORT = {
    "dimensionHeaders": [{"name": "date"}],
    "metricHeaders": [{"name": "views"}],
    "rows": [{"dimensionValues": [{"value": "20261120"}], "metricValues": [{"value": "5"}]}],
}
MAP = FieldMap.model_validate({
    "description": "a property", "time": {"column": "date", "format": "%Y%m%d"}, "key": ["date"],
    "metrics": {"views": ["views"]}, "property_id": "263517038",
})  # fmt: skip


@pytest.fixture
def site() -> Iterator[SenderSite]:
    """A client's ingest URL; the client has no property of its own."""
    with open_site() as opened:
        yield opened


def set_property(site: SenderSite, property_id: str | None) -> None:
    """Set the client's only property, as ``brain clients set`` does."""
    clients = Clients(site.brain.store)
    clients.put(replace(clients.get("acme"), ga4_property=property_id))


@pytest.mark.parametrize("source", ["warehouse", "auto", "custom"])
def test_a_report_without_any_property_is_a_dead_letter(site: SenderSite, source: str) -> None:
    """Its message names every way; nothing is stored under a key that any property could have."""
    answer = site.post(encode(REPORT), source)
    assert answer.status_code == 422
    (result,) = answer.json()["results"]
    assert result["error_code"] == "missing_property"
    for way in ("property=", "X-GA4-Property", "property_id", "--ga4-property"):
        assert way in result["message"]
    assert not site.events()
    assert [letter.error_code for letter in site.dead_letters()] == ["missing_property"]
    assert site.difference() == 0


def test_the_url_the_header_and_the_settings_name_the_same_total(site: SenderSite) -> None:
    """However it is written; another property is another total."""
    set_property(site, "263517038")
    assert site.post(encode(REPORT), "warehouse?property=263517038").status_code == 201
    same = ({"source": "warehouse?property=properties/263517038"}, {"source": "auto"}, {"source": "warehouse"})
    for request in same:
        assert site.post(encode(REPORT), **request).status_code == 200
    assert site.post(encode(REPORT), "warehouse", X_GA4_Property="263517038").status_code == 200
    assert site.post(encode(REPORT), "warehouse", X_GA4_Property="99").status_code == 201
    assert [event["views"] for event in site.events()] == [5, 5]


def test_a_field_map_names_the_property(site: SenderSite) -> None:
    """Before the settings of the client."""
    set_property(site, "1")
    site.brain.field_maps.put("acme", "pages", MAP)
    assert site.post(encode(REPORT), "warehouse?map=pages").status_code == 201


def test_one_body_under_one_idempotency_key_for_two_properties_is_two_deliveries(site: SenderSite) -> None:
    """The second is no retry of the first."""
    for property_id in ("1", "2"):
        answer = site.post(encode(REPORT), f"warehouse?property={property_id}", Idempotency_Key="a")
        assert answer.status_code == 201


@pytest.mark.parametrize("name", ["G-ABC123", "properties/", "12 34", "%D9%A1"])
def test_what_cannot_be_a_property_is_a_problem(site: SenderSite, name: str) -> None:
    """It says what a property looks like."""
    answer = site.post(encode(REPORT), f"warehouse?property={name}")
    assert answer.status_code == 422
    assert "GA4 property" in answer.json()["detail"]


def test_a_dead_letter_is_read_with_the_property_that_was_set_since(site: SenderSite) -> None:
    """As the message told the operator to do."""
    site.post(encode(REPORT), "warehouse")
    (letter,) = site.dead_letters()
    assert asyncio.run(site.brain.replay(letter)).count_outcomes()["stored"] == 0
    set_property(site, "7")
    assert site.brain.replay.preview(letter)["events"] == 1
    assert asyncio.run(site.brain.replay(letter)).count_outcomes()["stored"] == 1
    assert not site.dead_letters()
    assert site.difference() == 0


def test_other_feeds_cost_no_read_of_the_settings(site: SenderSite) -> None:
    """Only a source that may have reports of GA4 needs the property."""
    body = encode([{"event": "open", "email": "ines@example.org", "timestamp": 1795348740, "sg_event_id": "e1"}])
    assert site.post(body, "email").status_code == 201
    assert site.brain.ga4_properties._cache.currsize == 0
