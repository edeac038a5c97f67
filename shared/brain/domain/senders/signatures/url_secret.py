"""A secret in the query of the webhook's URL (``?secret=...``), for providers that sign nothing: Mailchimp.

Source: Mailchimp, "Sync audience data with webhooks", which recommends it. Nothing is signed: a resend cannot be told
from a retry, and identity makes it a duplicate.
"""

from typing import Final
from urllib.parse import parse_qsl, urlsplit

from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refusal,
    SenderCredentials,
    SignedRequest,
    matches_any,
)

PARAMETER: Final = "secret"
MAX_PARAMETERS: Final = 100


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request's URL carries a secret."""
    return bool(_read_secrets(request))


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the request against the secrets of the URL."""
    is_valid = matches_any(_read_secrets(request), [secret.encode() for secret in credentials.secrets])
    return Proof() if is_valid else Refusal("the secret of the URL does not match any secret")


def _read_secrets(request: SignedRequest) -> list[bytes]:
    query = urlsplit(request.urls[0]).query if request.urls else ""
    if PARAMETER not in query:
        return []
    try:
        parameters = parse_qsl(query, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return []
    return [text.encode("utf-8", "surrogatepass") for name, text in parameters if name == PARAMETER][:1]
