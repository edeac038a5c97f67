"""The signature schemes by name; a new one is a module with ``applies_to`` and ``verify`` and a line here."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from brain.domain.senders.signatures import (
    basic_auth,
    hubspot,
    mailgun,
    mandrill,
    openid,
    sendgrid,
    standard_webhooks,
    url_secret,
)
from brain.domain.senders.signatures.body_hmac import LINKEDIN, META, X
from brain.domain.senders.signatures.signed_request import Proof, Refusal, SenderCredentials, SignedRequest


class SchemeDetector(Protocol):
    """Detects a scheme in a request."""

    def __call__(self, request: SignedRequest, /) -> bool:
        """Return whether the request carries a signature of the scheme."""


class TimelessVerifier(Protocol):
    """Verifies a request by a scheme that does not need the current time."""

    def __call__(self, request: SignedRequest, credentials: SenderCredentials, /) -> Proof | Refusal:
        """Return the proof, or why there is none."""


class Verifier(Protocol):
    """Verifies a request by a scheme."""

    def __call__(self, request: SignedRequest, credentials: SenderCredentials, now: datetime, /) -> Proof | Refusal:
        """Return the proof, or why there is none."""


MAX_SIGNED_BODY_BYTES: Final = 1024 * 1024
"""The largest delivery of a provider that signs the body, which must be read before anybody is authenticated:
SendGrid's batches of 768 KB; the others send less."""
MANDRILL_BODY_BYTES: Final = 4 * 1024 * 1024
"""1,000 events as a form, in which every quotation mark takes three bytes."""


class SignatureScheme(NamedTuple):
    """How to detect a scheme's signature in a request, and how to verify it.

    ``max_body_bytes`` is the longest body that has to be read to verify it; None when the headers suffice.
    """

    applies_to: SchemeDetector
    verify: Verifier
    max_body_bytes: int | None = MAX_SIGNED_BODY_BYTES


def _ignore_time(verify_request: TimelessVerifier) -> Verifier:
    """Adapt a verifier that does not need the current time; ``verify`` checks every signed time."""
    return lambda request, credentials, _now: verify_request(request, credentials)


SCHEMES: Final[Mapping[str, SignatureScheme]] = {
    "hubspot": SignatureScheme(hubspot.applies_to, _ignore_time(hubspot.verify)),
    "sendgrid": SignatureScheme(sendgrid.applies_to, _ignore_time(sendgrid.verify)),
    "meta": SignatureScheme(META.applies_to, _ignore_time(META.verify)),
    "x": SignatureScheme(X.applies_to, _ignore_time(X.verify)),
    "linkedin": SignatureScheme(LINKEDIN.applies_to, _ignore_time(LINKEDIN.verify)),
    "mailgun": SignatureScheme(mailgun.applies_to, _ignore_time(mailgun.verify)),
    "mandrill": SignatureScheme(mandrill.applies_to, _ignore_time(mandrill.verify), MANDRILL_BODY_BYTES),
    "url_secret": SignatureScheme(url_secret.applies_to, _ignore_time(url_secret.verify), None),
    "basic": SignatureScheme(basic_auth.applies_to, _ignore_time(basic_auth.verify), None),
    "openid": SignatureScheme(openid.applies_to, openid.verify, None),
    "standard_webhooks": SignatureScheme(standard_webhooks.applies_to, _ignore_time(standard_webhooks.verify)),
}


def verify(
    scheme: str,
    request: SignedRequest,
    credentials: SenderCredentials,
    now: datetime,
    tolerance: timedelta,
    max_age: timedelta | None = None,
) -> Proof | Refusal:
    """Verify that the request was signed with the credentials, within ``tolerance`` of ``now``.

    With ``max_age`` it may have been signed that long ago, for a provider whose retries have the first signature.

    Raises:
        MisconfiguredError: A secret is not of the kind that the scheme needs.
    """
    verdict = SCHEMES[scheme].verify(request, credentials, now)
    if isinstance(verdict, Proof) and verdict.signed_at:
        max_age = max_age or tolerance
        if not -tolerance <= now - verdict.signed_at <= max_age:
            limit = max_age if verdict.signed_at < now else tolerance
            return Refusal(f"signed at {verdict.signed_at.isoformat()}, more than {limit} from now")
    return verdict
