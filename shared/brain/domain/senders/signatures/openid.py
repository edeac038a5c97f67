"""Identity tokens (OpenID Connect) as bearer: Google's Pub/Sub push and Salesforce's callouts.

Sources: Google Cloud, "Authentication for push subscriptions"; Salesforce Help, "Set up JWT claims for external
credentials"; RFC 7519. Anyone may have Google sign a token for any audience, so the account is checked as well.
A token signs nothing of the body and serves for up to an hour: a resend cannot be told from a retry.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from brain.domain.senders.signatures.signed_request import Proof, Refused, SignedRequest, Trust
from brain.errors import MisconfiguredError

ALGORITHMS: Final = ("RS256", "RS512", "ES256")
CLOCKS_DIFFER: Final = timedelta(minutes=5)
LONGEST_LIFE: Final = timedelta(hours=24)
_TRUSTED_URL: Final = ("https://", "http://127.0.0.1:")
_WRONG_ENTRY: Final = (
    'expected {"audience": …, "email" or "subject": …} in the sender\'s secret, and for Salesforce also "issuer" '
    'and "keys_url" with https'
)


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a token must say to be this client's."""

    audience: str
    issuers: tuple[str, ...]
    keys_url: str
    claims: Mapping[str, str]


def claims(request: SignedRequest) -> bool:
    """Whether the request has a bearer that looks like a token; API keys have no dots."""
    kind, _, token = request.header("authorization").partition(" ")
    return kind.lower() == "bearer" and token.count(".") == 2  # noqa: PLR2004 - a token's three parts


def verify(request: SignedRequest, trust: Trust, now: datetime) -> Proof | Refused:
    """Return the proof, or why there is none; each secret is a JSON object that says what the token must say.

    Raises:
        MisconfiguredError: a secret is no such object.
    """
    token = request.header("authorization").partition(" ")[2].strip()
    wanted = [_expected(text, trust) for text in trust.secrets]
    kid = _key_id(token)
    if kid is None:
        return Refused("the bearer is no signed token that names its key")
    reasons = [_fault(token, kid, one, trust, now) for one in wanted]
    if None in reasons:
        return Proof()
    return Refused("; ".join(reason for reason in reasons if reason) or "no token is expected of this client")


def _key_id(token: str) -> str | None:
    import jwt  # noqa: PLC0415 - only senders with tokens pay for it

    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        return None
    kid = header.get("kid")
    return kid if isinstance(kid, str) and header.get("alg") in ALGORITHMS else None


def _fault(token: str, kid: str, wanted: _Expected, trust: Trust, now: datetime) -> str | None:
    """Return what is wrong with the token, None when nothing is."""
    key = trust.key_of(wanted.keys_url, kid)
    if key is None:
        return "the token's key is not among the issuer's"
    said = _said(token, key, wanted)
    if isinstance(said, Refused):
        return said.reason
    if any(said.get(name) != value for name, value in wanted.claims.items()):
        return f"the token's {' or '.join(wanted.claims)} is another's"
    if "email" in wanted.claims and said.get("email_verified") is not True:
        return "the token's email is not verified"
    return _fault_of_times(said, now.timestamp())


def _said(token: str, key: Mapping[str, Any], wanted: _Expected) -> dict[str, Any] | Refused:
    """Return the claims of a token with a valid signature, issuer and audience; the times are ours to check."""
    import jwt  # noqa: PLC0415 - as above

    unchecked = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "iat", "iss", "aud"]}
    try:
        return jwt.decode(
            token,
            jwt.PyJWK(dict(key)),
            algorithms=list(ALGORITHMS),
            audience=wanted.audience,
            issuer=wanted.issuers,
            options=unchecked,  # type: ignore[arg-type]  # its own type names every option as needed
        )
    except jwt.PyJWTError as error:
        return Refused(f"the token does not hold: {error}")


def _fault_of_times(said: Mapping[str, Any], now: float) -> str | None:
    times = [said["exp"], said["iat"], said.get("nbf", said["iat"])]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in times):
        return "the token's times are no numbers"
    expires, issued, begins = times
    if now >= expires:
        return "the token has expired"
    if max(issued, begins) > now + CLOCKS_DIFFER.total_seconds():
        return "the token is of the future"
    if expires - issued > LONGEST_LIFE.total_seconds():
        return "the token lives longer than a day"
    return None


def _expected(text: str, trust: Trust) -> _Expected:
    try:
        entry = json.loads(text)
    except ValueError as exc:
        raise MisconfiguredError(_WRONG_ENTRY) from exc
    if not isinstance(entry, dict) or not all(isinstance(value, str) and value for value in entry.values()):
        raise MisconfiguredError(_WRONG_ENTRY)
    issuers = trust.issuers or ((entry["issuer"],) if "issuer" in entry else ())
    keys_url = trust.keys_url or entry.get("keys_url", "")
    demanded = {"email": entry.get("email"), "sub": entry.get("subject")}
    said = {name: value for name, value in demanded.items() if value}
    # A key set may serve many customers, so that a token proves nothing without whose it is.
    if "audience" not in entry or not issuers or not said or not keys_url.startswith(_TRUSTED_URL):
        raise MisconfiguredError(_WRONG_ENTRY)
    return _Expected(entry["audience"], issuers, keys_url, said)
