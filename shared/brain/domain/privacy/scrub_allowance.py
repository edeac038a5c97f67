"""The work that pseudonymizing one request may take; what it does not suffice for is stored without its raw payload."""

import re
from typing import Final

MAX_STEPS: Final = 300_000
"""About half a second; 2,000 ordinary events take a fifth of them. A step is about two microseconds."""
UNLIMITED_STEPS: Final = 2**62
CHARACTERS_PER_STEP: Final = 50
STEPS_PER_PERSON: Final = 2
_SHORT: Final = 64
_DIGITS: Final = re.compile(r"\d+")


def estimate_steps(text: str) -> int:
    """Return the steps to search a text for what people are written with: digits, ``@``, ``=`` and ``:``."""
    if len(text) <= _SHORT:
        return 1 + len(text) // 16
    marks = len(_DIGITS.findall(text)) + text.count(":") + 2 * text.count("@") + text.count("=")
    return len(text) // CHARACTERS_PER_STEP + marks // 2


class ScrubLimitError(Exception):
    """The allowance of the request is used up; its caller stores the event without the raw payload."""


class ScrubAllowance:
    """Counts the steps that remain for one request, whatever the number of its items.

    Example:
        >>> allowance = ScrubAllowance(3)
        >>> allowance.take(2)
        >>> allowance.remaining
        1
    """

    __slots__ = ("remaining",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.remaining = steps

    def take(self, steps: int) -> None:
        """Use steps.

        Raises:
            ScrubLimitError: none remain.
        """
        self.remaining -= steps
        if self.remaining < 0:
            raise ScrubLimitError
