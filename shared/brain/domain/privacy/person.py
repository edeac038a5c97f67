"""One person to erase, recognized under every spelling: as an identifier, in a text and as a pseudonym."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.personal_text import pseudonymize_text
from brain.domain.privacy.pseudonyms import list_stored_pseudonyms
from brain.domain.privacy.spellings import NO_RULES, SpellingRules, list_former_spellings, normalize_person
from brain.errors import InvalidInputError

ERASED: Final = "erased"
MAX_SUBJECT_CHARACTERS: Final = 320  # the longest possible e-mail address


@dataclass(frozen=True, slots=True)
class Person:
    """The person to erase for a client, as the operator typed them; a ``repr`` shows nothing of it."""

    subject: str = field(repr=False)
    client_id: str
    keys: IdentityKeys = field(repr=False)
    rules: SpellingRules = NO_RULES
    pseudonyms: tuple[str, ...] = field(init=False, repr=False)
    pattern: "re.Pattern[str] | None" = field(init=False, repr=False)
    spellings: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Derive the pseudonyms, the spellings and the pattern to search for.

        Raises:
            InvalidInputError: the subject is empty or longer than any address.
        """
        if not 0 < len(self.subject.strip()) <= MAX_SUBJECT_CHARACTERS:
            raise InvalidInputError(
                f"the subject must have 1 to {MAX_SUBJECT_CHARACTERS} characters, got {len(self.subject.strip())}"
            )
        pseudonyms = list_stored_pseudonyms(self.subject, self.client_id, self.keys, self.rules)
        spellings = list_former_spellings(self.subject, self.rules)
        object.__setattr__(self, "pseudonyms", pseudonyms)
        object.__setattr__(self, "pattern", _compile_pattern(self.subject))
        object.__setattr__(
            self, "spellings", frozenset({*spellings, *(normalize_person(text, self.rules) for text in spellings)})
        )

    def matches(self, identifier: object) -> bool:
        """Whether an identifier that is stored as received, such as a user id, is theirs in any spelling."""
        return isinstance(identifier, str | int) and normalize_person(str(identifier), self.rules) in self.spellings

    def occurs_in(self, text: str) -> bool:
        """Whether a text contains one of their pseudonyms, their address, number or handle, or their full name."""
        return self.redact(text) != text

    def redact(self, text: str) -> str:
        """Return ``text`` with the person replaced by ``erased``; the same text when it does not name them."""
        for pseudonym in self.pseudonyms:
            text = text.replace(pseudonym, ERASED)
        return self._redact_spellings(self.pattern.sub(ERASED, text) if self.pattern else text)

    def _redact_spellings(self, text: str) -> str:
        """Replace them in other spellings than the operator's; only then the text becomes its composed form."""
        composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
        redacted = self.pattern.sub(ERASED, composed) if self.pattern and composed is not text else composed
        is_named = redacted != composed

        def redact_match(person: str) -> str:
            nonlocal is_named
            is_theirs = self.matches(person)
            is_named = is_named or is_theirs
            return ERASED if is_theirs else person

        redacted = pseudonymize_text(redacted, redact_match, self.rules.phone_regions)
        return redacted if is_named else text


def _compile_pattern(subject: str) -> "re.Pattern[str] | None":
    """Return a pattern for an address or a full name; a single word or number would match too much."""
    text = unicodedata.normalize("NFKC", subject.strip())
    if "@" not in text.removeprefix("@") and not re.search(r"[^\W\d_]\s+[^\W\d_]", text):
        return None
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)
