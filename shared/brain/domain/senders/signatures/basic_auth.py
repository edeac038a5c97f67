"""HTTP basic authentication, a user and password in the webhook's address: Postmark, SparkPost, Amazon SNS.

Source: RFC 7617. Nothing is signed: a resend cannot be told from a retry, and identity makes it a duplicate.
"""

from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refusal,
    SenderCredentials,
    SignedRequest,
    decode_base64,
    matches_any,
)


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request carries basic credentials."""
    return request.header("authorization").partition(" ")[0].lower() == "basic"


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the request against secrets of the form ``USER:PASSWORD``."""
    user_and_password = decode_base64(request.header("authorization").partition(" ")[2].strip())
    is_valid = matches_any([user_and_password], [secret.encode() for secret in credentials.secrets])
    return Proof() if is_valid else Refusal("the user or password does not match any secret")
