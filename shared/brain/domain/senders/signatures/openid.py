"""Identity tokens (OpenID Connect) as bearer tokens: Google's Pub/Sub push and Salesforce's callouts.

Sources: Google Cloud, "Authentication for push subscriptions"; Salesforce Help, "Set up JWT claims for external
credentials"; RFC 7519. Anyone can have Google sign a token for any audience, so the account is checked too.
A token does not sign the body and is valid for up to an hour: a resend cannot be told from a retry.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from brain.domain.senders.signatures.signed_request import Proof, Refusal, SenderCredentials, SignedRequest
from brain.errors import MisconfiguredError

ALGORITHMS: Final = ("RS256", "RS512", "ES256")
MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
MAX_LIFETIME: Final = timedelta(hours=24)
_TRUSTED_URL_PREFIXES: Final = ("https://", "http://127.0.0.1:")
_EXPECTED_FORMAT: Final = (
    'the sender\'s secret must be {"audience": …, "email" or "subject": …}, for Salesforce also with "issuer" and '
    'an https "keys_url"'
)


@dataclass(frozen=True, slots=True)
class _ExpectedToken:
    """What a token must contain to belong to the client."""

    audience: str
    issuers: tuple[str, ...]
    keys_url: str
    claims: Mapping[str, str]


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request carries a bearer that looks like a token; API keys have no dots."""
    kind, _, token = request.header("authorization").partition(" ")
    return kind.lower() == "bearer" and token.count(".") == 2  # noqa: PLR2004 - a token's three parts


def verify(request: SignedRequest, credentials: SenderCredentials, now: datetime) -> Proof | Refusal:
    """Verify the token against secrets that are JSON objects with the expected audience and account.

    Raises:
        MisconfiguredError: A secret is not such an object.
    """
    token = _read_token(request)
    expected_tokens = [_parse_expected_token(secret, credentials) for secret in credentials.secrets]
    key_id = _read_key_id(token)
    if key_id is None:
        return Refusal("the bearer is not a signed token that names its key")
    reasons = [_find_fault(token, key_id, expected, credentials, now) for expected in expected_tokens]
    if None in reasons:
        return Proof()
    return Refusal("; ".join(reason for reason in reasons if reason) or "the client accepts no tokens")


def list_key_references(request: SignedRequest, credentials: SenderCredentials) -> list[tuple[str, str]]:
    """Return the (address of a key set, key id) that verifying the request would look up.

    Raises:
        MisconfiguredError: A secret is not of the kind that the scheme needs.
    """
    key_id = _read_key_id(_read_token(request))
    if key_id is None:
        return []
    return [(_parse_expected_token(secret, credentials).keys_url, key_id) for secret in credentials.secrets]


def _read_token(request: SignedRequest) -> str:
    return request.header("authorization").partition(" ")[2].strip()


def _read_key_id(token: str) -> str | None:
    import jwt  # noqa: PLC0415 - only senders with tokens pay for it

    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        return None
    key_id = header.get("kid")
    return key_id if isinstance(key_id, str) and header.get("alg") in ALGORITHMS else None


def _find_fault(
    token: str, key_id: str, expected: _ExpectedToken, credentials: SenderCredentials, now: datetime
) -> str | None:
    """Return what is wrong with the token, None when it is valid."""
    key = credentials.find_key(expected.keys_url, key_id)
    if key is None:
        return "the token's key is not one of the issuer's"
    claims = _decode_claims(token, key, expected)
    if isinstance(claims, Refusal):
        return claims.reason
    if any(claims.get(name) != required for name, required in expected.claims.items()):
        return f"the token's {' or '.join(expected.claims)} is not the expected one"
    if "email" in expected.claims and claims.get("email_verified") is not True:
        return "the token's email is not verified"
    return _find_fault_in_times(claims, now.timestamp())


def _decode_claims(token: str, key: Mapping[str, Any], expected: _ExpectedToken) -> dict[str, Any] | Refusal:
    """Return the claims of a token with a valid signature, issuer and audience; its times are checked separately."""
    import jwt  # noqa: PLC0415 - as above

    options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "iat", "iss", "aud"]}
    try:
        return jwt.decode(
            token,
            jwt.PyJWK(dict(key)),
            algorithms=list(ALGORITHMS),
            audience=expected.audience,
            issuer=expected.issuers,
            options=options,  # type: ignore[arg-type]  # its own type names every option as needed
        )
    except jwt.PyJWTError as error:
        return Refusal(f"the token is not valid: {error}")


def _find_fault_in_times(claims: Mapping[str, Any], now: float) -> str | None:
    times = [claims["exp"], claims["iat"], claims.get("nbf", claims["iat"])]
    if not all(isinstance(epoch, int | float) and not isinstance(epoch, bool) for epoch in times):
        return "the token's times are not numbers"
    expires, issued, begins = times
    if now >= expires:
        return "the token has expired"
    if max(issued, begins) > now + MAX_CLOCK_SKEW.total_seconds():
        return "the token was issued or begins in the future"
    if expires - issued > MAX_LIFETIME.total_seconds():
        return "the token is valid for more than a day"
    return None


def _parse_settings(secret: str) -> dict[str, str]:
    try:
        settings = json.loads(secret)
    except ValueError as exc:
        raise MisconfiguredError(_EXPECTED_FORMAT) from exc
    if not isinstance(settings, dict) or not all(isinstance(text, str) and text for text in settings.values()):
        raise MisconfiguredError(_EXPECTED_FORMAT)
    return settings


def _parse_expected_token(secret: str, credentials: SenderCredentials) -> _ExpectedToken:
    settings = _parse_settings(secret)
    issuers = credentials.issuers or ((settings["issuer"],) if "issuer" in settings else ())
    keys_url = credentials.keys_url or settings.get("keys_url", "")
    accounts = {"email": settings.get("email"), "sub": settings.get("subject")}
    claims = {name: account for name, account in accounts.items() if account}
    # A key set may serve many customers, so that a token proves nothing without its account.
    if "audience" not in settings or not issuers or not claims or not keys_url.startswith(_TRUSTED_URL_PREFIXES):
        raise MisconfiguredError(_EXPECTED_FORMAT)
    return _ExpectedToken(settings["audience"], issuers, keys_url, claims)
