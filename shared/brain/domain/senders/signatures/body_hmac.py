"""HMAC-SHA256 over the body alone, sent in a header: Meta, X and LinkedIn differ only in its format.

Neither a time nor an id is signed, so a resend cannot be told from a retry; identity makes it a duplicate. X also has a
stranger's text signed with the same key (see ``challenges``), which never starts like JSON objects: a body that does
not is refused before anything of it is stored.
Sources: Meta, "Graph API webhooks: getting started"; X, "Webhooks: quickstart"; LinkedIn, "Webhooks".
"""

import re
from dataclasses import dataclass
from typing import Final, Protocol

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

_OBJECTS: Final = re.compile(rb"\s*(?:\[\s*)?\{")


class SignatureDecoder(Protocol):
    """Decodes the text of a signature, such as ``decode_hex``."""

    def __call__(self, text: str) -> bytes:
        """Return the signature's bytes, none for invalid text."""


@dataclass(frozen=True, slots=True)
class BodyHmac:
    """One provider's format.

    Attributes:
        header: the header with the digest.
        prefix: what precedes the digest in the header.
        decode: decodes the digest.
        signed_prefix: what is signed before the body.
        requires_prefix: whether the header must have the prefix.
        requires_objects: whether a body must be JSON objects, because other texts may be signed for strangers.
    """

    header: str
    prefix: str
    decode: SignatureDecoder
    signed_prefix: bytes = b""
    requires_prefix: bool = True
    requires_objects: bool = False

    def applies_to(self, request: SignedRequest) -> bool:
        """Return whether the request carries this signature."""
        return self.header in request.headers

    def verify(self, request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
        """Verify the request's body against the shared secrets."""
        header_text = request.header(self.header)
        if self.requires_prefix and not header_text.startswith(self.prefix):
            return Refusal(f"{self.header} must start with {self.prefix}")
        if self.requires_objects and not _OBJECTS.match(request.body):
            return Refusal("the body must be a JSON object or an array of objects")
        signature = self.decode(header_text.removeprefix(self.prefix))
        expected = [
            compute_hmac_sha256(secret.encode(), self.signed_prefix, request.body) for secret in credentials.secrets
        ]
        return Proof() if matches_any([signature], expected) else Refusal(f"{self.header} does not match the body")


META = BodyHmac("x-hub-signature-256", "sha256=", decode_hex)
X = BodyHmac("x-twitter-webhooks-signature", "sha256=", decode_base64, requires_objects=True)
# LinkedIn's documentation leaves open whether the header repeats the prefix that is signed.
LINKEDIN = BodyHmac("x-li-signature", "hmacsha256=", decode_hex, b"hmacsha256=", requires_prefix=False)
