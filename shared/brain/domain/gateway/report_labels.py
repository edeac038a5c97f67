"""Texts that name the total of a report in place of a content, a country or a day."""

import re
from typing import Final

MAX_LABEL: Final = 64
_LABEL: Final = re.compile(
    r"\((?:[Gg]rand )?[Tt]otals?\)|(?:Grand|Overall|Report|Account|Sub) ?[Tt]otals?|GRAND TOTALS?|TOTALS?"
    r"|Totals?(?:: ?\S.*| - \S.*)?|Gesamt(?:summe|ergebnis)?|Insgesamt(?:: ?\S.*)?|Total general|Total général|Totale"
)


def names_total(text: str) -> bool:
    """Return whether a text in place of a name is that of a total; search terms are in lower case.

    >>> [names_total(text) for text in ("Total", "Total: Campaigns", "(total)", "total", "Total War")]
    [True, True, True, False, False]
    """
    return len(text) <= MAX_LABEL and _LABEL.fullmatch(text) is not None
