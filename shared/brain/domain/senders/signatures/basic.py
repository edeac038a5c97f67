"""A user and a password in the address, sent as HTTP basic authentication: Postmark, SparkPost, Amazon SNS.

Source: RFC 7617. It signs nothing: a resend cannot be told from a retry; identity makes it a duplicate.
"""

from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refused,
    SignedRequest,
    Trust,
    equals_any,
    from_base64,
)


def claims(request: SignedRequest) -> bool:
    """Whether the request has such credentials."""
    return request.header("authorization").partition(" ")[0].lower() == "basic"


def verify(request: SignedRequest, trust: Trust) -> Proof | Refused:
    """Return the proof, or why there is none; the secrets are ``USER:PASSWORD``."""
    given = from_base64(request.header("authorization").partition(" ")[2].strip())
    known = equals_any([given], [secret.encode() for secret in trust.secrets])
    return Proof() if known else Refused("the user or the password is not known")
