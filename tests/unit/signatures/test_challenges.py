"""Providers ask whether an address is their customer's; the answers prove it and lend nobody a signature."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from brain.domain.senders.signatures.challenges import Answer, challenge_of
from brain.domain.senders.signatures.signed_request import Refused

SECRETS = ("new secret", "old secret")
CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
META = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "old secret"}


def ask(query: dict[str, str], secrets: tuple[str, ...] = SECRETS) -> Answer | Refused:
    """The answer to a question."""
    challenge = challenge_of(query)
    assert challenge
    return challenge.answer(query, secrets)


def told(query: dict[str, str]) -> Any:
    """An answer in JSON."""
    answer = ask(query)
    assert isinstance(answer, Answer)
    assert answer.content_type == "application/json"
    return json.loads(answer.text)


def test_meta_gets_its_challenge_back() -> None:
    """As plain text."""
    assert ask(META) == ("1158201444", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    "other",
    [
        {"hub.verify_token": "a guess"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>"},
        {"hub.challenge": ""},
        {"hub.challenge": "1" * 257},
    ],
)
def test_meta_gets_nothing_for_another_token_or_question(other: dict[str, str]) -> None:
    """Nor does whoever would have us show a page."""
    assert isinstance(ask(META | other), Refused)
    assert isinstance(ask(META, ()), Refused)


def test_x_gets_its_token_signed_by_the_newest_secret() -> None:
    """In base64, behind its algorithm."""
    expected = base64.b64encode(hmac.digest(b"new secret", b"challenge_string", hashlib.sha256)).decode()
    assert told({"crc_token": "challenge_string"}) == {"response_token": f"sha256={expected}"}


def test_linkedin_gets_its_code_signed() -> None:
    """In hexadecimal digits, beside the code."""
    expected = hmac.digest(b"new secret", CODE.encode(), hashlib.sha256).hex()
    assert told({"challengeCode": CODE}) == {"challengeCode": CODE, "challengeResponse": expected}


@pytest.mark.parametrize(
    "token",
    [
        '{"tweet_create_events": []}',
        "[{}]",
        "12345678",
        "a=1&b=2",
        "likes=3",
        "short",
        "",
        "line\nbreak-token",
        "hmacsha256={}",
        "x" * 300,
    ],
)
def test_nobody_has_an_event_signed_as_a_challenge(token: str) -> None:
    """The key that answers is the key that signs events, so only what can be no event is signed."""
    assert isinstance(ask({"crc_token": token}), Refused)
    assert isinstance(ask({"challengeCode": token}), Refused)


def test_without_a_secret_nothing_is_answered() -> None:
    """And a request that asks nothing is no challenge."""
    assert isinstance(ask({"crc_token": "challenge_string"}, ()), Refused)
    assert isinstance(ask({"challengeCode": CODE}, ()), Refused)
    assert challenge_of({"page": "2"}) is None
