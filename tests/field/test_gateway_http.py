"""Requests from the field at the ingest URL: each with its source, its right status, and the events it must make."""

import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml
from functions.sender_site import open_site

CASES = yaml.safe_load((Path(__file__).parent / "gateway" / "http.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_request_from_the_field_gets_its_right_answer(case: dict[str, Any]) -> None:
    """The repeat of what was stored is a duplicate; everything that was sent is accounted for."""
    body = case.get("body", "").encode()
    content = gzip.compress(body) if case.get("gzip") else body
    with open_site() as site:
        headers = {"Authorization": f"Bearer {site.key}", "Content-Type": "application/json"} | case.get("headers", {})
        url = f"/ingest/v1/clients/acme/events/{case.get('feed', 'email')}"
        method = case.get("method", "POST")
        answers = [site.http.request(method, url, content=content, headers=headers) for _ in range(2)]
        assert answers[0].status_code == case["status"], answers[0].text
        assert len(site.events()) == case["events"]
        assert site.difference() == 0
        if case["status"] == 201:
            assert answers[1].status_code == 200
