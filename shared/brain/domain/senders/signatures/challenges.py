"""The challenges by which a provider verifies that its customer owns a webhook address, and the responses to them.

Sources: Meta, "Graph API webhooks: getting started"; X, "Webhooks: quickstart"; LinkedIn, "Webhooks".
X and LinkedIn have a stranger's text signed with the key that signs their events, so only text that cannot be an event
is signed: a token of letters, digits and few signs, which is neither JSON nor a form. In addition, X's events must be
JSON objects, and what LinkedIn signs of an event begins with a prefix that no code has.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from brain.domain.senders.signatures.signed_request import Refusal, compute_hmac_sha256, matches_any

META_VERIFY_TOKEN: Final = "meta_verify"  # noqa: S105 - the name of the secret that holds the token
_META_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_X_TOKEN: Final = re.compile(r"(?=.*[A-Za-z_+/-])[A-Za-z0-9_+/-]{8,256}={0,2}")
_LINKEDIN_CODE: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ChallengeResponse(NamedTuple):
    """The body that answers a provider's challenge."""

    text: str
    content_type: str


class ChallengeResponder(Protocol):
    """Answers the challenge in a query with the client's secrets."""

    def __call__(self, query: Mapping[str, str], secrets: Sequence[str], /) -> ChallengeResponse | Refusal:
        """Return the response, or why there is none."""


class Challenge(NamedTuple):
    """One provider's challenge.

    ``parameter`` is the query parameter that identifies it. ``secret_provider`` is the provider part of the name of the
    secret that answers it.
    """

    parameter: str
    provider: str
    secret_provider: str
    respond: ChallengeResponder


def _respond_to_meta(query: Mapping[str, str], tokens: Sequence[str]) -> ChallengeResponse | Refusal:
    token = query.get("hub.verify_token", "").encode()
    is_valid = matches_any([token], [expected.encode() for expected in tokens])
    if query.get("hub.mode") != "subscribe" or not is_valid:
        return Refusal("hub.verify_token does not match the client's, or hub.mode is not subscribe")
    challenge = query["hub.challenge"]
    if not _META_CHALLENGE.fullmatch(challenge):
        return Refusal("hub.challenge must be 1 to 256 of A-Z, a-z, 0-9, _ and -")
    return ChallengeResponse(challenge, "text/plain; charset=utf-8")


def _respond_to_x(query: Mapping[str, str], secrets: Sequence[str]) -> ChallengeResponse | Refusal:
    token = query["crc_token"]
    if not secrets or not _X_TOKEN.fullmatch(token) or _is_json(token):
        return Refusal("the client has no secret for X, or crc_token has characters that X does not use")
    signature = base64.b64encode(compute_hmac_sha256(secrets[0].encode(), token.encode())).decode()
    return _json_response({"response_token": f"sha256={signature}"})


def _respond_to_linkedin(query: Mapping[str, str], secrets: Sequence[str]) -> ChallengeResponse | Refusal:
    code = query["challengeCode"]
    if not secrets or not _LINKEDIN_CODE.fullmatch(code):
        return Refusal("the client has no secret for LinkedIn, or challengeCode is not a UUID")
    signature = compute_hmac_sha256(secrets[0].encode(), code.encode()).hex()
    return _json_response({"challengeCode": code, "challengeResponse": signature})


def _is_json(token: str) -> bool:
    """Whether a token is a JSON value, such as the number 1e100000."""
    try:
        json.loads(token)
    except ValueError:
        return False
    return True


def _json_response(fields: Mapping[str, str]) -> ChallengeResponse:
    return ChallengeResponse(json.dumps(fields), "application/json")


CHALLENGES: Final = (
    Challenge("hub.challenge", "meta", META_VERIFY_TOKEN, _respond_to_meta),
    Challenge("crc_token", "x", "x", _respond_to_x),
    Challenge("challengeCode", "linkedin", "linkedin", _respond_to_linkedin),
)


def find_challenge(query: Mapping[str, str]) -> Challenge | None:
    """Return the challenge that a query contains, None when it contains none."""
    return next((challenge for challenge in CHALLENGES if challenge.parameter in query), None)
