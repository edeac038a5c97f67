"""Signatures by a provider's private key; the cryptography library is imported with the first of them."""

import base64
import binascii
from typing import Any

from brain.errors import MisconfiguredError


def verify_signature(public_key: str, signature: bytes, message: bytes) -> bool:
    """Return whether the key (ECDSA P-256 or Ed25519, as PEM or base64 of its DER) signed the message.

    Raises:
        MisconfiguredError: The text is not such a key.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only senders with such keys pay for it
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = _load_public_key(public_key)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify_ed25519_signature(raw_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether the Ed25519 key of 32 bytes signed the message; False for bytes that are not a key."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only senders with such keys pay for it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(raw_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _load_public_key(text: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key  # noqa: PLC0415

    try:
        if text.startswith("-----BEGIN"):
            key = load_pem_public_key(text.encode())
        else:
            key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error) as exc:
        raise MisconfiguredError(
            "the sender's secret must be a public key as PEM or base64 DER, got another text"
        ) from exc
    is_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    if is_p256 or isinstance(key, ed25519.Ed25519PublicKey):
        return key
    raise MisconfiguredError("the sender's secret must be a public key of ECDSA P-256 or Ed25519, got another kind")
