"""The port to sealing: encryption of bytes that may contain personal data."""

from typing import Protocol


class Sealer(Protocol):
    """Encrypts and decrypts bytes with the operator's keys; decryption also tries earlier keys."""

    def seal(self, data: bytes) -> bytes:
        """Return ``data`` compressed and encrypted; raises ``MissingSecretError``."""

    def open(self, sealed: bytes) -> bytes:
        """Return the decrypted data; raises ``MisconfiguredError`` if none of the keys fits."""
