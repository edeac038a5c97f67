"""People in payloads, as bug reports and documentation show them: what is stored, and what stays readable."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import Pseudonymizer
from brain.domain.privacy.spellings import SpellingRules

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "gateway" / "people_in_payloads.yaml").read_text()
)
KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_people_are_not_stored_and_the_rest_is(case: dict[str, Any]) -> None:
    """Every case names its source."""
    assert case["source"]
    rules = SpellingRules(phone_regions=tuple(case.get("regions", ())), merge_subaddresses=False)
    pseudonymizer = Pseudonymizer("acme", KEYS, rules=rules)
    stored = json.dumps(pseudonymizer.scrub_payload(case["raw"]), ensure_ascii=False)
    assert [text for text in case.get("gone", ()) if text in stored] == []
    assert [text for text in case.get("kept", ()) if text not in stored] == []
