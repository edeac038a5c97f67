"""Pseudonyms: keyed hashes that replace people before anything is stored, different for every client.

A pseudonym is HMAC-SHA256 with a key derived per client, cut to 64 bits and prefixed with the key's version (``v1_``
and 16 hex digits). Spelling is normalised first (see ``spellings``), so that a person can be found again, and erased,
from the address that the operator types.
"""

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import Any, Final

from brain.domain.privacy.addressees import parse_addressees
from brain.domain.privacy.keys import IdentityKeys, derive_client_key
from brain.domain.privacy.people_index import MIN_CHARACTERS, PeopleIndex, is_found_whole
from brain.domain.privacy.personal_fields import (
    ALL_FIELDS,
    COUNTABLE_NAMES,
    KEYWORDS,
    NON_IDENTIFYING_NAMES,
    is_identifier,
    is_map_of_people,
    is_personal,
    is_phone,
    normalize_field_name,
)
from brain.domain.privacy.personal_text import is_dialled, pseudonymize_text
from brain.domain.privacy.scrub_allowance import CHARACTERS_PER_STEP, STEPS_PER_PERSON, UNLIMITED_STEPS, ScrubAllowance
from brain.domain.privacy.spellings import NO_RULES, SpellingRules, list_former_spellings, normalize_person

PSEUDONYM_PATTERN: Final = re.compile(r"v\d+_[0-9a-f]{16}")
_VERSION: Final = re.compile(r"[vV]?\d{1,6}(?:\.\d{1,6}){1,4}")
_VERSION_NAMES: Final = ("_version", "Version", "-version", ".version", " version")
_SENDERS_IDS: Final = frozenset({
    "event_id", "eventId", "sg_event_id", "correlation_id", "correlationId", "request_id", "requestId",
    "idempotency_key", "idempotencyKey",
})  # fmt: skip
_NAMES_PER_STEP: Final = 2
_STEPS_PER_NAME: Final = 2  # of a name that may be a person
_HEX_DIGITS: Final = 16
_CONTAINER_TYPES: Final = frozenset({dict, list})
_SCALAR_TYPES: Final = frozenset({int, float, bool, NoneType})


class Pseudonymizer:
    """Pseudonymizes the people of one payload of one client.

    People who were found in one field are searched for in the payload's other texts.

    Args:
        client_id: Client whose key is used; the same person has another pseudonym for another client.
        keys: Keys of the installation; new pseudonyms use the current one.
        extra_fields: Normalised names of fields that are personal in this feed only, or ``ALL_FIELDS``.
        rules: What makes two spellings one person for this client.
        allowance: The work that remains for the request, by default without a limit; every method may raise
            ``ScrubLimitError`` when it is used up.
    """

    __slots__ = (
        "_allowance", "_extra_fields", "_fields", "_is_personal", "_key", "_people", "_prefix", "_rules", "pseudonyms",
    )  # fmt: skip

    def __init__(
        self,
        client_id: str,
        keys: IdentityKeys,
        extra_fields: frozenset[str] = frozenset(),
        rules: SpellingRules = NO_RULES,
        allowance: ScrubAllowance | None = None,
    ) -> None:
        self._key = derive_client_key(keys.salt, client_id, b"pseudonym")
        self._prefix = f"v{keys.salt_version}_"
        self._extra_fields = extra_fields
        self._is_personal = self._is_personal_here if extra_fields else is_personal
        self._rules = rules
        self._allowance = allowance or ScrubAllowance(UNLIMITED_STEPS)
        self._people = PeopleIndex()
        self._fields: dict[str, str] = {}  # what the texts of personal fields became, each of which is read twice
        self.pseudonyms: dict[str, str] = {}

    def pseudonymize(self, person: str) -> str:
        """Return the pseudonym of an address, a number, a name or an identifier; a pseudonym stays as it is."""
        pseudonym = self.pseudonyms.get(person)
        if pseudonym is not None:
            self._allowance.take(STEPS_PER_PERSON)
            return pseudonym
        self._allowance.take(STEPS_PER_PERSON + 1 + len(person) // CHARACTERS_PER_STEP)
        if not PSEUDONYM_PATTERN.fullmatch(person):
            pseudonym = self._prefix + _hash(self._key, normalize_person(person, self._rules))
        self.pseudonyms[person] = pseudonym = pseudonym or person
        if len(person) >= MIN_CHARACTERS:
            self._people.add(person, pseudonym)
        return pseudonym

    def scrub_payload(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``raw`` with every person in it, or found before, replaced by a pseudonym in every text."""
        payload = dict(raw)
        self._collect_people(payload)
        scrubbed: dict[str, Any] = self._scrub(payload)
        return scrubbed

    def scrub_text(self, text: str, *, is_identifier: bool = False) -> str:
        """Return ``text`` with people who were found before, or whom its format reveals, replaced by pseudonyms.

        The digits of an identifier are no telephone number.
        """
        if text.isalnum() and not self._may_be_dialled(text, is_identifier=is_identifier):
            # A word or an identifier: a person only as a whole.
            return self.pseudonyms.get(text, text) if len(text) >= MIN_CHARACTERS else text
        if text[:1] in ("{", "["):
            return self._scrub_embedded_json(text)
        if text in self.pseudonyms and is_found_whole(text):
            return self.pseudonyms[text]
        if len(text) >= CHARACTERS_PER_STEP:
            self._allowance.take(len(text) // CHARACTERS_PER_STEP)
        return self._scrub_free_text(self._people.replace(text, self._allowance) if self.pseudonyms else text)

    def _may_be_dialled(self, text: str, *, is_identifier: bool) -> bool:
        return text.startswith("00") or (bool(self._rules.phone_regions) and not is_identifier and text.isdigit())

    def _scrub_free_text(self, text: str) -> str:
        return pseudonymize_text(text, self.pseudonymize, self._rules.phone_regions, self._allowance)

    def _scrub_embedded_json(self, text: str) -> str:
        self._allowance.take(text.count(",") + text.count("[") + text.count("{") + len(text) // CHARACTERS_PER_STEP)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return self._scrub_free_text(text)
        self._collect_people(document)
        return json.dumps(self._scrub(document), ensure_ascii=False, separators=(",", ":"))

    def _is_personal_here(self, name: str) -> bool:
        """Return whether a field is personal in any feed or in this one."""
        if is_personal(name):
            return True
        normalized = normalize_field_name(name)
        if normalized in self._extra_fields:
            return True
        return self._extra_fields >= ALL_FIELDS and normalized not in NON_IDENTIFYING_NAMES

    def _collect_people(self, container: dict[str, Any] | list[Any]) -> None:
        """Pseudonymize every personal field, so that its people are found in other texts too."""
        if isinstance(container, dict):
            self._allowance.take(len(container) // _NAMES_PER_STEP)
            for name, content in container.items():
                if self._is_personal(name):
                    self._pseudonymize_field(content, name)
                elif type(content) in _CONTAINER_TYPES:
                    self._collect_people(content)
        else:
            for element in container:
                if type(element) in _CONTAINER_TYPES:
                    self._collect_people(element)

    def _scrub(self, content: Any) -> Any:
        if isinstance(content, str):
            return self.scrub_text(content)
        if isinstance(content, dict):
            return {
                name if name.isidentifier() else self._scrub_field_name(name): (
                    self._pseudonymize_field(field, name)
                    if self._is_personal(name)
                    else (field if type(field) in _SCALAR_TYPES else self._scrub_field(field, name))
                )
                for name, field in content.items()
            }
        if isinstance(content, list):
            return [self._scrub(element) for element in content]
        return content

    def _scrub_field(self, content: Any, name: str) -> Any:
        """Return the content of a field that is no personal one; a sender's own id may be a number that people dial."""
        if not isinstance(content, str):
            return self._scrub(content)
        if name.endswith(_VERSION_NAMES) and _VERSION.fullmatch(content):  # which may look like a network address
            return content
        if name in _SENDERS_IDS and is_dialled(content):
            return self.pseudonymize(content)
        return self.scrub_text(content)

    def _scrub_field_name(self, name: str) -> str:
        """Return a field name without people in it: some providers key maps by address."""
        self._allowance.take(_STEPS_PER_NAME)
        return name if name in KEYWORDS or name.startswith(("@odata.", "@microsoft.")) else self.scrub_text(name)

    def _pseudonymize_field(self, content: Any, name: str) -> Any:
        """Return the content of a personal field with texts and identifiers pseudonymized, figures as they are."""
        if isinstance(content, str):
            return self._fields.get(content) or self._pseudonymize_personal_text(content, name)
        if isinstance(content, dict):
            return self._pseudonymize_object(content, name)
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

    def _pseudonymize_object(self, content: dict[str, Any], name: str) -> dict[str, Any]:
        if is_map_of_people(name, content):
            return {self.pseudonymize(key): self._pseudonymize_field(field, key) for key, field in content.items()}
        return dict(self._pseudonymize_nested(nested_name, field) for nested_name, field in content.items())

    def _pseudonymize_personal_text(self, text: str, name: str) -> str:
        """Return the pseudonyms of a text in a personal field; only what digits alone mean depends on the field."""
        if text.isdigit():
            if normalize_field_name(name) in COUNTABLE_NAMES:
                return text
            # In a field of telephone numbers, digits alone are a number and not an identifier.
            return self.pseudonymize(f"({text})" if self._rules.phone_regions and is_phone(name) else text)
        pseudonyms = self._pseudonymize_addressees(text) if text.strip() else text
        self._fields[text] = pseudonyms
        return pseudonyms

    def _pseudonymize_addressees(self, text: str) -> str:
        """Pseudonymize each of ``Ann <a@example.com>, b@example.com`` separately, so that each can be found again."""
        if "@" not in text or not any(separator in text for separator in "<,"):
            return self.pseudonymize(text)
        addressees = parse_addressees(text)
        if not addressees:
            return self.pseudonymize(text)
        return ", ".join(
            f"{self.pseudonymize(name)} <{self.pseudonymize(address)}>" if name else self.pseudonymize(address)
            for name, address in addressees
        )


def list_pseudonyms(
    person: str, client_id: str, keys: IdentityKeys, rules: SpellingRules = NO_RULES
) -> tuple[str, ...]:
    """Return the pseudonyms of a person for a client: one per key version, the current one first."""
    return _list_hashes([normalize_person(person, rules)], client_id, keys)


def list_stored_pseudonyms(
    person: str, client_id: str, keys: IdentityKeys, rules: SpellingRules = NO_RULES
) -> tuple[str, ...]:
    """Return every pseudonym a person may be stored under: of each key version and each former spelling."""
    return _list_hashes(list_former_spellings(person, rules), client_id, keys)


def _list_hashes(spellings: Sequence[str], client_id: str, keys: IdentityKeys) -> tuple[str, ...]:
    return tuple(
        f"v{version}_{_hash(derive_client_key(salt, client_id, b'pseudonym'), spelling)}"
        for version, salt in keys.versions()
        for spelling in spellings
    )


def compute_erasure_id(person: str, client_id: str, keys: IdentityKeys) -> str:
    """Return the id of a person's erasure (``era_`` and 24 hex digits), which no key rotation changes."""
    key = derive_client_key(keys.oldest_salt, client_id, b"erasure")
    spelling = normalize_person(person).encode("utf-8", "surrogatepass")
    return f"era_{hmac.digest(key, spelling, 'sha256').hex()[:24]}"


@lru_cache(maxsize=4096)
def _keyed_hash(key: bytes) -> hmac.HMAC:
    """Return HMAC-SHA256 initialized with its key, to be copied: the key takes most of the time for a short text."""
    return hmac.new(key, digestmod="sha256")


def _hash(key: bytes, spelling: str) -> str:
    keyed_hash = _keyed_hash(key).copy()
    keyed_hash.update(spelling.encode("utf-8", "surrogatepass"))
    return keyed_hash.hexdigest()[:_HEX_DIGITS]
