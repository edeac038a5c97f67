"""Rows that a sender asks to be read by one of the client's field maps, as files are."""

from collections.abc import Iterator

import pytest
from functions.sender_site import SenderSite, encode, open_site

from brain.domain.feeds.field_maps import FieldMap

MAP = FieldMap.model_validate({
    "description": "pages", "time": {"column": "day"}, "key": ["day", "page", "slot"], "metrics": {"views": ["seen"]},
})  # fmt: skip
ROWS = [{"day": "2026-11-20", "page": "/a", "slot": slot, "seen": 10 * slot} for slot in (1, 2)]


@pytest.fixture
def site() -> Iterator[SenderSite]:
    """A client's ingest URL, with a field map of the client."""
    with open_site() as opened:
        opened.brain.field_maps.put("acme", "pages", MAP)
        yield opened


def test_rows_are_read_by_the_map_that_the_request_names(site: SenderSite) -> None:
    """A number that the map names in its key is a dimension."""
    assert site.post(encode(ROWS), "warehouse?map=pages").status_code == 201
    assert sorted(event["views"] for event in site.events()) == [10, 20]
    assert site.post(encode(ROWS), "warehouse?map=pages").status_code == 200


@pytest.mark.parametrize("name", ["nope", "A", "a%2Fb", "pages%0A"])
def test_a_map_that_does_not_exist_is_a_problem_and_stores_nothing(site: SenderSite, name: str) -> None:
    """The sender sees where the maps are listed, or what a name may be."""
    answer = site.post(encode(ROWS), f"warehouse?map={name}")
    assert answer.status_code == 422
    assert "map" in answer.json()["detail"]
    assert site.events() == []
