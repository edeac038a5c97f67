"""The secret keys of ids and pseudonyms: parsed from ``BRAIN_HASH_SALT``, derived per client and purpose."""

import hmac
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from brain.errors import MisconfiguredError

MIN_KEY_CHARACTERS: Final = 16
_KEY_LINE: Final = re.compile(r"(?:(?P<version>\d{1,4}):)?(?P<key>.+)")


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """The current key with its version, and the previous versions that are still accepted.

    New pseudonyms use ``salt``. Event ids use the oldest version, so that rotating the key never turns a duplicate
    into a new event: keep the first version for as long as its events are stored. ``repr`` never shows a salt.
    """

    salt_version: int
    salt: bytes = field(repr=False)
    previous: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)

    @property
    def oldest_salt(self) -> bytes:
        """The salt of the lowest version."""
        return min((*self.previous, (self.salt_version, self.salt)))[1]

    def versions(self) -> tuple[tuple[int, bytes], ...]:
        """Return every (version, salt), the current one first."""
        return ((self.salt_version, self.salt), *sorted(self.previous, reverse=True))


def parse_identity_keys(text: str) -> IdentityKeys:
    """Parse the secret ``BRAIN_HASH_SALT``: one key, or one ``VERSION:KEY`` per line with the newest first.

    A key without a version is version 1.

    Raises:
        MisconfiguredError: A line is not a key, its key is too short, or its version is repeated.
    """
    salts = [_parse_key_line(line.strip(), number) for number, line in enumerate(text.strip().splitlines(), start=1)]
    versions = [version for version, _ in salts]
    if not salts or len(set(versions)) != len(versions):
        repeated = next((f"version {version} twice" for version in versions if versions.count(version) > 1), "no line")
        raise MisconfiguredError(
            f"BRAIN_HASH_SALT must have one VERSION:KEY per line, with each version once, got {repeated}"
        )
    (version, salt), *previous = salts
    return IdentityKeys(version, salt, tuple(previous))


@lru_cache(maxsize=4096)
def derive_client_key(salt: bytes, client_id: str, purpose: bytes) -> bytes:
    """Derive the key of one client for one purpose (HMAC-SHA256), so that clients and purposes cannot be linked."""
    return hmac.digest(salt, purpose + b"\n" + client_id.encode(), "sha256")


def _parse_key_line(line: str, line_number: int) -> tuple[int, bytes]:
    match = _KEY_LINE.fullmatch(line)
    if match is None or len(match["key"]) < MIN_KEY_CHARACTERS:
        raise MisconfiguredError(
            f"line {line_number} of BRAIN_HASH_SALT must be VERSION:KEY with a key of at least {MIN_KEY_CHARACTERS} "
            f"characters, got {len(match['key']) if match else 0}"
        )
    return int(match["version"] or 1), match["key"].encode()
