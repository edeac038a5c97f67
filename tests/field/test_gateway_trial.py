"""Each input of ``gateway/trial.yaml`` gives the sums, rejections and warnings that its source calls right."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from field import test_gateway_http as requests
from field import test_gateway_reports as reports
from functions.sender_site import open_site
from unit.signatures import signers

from brain.cli.gateway.field_map_files import find_field_map
from brain.cli.gateway.payload_files import read_payloads
from brain.domain.events import Rejected
from brain.domain.feeds.field_maps import FieldMap
from brain.errors import InvalidInputError

CASES = yaml.safe_load((Path(__file__).parent / "gateway" / "trial.yaml").read_text(encoding="utf-8"))
FILES = [case for case in CASES if "files" in case]
BAD_SIGNATURE = "v1,QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
EVENT = b'{"event_id":"s1","occurred_at":"2026-11-20T10:00:00Z","likes":1}'


@pytest.mark.parametrize("case", [case for case in CASES if "requests" in case], ids=lambda case: case["id"])
def test_a_payload_of_the_trial_is_read_correctly(case: dict[str, Any]) -> None:
    """As the reports of the field are."""
    reports.test_a_report_is_read_correctly(case)


@pytest.mark.parametrize("case", [case for case in CASES if "http" in case], ids=lambda case: case["id"])
def test_a_request_of_the_trial_gets_its_right_answer(case: dict[str, Any]) -> None:
    """As the requests of the field do."""
    requests.test_a_request_from_the_field_gets_its_right_answer(case)


@pytest.mark.parametrize("case", [case for case in FILES if "events" in case], ids=lambda case: case["id"])
def test_a_file_of_the_trial_is_read_correctly(case: dict[str, Any]) -> None:
    """Its rows are those of a report; lines that are no rows are rejected."""
    files = [read_file(case, text) for text in case["files"]]
    unreadable = [payload.error_code for file in files for payload in file if isinstance(payload, Rejected)]
    codes = case.get("rejected", [])
    assert unreadable == [code for code in codes if code == "invalid_input"]
    rows = [[payload for payload in file if not isinstance(payload, Rejected)] for file in files]
    sent = [{"context": {"field_map": choose_map(case)}, "payload": file} for file in rows]
    rejected = [code for code in codes if code != "invalid_input"]
    reports.test_a_report_is_read_correctly({**case, "requests": sent, "rejected": rejected})


@pytest.mark.parametrize("case", [case for case in FILES if "events" not in case and "sums" not in case], ids=str)
def test_an_unreadable_file_of_the_trial_is_explained(case: dict[str, Any]) -> None:
    """Once for the whole file, and with what to do."""
    with pytest.raises(InvalidInputError) as refused:
        list(read_file(case, case["files"][0]))
    assert case["message_contains"] in refused.value.message


def read_file(case: dict[str, Any], text: str) -> list[Any]:
    """Return the payloads of a CSV file."""
    return list(read_payloads(text.encode(case.get("encoding", "utf-8")), choose_map(case), is_csv=True))


def choose_map(case: dict[str, Any]) -> FieldMap | None:
    """Return the field map of a case: its own, one of the configuration, or none."""
    if "field_map" in case:
        return FieldMap.model_validate(case["field_map"])
    return find_field_map(case["map"]) if "map" in case else None


@pytest.mark.parametrize("layout", ["{bad} {good}", "v2,AAAA {bad} {good}", "{bad} {good} v1a,AAAA"])
def test_a_good_signature_may_be_anywhere_in_the_list(layout: str) -> None:
    """While a secret is rotated there are several (svix/svix-webhooks#55, svix/svix-webhooks#2393)."""
    signed = signers.standard(body=EVENT)
    good = next(text for name, text in signed.headers.items() if name.lower().endswith("-signature"))
    name = next(name for name in signed.headers if name.lower().endswith("-signature"))
    several = signers.with_header(signed, name, layout.format(bad=BAD_SIGNATURE, good=good))
    with open_site() as site:
        assert site.deliver(several, "custom").status_code == 201
        assert len(site.events()) == 1


@pytest.mark.parametrize(("hours", "status"), [(0, 201), (7, 201), (9, 401)])
def test_a_late_retry_of_mailgun_is_accepted(hours: int, status: int) -> None:
    """Its retries go on for eight hours with the first signature (beyondcode/laravel-mailbox#93)."""
    signed = signers.mailgun(signed_at=signers.NOW - timedelta(hours=hours))
    with open_site() as site:
        assert site.deliver(signed, "email").status_code == status
