"""Reads the pseudonym key's secret: one key, or one ``VERSION:KEY`` a line with the newest first."""

import re

from brain.domain.gateway.identity import IdentityKeys
from brain.errors import MisconfiguredError

LEAST_CHARACTERS = 16
_LINE = re.compile(r"(?:(?P<version>\d{1,4}):)?(?P<key>.+)")


def identity_keys(text: str) -> IdentityKeys:
    """Return the keys that the secret ``BRAIN_HASH_SALT`` holds; a key without a version is version 1.

    Raises:
        MisconfiguredError: a line is no key, too short, or has a version that came before.
    """
    found = [_key(line.strip(), number) for number, line in enumerate(text.strip().splitlines(), start=1)]
    versions = [version for version, _ in found]
    if not found or len(set(versions)) != len(versions):
        raise MisconfiguredError("BRAIN_HASH_SALT must have one VERSION:KEY a line, each version once")
    (version, salt), *previous = found
    return IdentityKeys(version, salt, tuple(previous))


def _key(line: str, number: int) -> tuple[int, bytes]:
    match = _LINE.fullmatch(line)
    if match is None or len(match["key"]) < LEAST_CHARACTERS:
        expected = f"expected VERSION:KEY with a key of {LEAST_CHARACTERS} or more characters"
        raise MisconfiguredError(f"line {number} of BRAIN_HASH_SALT: {expected}")
    return int(match["version"] or 1), match["key"].encode()
