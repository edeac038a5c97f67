"""Sealing with Fernet of the cryptography library (AES-128-CBC with HMAC-SHA256) and key rotation."""

import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brain.errors import MisconfiguredError
from brain.ports.secrets import Secrets

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

SECRET = "BRAIN_SEAL_KEY"  # noqa: S105 - the name of the secret


@dataclass(slots=True)
class FernetSealer:
    """Seals with keys from the secret, one key per line and the newest first, each of 32 or more characters."""

    secrets: Secrets

    def seal(self, data: bytes) -> bytes:
        """Return ``data`` compressed and encrypted with the newest key."""
        return self._fernet().encrypt(zlib.compress(data))

    def open(self, sealed: bytes) -> bytes:
        """Return the decrypted data; raises ``MisconfiguredError`` if none of the keys fits."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - not part of a cold start

        try:
            return zlib.decompress(self._fernet().decrypt(sealed))
        except InvalidToken as exc:
            message = f"no key in {SECRET} opens this dead letter; add the key it was sealed with as another line"
            raise MisconfiguredError(message) from exc

    def _fernet(self) -> "MultiFernet":
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - not part of a cold start

        lines = [line.strip() for line in self.secrets.read(SECRET).splitlines() if line.strip()]
        return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(line.encode()).digest())) for line in lines])
