"""Sealing: keeping bytes that may name people so that only the operator's key opens them."""

from typing import Protocol


class Sealer(Protocol):
    """Seals and opens bytes with a key from the secrets; opening works with earlier keys too."""

    def seal(self, data: bytes) -> bytes:
        """Return ``data`` compressed and sealed; raises ``MissingSecretError``."""

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed; raises ``MisconfiguredError`` when no known key opens it."""
