"""The questions by which a provider makes sure that an address is its customer's, and their answers.

Sources: Meta, "Graph API webhooks: getting started"; X, "Webhooks: quickstart"; LinkedIn, "Webhooks".
X and LinkedIn have us sign what a stranger may ask for with the key that signs their events, so only what can be
no event is signed: a token of letters, digits and few signs, which is neither JSON nor a form.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from brain.domain.senders.signatures.signed_request import Refused, equals_any, hmac_sha256

META_TOKENS: Final = "meta_verify"
_META_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_X_TOKEN: Final = re.compile(r"(?=.*[A-Za-z_+/-])[A-Za-z0-9_+/-]{8,256}={0,2}")
_LINKEDIN_CODE: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Answer(NamedTuple):
    """What a provider is told."""

    text: str
    content_type: str


class Challenge(NamedTuple):
    """The parameter by which a question is known, whose secrets answer it, and how."""

    parameter: str
    provider: str
    secrets: str
    answer: Callable[[Mapping[str, str], Sequence[str]], Answer | Refused]


def _meta(query: Mapping[str, str], tokens: Sequence[str]) -> Answer | Refused:
    given = query.get("hub.verify_token", "").encode()
    if query.get("hub.mode") != "subscribe" or not equals_any([given], [token.encode() for token in tokens]):
        return Refused("hub.verify_token is not the client's, or hub.mode is not subscribe")
    challenge = query["hub.challenge"]
    if not _META_CHALLENGE.fullmatch(challenge):
        return Refused("hub.challenge is not of Meta's alphabet")
    return Answer(challenge, "text/plain; charset=utf-8")


def _x(query: Mapping[str, str], secrets: Sequence[str]) -> Answer | Refused:
    token = query["crc_token"]
    if not secrets or not _X_TOKEN.fullmatch(token):
        return Refused("the client has no secret of X, or crc_token is not of its alphabet")
    signature = base64.b64encode(hmac_sha256(secrets[0].encode(), token.encode())).decode()
    return _json({"response_token": f"sha256={signature}"})


def _linkedin(query: Mapping[str, str], secrets: Sequence[str]) -> Answer | Refused:
    code = query["challengeCode"]
    if not secrets or not _LINKEDIN_CODE.fullmatch(code):
        return Refused("the client has no secret of LinkedIn, or challengeCode is no UUID")
    response = hmac_sha256(secrets[0].encode(), code.encode()).hex()
    return _json({"challengeCode": code, "challengeResponse": response})


def _json(value: Mapping[str, str]) -> Answer:
    return Answer(json.dumps(value), "application/json")


CHALLENGES: Final = (
    Challenge("hub.challenge", "meta", META_TOKENS, _meta),
    Challenge("crc_token", "x", "x", _x),
    Challenge("challengeCode", "linkedin", "linkedin", _linkedin),
)


def challenge_of(query: Mapping[str, str]) -> Challenge | None:
    """Return the challenge that a query holds, None when it holds none."""
    return next((one for one in CHALLENGES if one.parameter in query), None)
