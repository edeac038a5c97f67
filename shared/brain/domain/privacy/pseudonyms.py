"""Pseudonyms: keyed hashes that replace people before anything is stored, different for every client.

A pseudonym is HMAC-SHA256 with a key derived per client, cut to 64 bits and prefixed with the key's version (``v1_``
and 16 hex digits). Spelling is normalised first (case, spaces, the format of a telephone number), so that a person can
be found again, and erased, from the address that the operator types.
"""

import hmac
import json
import re
from collections.abc import Mapping
from email.utils import getaddresses
from functools import lru_cache
from itertools import pairwise
from types import NoneType
from typing import Any, Final

from brain.domain.privacy.keys import IdentityKeys, derive_client_key
from brain.domain.privacy.personal_fields import (
    ALL_FIELDS,
    NON_IDENTIFYING_NAMES,
    is_identifier,
    is_personal,
    normalize_field_name,
)
from brain.domain.privacy.personal_text import pseudonymize_text

PSEUDONYM_PATTERN: Final = re.compile(r"v\d+_[0-9a-f]{16}")
_HEX_DIGITS: Final = 16
_TELEPHONE: Final = re.compile(r"(?:\+|%2[Bb]|00)?[\d ().\-/]{7,24}")
_NON_DIGITS: Final = re.compile(r"\D+")
_MIN_SEARCHABLE_LENGTH: Final = 5  # a shorter name is found by chance in texts that do not mean the person
_SCALAR_TYPES: Final = frozenset({int, float, bool, NoneType})


class Pseudonymizer:
    """Pseudonymizes the people of one payload of one client.

    People who were found in one field are searched for in the payload's other texts.

    Args:
        client_id: Client whose key is used; the same person has another pseudonym for another client.
        keys: Keys of the installation; new pseudonyms use the current one.
        extra_fields: Normalised names of fields that are personal in this feed only, or ``ALL_FIELDS``.
    """

    __slots__ = ("_extra_fields", "_key", "_prefix", "_searchable_people", "pseudonyms")

    def __init__(self, client_id: str, keys: IdentityKeys, extra_fields: frozenset[str] = frozenset()) -> None:
        self._key = derive_client_key(keys.salt, client_id, b"pseudonym")
        self._prefix = f"v{keys.salt_version}_"
        self._extra_fields = extra_fields
        self._searchable_people: list[str] = []
        self.pseudonyms: dict[str, str] = {}

    def pseudonymize(self, person: str) -> str:
        """Return the pseudonym of an address, a number, a name or an identifier; a pseudonym stays as it is."""
        pseudonym = self.pseudonyms.get(person)
        if pseudonym is None:
            pseudonym = person if PSEUDONYM_PATTERN.fullmatch(person) else self._prefix + _hash(self._key, person)
            self.pseudonyms[person] = pseudonym
            if len(person) >= _MIN_SEARCHABLE_LENGTH:
                self._searchable_people.append(person)
        return pseudonym

    def scrub_payload(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``raw`` with every person in it, or found before, replaced by a pseudonym in every text."""
        payload = dict(raw)
        self._collect_people(payload)
        scrubbed: dict[str, Any] = self._scrub(payload)
        return scrubbed

    def scrub_text(self, text: str) -> str:
        """Return ``text`` with people who were found before, or whom its format reveals, replaced by pseudonyms."""
        if text.isalnum() and not text.startswith("00"):  # a word or an identifier: a person only as a whole
            return self.pseudonyms.get(text, text) if len(text) >= _MIN_SEARCHABLE_LENGTH else text
        if text[:1] in ("{", "["):
            return self._scrub_embedded_json(text)
        for person in self._searchable_people:
            if person in text:
                text = _replace_word(text, person, self.pseudonyms[person])
        return pseudonymize_text(text, self.pseudonymize)

    def _scrub_embedded_json(self, text: str) -> str:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return pseudonymize_text(text, self.pseudonymize)
        self._collect_people(document)
        return json.dumps(self._scrub(document), ensure_ascii=False, separators=(",", ":"))

    def _is_personal_field(self, name: str) -> bool:
        if is_personal(name):
            return True
        if not self._extra_fields:
            return False
        normalized = normalize_field_name(name)
        if normalized in self._extra_fields:
            return True
        return self._extra_fields >= ALL_FIELDS and normalized not in NON_IDENTIFYING_NAMES

    def _collect_people(self, container: dict[str, Any] | list[Any]) -> None:
        """Pseudonymize every personal field, so that its people are found in other texts too."""
        if isinstance(container, dict):
            for name, content in container.items():
                if self._is_personal_field(name):
                    self._pseudonymize_field(content, name)
                elif isinstance(content, dict | list):
                    self._collect_people(content)
        else:
            for element in container:
                if isinstance(element, dict | list):
                    self._collect_people(element)

    def _scrub(self, content: Any) -> Any:
        if isinstance(content, str):
            return self.scrub_text(content)
        if isinstance(content, dict):
            return {
                name if name.isidentifier() else self._scrub_field_name(name): (
                    self._pseudonymize_field(field, name)
                    if self._is_personal_field(name)
                    else (field if type(field) in _SCALAR_TYPES else self._scrub(field))
                )
                for name, field in content.items()
            }
        if isinstance(content, list):
            return [self._scrub(element) for element in content]
        return content

    def _scrub_field_name(self, name: str) -> str:
        """Return a field name without people in it: some providers key maps by address."""
        return name if name[:1] == "@" else self.scrub_text(name)

    def _pseudonymize_field(self, content: Any, name: str) -> Any:
        """Return the content of a personal field with texts and identifiers pseudonymized, figures as they are."""
        if isinstance(content, str):
            return self._pseudonymize_addressees(content) if content.strip() else content
        if isinstance(content, dict):
            return dict(self._pseudonymize_nested(nested_name, field) for nested_name, field in content.items())
        if isinstance(content, list):
            return [self._pseudonymize_field(element, name) for element in content]
        if isinstance(content, bool) or content is None or not is_identifier(name):
            return content
        return self.pseudonymize(str(content))

    def _pseudonymize_nested(self, name: str, content: Any) -> tuple[str, Any]:
        safe_name = name if name.isidentifier() else self._scrub_field_name(name)
        if normalize_field_name(name) in NON_IDENTIFYING_NAMES:
            return safe_name, self._scrub(content)
        return safe_name, self._pseudonymize_field(content, name)

    def _pseudonymize_addressees(self, text: str) -> str:
        """Pseudonymize each of ``Ann <a@example.com>, b@example.com`` separately, so that each can be found again."""
        if "@" not in text or not any(separator in text for separator in "<,"):
            return self.pseudonymize(text)
        addressees = [(name, address) for name, address in getaddresses([text]) if address]
        if not addressees:
            return self.pseudonymize(text)
        return ", ".join(
            f"{self.pseudonymize(name)} <{self.pseudonymize(address)}>" if name else self.pseudonymize(address)
            for name, address in addressees
        )


def list_pseudonyms(person: str, client_id: str, keys: IdentityKeys) -> tuple[str, ...]:
    """Return every pseudonym a person may be stored under for a client: one per key version, the current one first."""
    return tuple(
        f"v{version}_{_hash(derive_client_key(salt, client_id, b'pseudonym'), person)}"
        for version, salt in keys.versions()
    )


def compute_erasure_id(person: str, client_id: str, keys: IdentityKeys) -> str:
    """Return the id of a person's erasure (``era_`` and 24 hex digits), which no key rotation changes."""
    key = derive_client_key(keys.oldest_salt, client_id, b"erasure")
    return f"era_{hmac.digest(key, _encode_person(person), 'sha256').hex()[:24]}"


@lru_cache(maxsize=4096)
def _keyed_hash(key: bytes) -> hmac.HMAC:
    """Return HMAC-SHA256 initialized with its key, to be copied: the key takes most of the time for a short text."""
    return hmac.new(key, digestmod="sha256")


def _hash(key: bytes, person: str) -> str:
    keyed_hash = _keyed_hash(key).copy()
    keyed_hash.update(_encode_person(person))
    return keyed_hash.hexdigest()[:_HEX_DIGITS]


def _encode_person(person: str) -> bytes:
    return normalize_person(person).encode("utf-8", "surrogatepass")


def normalize_person(person: str) -> str:
    """Return the canonical spelling of a person: case-folded, without ``@`` of a handle, telephones as digits."""
    text = person.strip().removeprefix("@").casefold()
    if _TELEPHONE.fullmatch(text) and (not text.isdigit() or text.startswith("00")):
        return _NON_DIGITS.sub("", text.replace("%2b", "").removeprefix("00"))
    return text


def _replace_word(text: str, person: str, pseudonym: str) -> str:
    """Replace ``person`` where it is a whole word, not where it is part of a longer identifier."""
    parts = text.split(person)
    pieces = [parts[0]]
    for left, right in pairwise(parts):
        is_part_of_word = left[-1:].isalnum() or right[:1].isalnum()
        pieces += [person if is_part_of_word else pseudonym, right]
    return "".join(pieces)
