"""Sealing by the cryptography library's Fernet (AES-128-CBC with HMAC-SHA256), with rotation."""

import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brain.errors import MisconfiguredError
from brain.ports.secrets import Secrets

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

SECRET = "BRAIN_SEAL_KEY"  # noqa: S105 - the secret's name


@dataclass(slots=True)
class FernetSealer:
    """The secret holds one key a line, the newest first: any text of 32 or more characters."""

    secrets: Secrets

    def seal(self, data: bytes) -> bytes:
        """Return ``data`` compressed and sealed with the newest key."""
        return self._fernet().encrypt(zlib.compress(data))

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed with any of the keys."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - kept out of every cold start

        try:
            return zlib.decompress(self._fernet().decrypt(sealed))
        except InvalidToken as exc:
            message = f"no key in {SECRET} opens this dead letter; add the key it was sealed with as a further line"
            raise MisconfiguredError(message) from exc

    def _fernet(self) -> "MultiFernet":
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - kept out of every cold start

        lines = [line.strip() for line in self.secrets.read(SECRET).splitlines() if line.strip()]
        return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(line.encode()).digest())) for line in lines])
