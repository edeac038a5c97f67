"""HMAC-SHA256 over the body alone, in a header: Meta, X and LinkedIn differ only in its dress.

No time and no id are signed, so a resend cannot be told from a retry; identity makes it a duplicate.
Sources: Meta, "Graph API webhooks: getting started"; X, "Webhooks: quickstart"; LinkedIn, "Webhooks".
"""

from collections.abc import Callable
from dataclasses import dataclass

from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refused,
    SignedRequest,
    Trust,
    equals_any,
    from_base64,
    from_hex,
    hmac_sha256,
)


@dataclass(frozen=True, slots=True)
class BodyHmac:
    """One provider's dress: the header, what stands before the digest, how it is written, what is signed first."""

    header: str
    prefix: str
    decode: Callable[[str], bytes]
    signed_prefix: bytes = b""
    prefix_needed: bool = True

    def claims(self, request: SignedRequest) -> bool:
        """Whether the request says that it is signed so."""
        return self.header in request.headers

    def verify(self, request: SignedRequest, trust: Trust) -> Proof | Refused:
        """Return the proof, or why there is none."""
        given = request.header(self.header)
        if self.prefix_needed and not given.startswith(self.prefix):
            return Refused(f"{self.header} does not start with {self.prefix}")
        signature = self.decode(given.removeprefix(self.prefix))
        expected = [hmac_sha256(secret.encode(), self.signed_prefix, request.body) for secret in trust.secrets]
        return Proof() if equals_any([signature], expected) else Refused(f"{self.header} is not the body's")


META = BodyHmac("x-hub-signature-256", "sha256=", from_hex)
X = BodyHmac("x-twitter-webhooks-signature", "sha256=", from_base64)
# LinkedIn's words leave open whether the header repeats the prefix that is signed.
LINKEDIN = BodyHmac("x-li-signature", "hmacsha256=", from_hex, b"hmacsha256=", prefix_needed=False)
