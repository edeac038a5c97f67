"""Search a text for many people at once, in time linear in the text and whatever the number of people.

Only the words of a text are looked up: each is the first word of some people or of none, and those people have a few
different lengths, so that a slice of the text is looked up for each of these lengths.
"""

import re
import unicodedata
from typing import Final

from brain.domain.privacy.scrub_allowance import ScrubAllowance

_WORD: Final = re.compile(r"[^\W_]+")
MIN_CHARACTERS: Final = 5  # a shorter name is found by chance in texts that do not mean the person
_MAX_CHARACTERS: Final = 256  # a longer text in a personal field is a note, which no other text repeats
_FEW: Final = 8  # so few people are sought one by one first, which is faster


class PeopleIndex:
    """The people to search for. A name of several words is matched in any case, a single word only as it is.

    Example:
        >>> index = PeopleIndex()
        >>> index.add("Ada Lind", "v1_0123456789abcdef")
        >>> index.replace("by ADA LIND, not Ada Lindgren", ScrubAllowance())
        'by v1_0123456789abcdef, not Ada Lindgren'
    """

    __slots__ = ("_folded", "_is_indexed", "_names", "_people", "_slices", "_words")

    def __init__(self) -> None:
        self._people: list[tuple[str, str]] = []  # not indexed yet, which most requests never need
        self._folded: list[str] = []
        self._slices: dict[str, dict[tuple[int, int], None]] = {}  # of a first word: where its people start and end
        self._words: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def add(self, person: str, pseudonym: str) -> None:
        """Search for ``person`` from now on."""
        if len(person) > _MAX_CHARACTERS:
            return
        self._people.append((person, pseudonym))
        if len(self._folded) <= _FEW:
            self._folded.append(_fold(person))

    def replace(self, text: str, allowance: ScrubAllowance) -> str:
        """Return ``text`` with every person in it replaced, where they are not part of a longer word.

        Raises:
            ScrubLimitError: the search takes longer than the allowance.
        """
        folded = _fold(text)
        if len(self._folded) <= _FEW:
            for person in self._folded:
                if person in folded:
                    break
            else:
                return text
        self._index_people()
        words = [match for match in _WORD.finditer(folded) if match[0] in self._slices]
        return self._replace_at(words, text, folded, allowance) if words else text

    def _index_people(self) -> None:
        for person, pseudonym in self._people:
            folded = _fold(person)
            first_word = _WORD.search(folded)
            if first_word is None:
                continue
            if first_word[0] == folded:
                self._words[person] = pseudonym
            else:
                self._names[folded] = pseudonym
            slices = self._slices.setdefault(first_word[0], {})
            slices[-first_word.start(), len(folded) - first_word.start()] = None
        self._people.clear()

    def _replace_at(self, words: list[re.Match[str]], text: str, folded: str, allowance: ScrubAllowance) -> str:
        """Replace the people who have one of ``words`` as their first word."""
        composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
        pieces: list[str] = []
        end = 0
        for word in words:
            slices = self._slices[word[0]]
            allowance.take(1 + len(slices) // 4)
            match = self._find_longest(composed, folded, word.start(), slices) if word.start() >= end else None
            if match and match[0] >= end:
                pieces += [composed[end : match[0]], match[2]]
                end = match[1]
        return "".join([*pieces, composed[end:]]) if pieces else text

    def _find_longest(
        self, text: str, folded: str, start: int, slices: dict[tuple[int, int], None]
    ) -> tuple[int, int, str] | None:
        """Return start, end and pseudonym of the longest person whose first word starts at ``start``."""
        longest: tuple[int, int, str] | None = None
        for before, after in slices:
            first, end = start + before, start + after
            if first < 0 or (longest and end - first <= longest[1] - longest[0]):
                continue
            pseudonym = self._names.get(folded[first:end]) or self._words.get(text[first:end])
            if pseudonym and not (text[first - 1 : first].isalnum() or text[end : end + 1].isalnum()):
                longest = (first, end, pseudonym)
        return longest


def is_found_whole(person: str) -> bool:
    """Return whether a text that is only this person is always replaced as a whole, without a search."""
    return MIN_CHARACTERS <= len(person) <= _MAX_CHARACTERS and person.isascii() and _WORD.search(person) is not None


def _fold(text: str) -> str:
    """Return ``text`` in composed form and without case, character by character, so that positions remain the same."""
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", text)
    folded = composed.casefold()
    if len(folded) == len(composed):
        return folded
    return "".join(letter.casefold() if len(letter.casefold()) == 1 else letter for letter in composed)
