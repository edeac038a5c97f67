"""Responses to challenges prove who owns an address and cannot be abused to sign an event."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from brain.domain.senders.signatures.challenges import ChallengeResponse, find_challenge
from brain.domain.senders.signatures.signed_request import Refusal

SECRETS = ("new secret", "old secret")
CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
META = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "old secret"}


def respond(query: dict[str, str], secrets: tuple[str, ...] = SECRETS) -> ChallengeResponse | Refusal:
    """Return the response to a challenge."""
    challenge = find_challenge(query)
    assert challenge
    return challenge.respond(query, secrets)


def respond_json(query: dict[str, str]) -> Any:
    """Return the parsed JSON response to a challenge."""
    response = respond(query)
    assert isinstance(response, ChallengeResponse)
    assert response.content_type == "application/json"
    return json.loads(response.text)


def test_meta_gets_its_challenge_back() -> None:
    """The response is plain text."""
    assert respond(META) == ("1158201444", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "a guess"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>"},
        {"hub.challenge": ""},
        {"hub.challenge": "1" * 257},
    ],
)
def test_meta_gets_nothing_for_a_wrong_token_or_challenge(change: dict[str, str]) -> None:
    """Nor can a stranger make the endpoint return HTML."""
    assert isinstance(respond(META | change), Refusal)
    assert isinstance(respond(META, ()), Refusal)


def test_x_gets_its_token_signed_by_the_newest_secret() -> None:
    """In base64 after the name of the algorithm."""
    expected = base64.b64encode(hmac.digest(b"new secret", b"challenge_string", hashlib.sha256)).decode()
    assert respond_json({"crc_token": "challenge_string"}) == {"response_token": f"sha256={expected}"}


def test_linkedin_gets_its_code_signed() -> None:
    """In hexadecimal digits, next to the code."""
    expected = hmac.digest(b"new secret", CODE.encode(), hashlib.sha256).hex()
    assert respond_json({"challengeCode": CODE}) == {"challengeCode": CODE, "challengeResponse": expected}


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
def test_no_event_can_be_signed_as_a_challenge(token: str) -> None:
    """The same key signs events, so only text that cannot be an event is signed."""
    assert isinstance(respond({"crc_token": token}), Refusal)
    assert isinstance(respond({"challengeCode": token}), Refusal)


def test_without_a_secret_there_is_no_response() -> None:
    """A query without a challenge parameter is not a challenge."""
    assert isinstance(respond({"crc_token": "challenge_string"}, ()), Refusal)
    assert isinstance(respond({"challengeCode": CODE}, ()), Refusal)
    assert find_challenge({"page": "2"}) is None
