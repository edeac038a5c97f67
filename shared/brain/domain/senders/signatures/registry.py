"""The schemes by name; a new one is a module with ``claims`` and ``verify`` and a line here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from brain.domain.senders.signatures import basic, hubspot, mailgun, openid, sendgrid, standard_webhooks
from brain.domain.senders.signatures.body_hmac import LINKEDIN, META, X
from brain.domain.senders.signatures.signed_request import Proof, Refused, SignedRequest, Trust


class Scheme(NamedTuple):
    """How a request says that it is signed so, and whether it is."""

    claims: Callable[[SignedRequest], bool]
    verify: Callable[[SignedRequest, Trust, datetime], Proof | Refused]


def _timeless(
    verify: Callable[[SignedRequest, Trust], Proof | Refused],
) -> Callable[[SignedRequest, Trust, datetime], Proof | Refused]:
    """Return a scheme's ``verify`` that has no use for the present; a signed time is checked for all, below."""
    return lambda request, trust, _now: verify(request, trust)


SCHEMES: Final = {
    "hubspot_v3": Scheme(hubspot.claims, _timeless(hubspot.verify)),
    "sendgrid": Scheme(sendgrid.claims, _timeless(sendgrid.verify)),
    "meta": Scheme(META.claims, _timeless(META.verify)),
    "x": Scheme(X.claims, _timeless(X.verify)),
    "linkedin": Scheme(LINKEDIN.claims, _timeless(LINKEDIN.verify)),
    "mailgun": Scheme(mailgun.claims, _timeless(mailgun.verify)),
    "basic": Scheme(basic.claims, _timeless(basic.verify)),
    "openid": Scheme(openid.claims, openid.verify),
    "standard_webhooks": Scheme(standard_webhooks.claims, _timeless(standard_webhooks.verify)),
}


def verify(scheme: str, request: SignedRequest, trust: Trust, now: datetime, tolerance: timedelta) -> Proof | Refused:
    """Return the proof that the request is of whom ``trust`` names, signed within ``tolerance`` of ``now``.

    Raises:
        MisconfiguredError: a secret is not of the kind that the scheme needs.
    """
    found = SCHEMES[scheme].verify(request, trust, now)
    if isinstance(found, Proof) and found.signed_at and abs(now - found.signed_at) > tolerance:
        return Refused(f"signed at {found.signed_at.isoformat()}, more than {tolerance} from now")
    return found
