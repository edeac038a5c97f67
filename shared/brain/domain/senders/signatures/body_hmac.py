"""HMAC-SHA256 over the body alone, sent in a header: Meta, X and LinkedIn differ only in its format.

Neither a time nor an id is signed, so a resend cannot be told from a retry; identity makes it a duplicate.
Sources: Meta, "Graph API webhooks: getting started"; X, "Webhooks: quickstart"; LinkedIn, "Webhooks".
"""

from dataclasses import dataclass
from typing import Protocol

from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refusal,
    SenderCredentials,
    SignedRequest,
    compute_hmac_sha256,
    decode_base64,
    decode_hex,
    matches_any,
)


class SignatureDecoder(Protocol):
    """Decodes the text of a signature, such as ``decode_hex``."""

    def __call__(self, text: str) -> bytes:
        """Return the signature's bytes, none for invalid text."""


@dataclass(frozen=True, slots=True)
class BodyHmac:
    """One provider's format: the header, the prefix and encoding of its digest, and what is signed before the body."""

    header: str
    prefix: str
    decode: SignatureDecoder
    signed_prefix: bytes = b""
    requires_prefix: bool = True

    def applies_to(self, request: SignedRequest) -> bool:
        """Return whether the request carries this signature."""
        return self.header in request.headers

    def verify(self, request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
        """Verify the request's body against the shared secrets."""
        header_text = request.header(self.header)
        if self.requires_prefix and not header_text.startswith(self.prefix):
            return Refusal(f"{self.header} must start with {self.prefix}")
        signature = self.decode(header_text.removeprefix(self.prefix))
        expected = [
            compute_hmac_sha256(secret.encode(), self.signed_prefix, request.body) for secret in credentials.secrets
        ]
        return Proof() if matches_any([signature], expected) else Refusal(f"{self.header} does not match the body")


META = BodyHmac("x-hub-signature-256", "sha256=", decode_hex)
X = BodyHmac("x-twitter-webhooks-signature", "sha256=", decode_base64)
# LinkedIn's documentation leaves open whether the header repeats the prefix that is signed.
LINKEDIN = BodyHmac("x-li-signature", "hmacsha256=", decode_hex, b"hmacsha256=", requires_prefix=False)
