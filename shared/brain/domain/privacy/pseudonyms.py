"""People become pseudonyms before anything is stored: keyed hashes that differ from client to client.

HMAC-SHA256 with a key derived for each client, 64 bits shown, prefixed by the key's version (``v1_`` and 16 hex
digits). Spelling is levelled first (case, spaces, the look of a telephone number), so that a person can be found
again, and erased, from the address the operator types.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from email.utils import getaddresses
from functools import lru_cache
from itertools import pairwise
from types import NoneType
from typing import Any, Final

from brain.domain.privacy.keys import IdentityKeys, derive_client_key
from brain.domain.privacy.personal_fields import (
    ALL_FIELDS,
    HARMLESS_IN_PERSON,
    is_identifier,
    is_personal,
    plain_name,
)
from brain.domain.privacy.personal_text import replace_people

_HEX_DIGITS: Final = 16
_TELEPHONE: Final = re.compile(r"(?:\+|%2[Bb]|00)?[\d ().\-/]{7,24}")
_NOT_DIGITS: Final = re.compile(r"\D+")
_SHORTEST_KNOWN: Final = 5
_FIGURES: Final = frozenset({int, float, bool, NoneType})
PSEUDONYM: Final = re.compile(r"v\d+_[0-9a-f]{16}")


class Pseudonyms:
    """Gives pseudonyms for one client and one payload, and remembers whom it has met there."""

    __slots__ = ("_extra", "_key", "_known", "_personal", "_prefix", "met")

    def __init__(self, client_id: str, keys: IdentityKeys, extra: frozenset[str] = frozenset()) -> None:
        self._key = derive_client_key(keys.salt, client_id, b"pseudonym")
        self._prefix = f"v{keys.salt_version}_"
        self._extra = extra
        self._personal: Callable[[str], bool] = self._personal_in_this_feed if extra else is_personal
        self._known: list[str] = []  # those whose names are long enough to be looked for in other texts
        self.met: dict[str, str] = {}

    def of(self, person: str) -> str:
        """Return the pseudonym of an address, a number, a name or an identifier; a pseudonym stays as it is."""
        known = self.met.get(person)
        if known is None:
            known = person if PSEUDONYM.fullmatch(person) else self._prefix + _digest(self._key, person)
            self.met[person] = known
            if len(person) >= _SHORTEST_KNOWN:
                self._known.append(person)
        return known

    def scrub(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``raw`` with pseudonyms for all who are named in it or were met before, in every text of it."""
        payload = dict(raw)
        self._meet(payload)
        rewritten: dict[str, Any] = self._rewrite(payload)
        return rewritten

    def text(self, text: str) -> str:
        """Return ``text`` with pseudonyms for people that were met or that its form gives away."""
        if text.isalnum() and not text.startswith("00"):  # a word or an identifier: nobody, unless met as a whole
            return self.met.get(text, text) if len(text) >= _SHORTEST_KNOWN else text
        if text[:1] in ("{", "["):
            return self._embedded(text)
        for person in self._known:
            if person in text:
                text = _replace_word(text, person, self.met[person])
        return replace_people(text, self.of)

    def _embedded(self, text: str) -> str:
        """Scrub JSON that is carried as a text."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return replace_people(text, self.of)
        self._meet(value)
        return json.dumps(self._rewrite(value), ensure_ascii=False, separators=(",", ":"))

    def _personal_in_this_feed(self, name: str) -> bool:
        if is_personal(name):
            return True
        plain = plain_name(name)
        return plain in self._extra or (self._extra >= ALL_FIELDS and plain not in HARMLESS_IN_PERSON)

    def _meet(self, value: dict[str, Any] | list[Any]) -> None:
        """Remember every person that a field's name gives away, so that other texts are searched for them too."""
        if isinstance(value, dict):
            for name, inner in value.items():
                if self._personal(name):
                    self._person(inner, name)
                elif isinstance(inner, dict | list):
                    self._meet(inner)
        else:
            for inner in value:
                if isinstance(inner, dict | list):
                    self._meet(inner)

    def _rewrite(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                name if name.isidentifier() else self._name(name): (
                    self._person(inner, name)
                    if self._personal(name)
                    else (inner if type(inner) in _FIGURES else self._rewrite(inner))
                )
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._rewrite(inner) for inner in value]
        return value

    def _name(self, name: str) -> str:
        """Return a field's name without a person in it: some providers key maps by address."""
        return name if name[:1] == "@" else self.text(name)

    def _person(self, value: Any, name: str) -> Any:
        """Return the value of a personal field hashed: texts and identifiers, not the figures beside them."""
        if isinstance(value, str):
            return self._addressees(value) if value.strip() else value
        if isinstance(value, dict):
            return {
                inner if inner.isidentifier() else self._name(inner): (
                    self._rewrite(part) if plain_name(inner) in HARMLESS_IN_PERSON else self._person(part, inner)
                )
                for inner, part in value.items()
            }
        if isinstance(value, list):
            return [self._person(part, name) for part in value]
        if isinstance(value, bool) or value is None or not is_identifier(name):
            return value
        return self.of(str(value))

    def _addressees(self, text: str) -> str:
        """Hash each of ``Ann <a@example.com>, b@example.com`` on its own, so that each can be found again."""
        if "@" not in text or not any(mark in text for mark in "<,"):
            return self.of(text)
        pairs = [(name, address) for name, address in getaddresses([text]) if address]
        if not pairs:
            return self.of(text)
        return ", ".join(
            f"{self.of(name)} <{self.of(address)}>" if name else self.of(address) for name, address in pairs
        )


def pseudonyms_of(person: str, client_id: str, keys: IdentityKeys) -> tuple[str, ...]:
    """Return every pseudonym one person may be stored under for a client: one for each known version of the key."""
    return tuple(
        f"v{version}_{_digest(derive_client_key(salt, client_id, b'pseudonym'), person)}"
        for version, salt in keys.versions()
    )


def erasure_name(person: str, client_id: str, keys: IdentityKeys) -> str:
    """Return the name of a person's erasure (``era_`` and 24 hex digits): the same for ever, and no pseudonym."""
    key = derive_client_key(keys.oldest_salt, client_id, b"erasure")
    return f"era_{hmac.digest(key, level(person).encode('utf-8', 'surrogatepass'), 'sha256').hex()[:24]}"


@lru_cache(maxsize=4096)
def _keyed(key: bytes) -> hmac.HMAC:
    """Return HMAC-SHA256 with its key taken in, to be copied: that is most of the work for a short text."""
    return hmac.new(key, digestmod="sha256")


def _digest(key: bytes, person: str) -> str:
    keyed = _keyed(key).copy()
    keyed.update(level(person).encode("utf-8", "surrogatepass"))
    return keyed.hexdigest()[:_HEX_DIGITS]


def level(person: str) -> str:
    """Return one spelling for one person: folded case, no ``@`` of a handle, only the digits of a telephone."""
    text = person.strip().removeprefix("@").casefold()
    if _TELEPHONE.fullmatch(text) and (not text.isdigit() or text.startswith("00")):
        return _NOT_DIGITS.sub("", text.replace("%2b", "").removeprefix("00"))
    return text


def _replace_word(text: str, person: str, pseudonym: str) -> str:
    """Replace ``person`` where it stands as a word of its own, not inside a longer identifier."""
    parts = text.split(person)
    kept = [parts[0]]
    for left, right in pairwise(parts):
        inside = left[-1:].isalnum() or right[:1].isalnum()
        kept += [person if inside else pseudonym, right]
    return "".join(kept)
