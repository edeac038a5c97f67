"""The names and the currency of an event as they are stored: a long name is cut, a currency is an ISO 4217 code."""

import hashlib
import re
from typing import Any, Final

from brain.domain.clients.currencies import CURRENCIES
from brain.errors import InvalidInputError

MAX_NAME_LENGTH: Final = 256
MAX_SEARCHED_LENGTH: Final = 4096
_HASH_HEX_DIGITS: Final = 16
_SHOWN_CURRENCY: Final = re.compile(r"[A-Za-z0-9$€£¥]{1,8}")


def shorten_name(name: Any) -> Any:
    """Return a name of at most 256 characters: of a longer one its start and a hash of the whole, so that two differ.

    Anything but a text is returned as it is, for validation to name.

    >>> shorten_name("/boots"), len(shorten_name("/" + "x" * 5000))
    ('/boots', 256)
    """
    return _cut(name, MAX_NAME_LENGTH) if isinstance(name, str) else name


def limit_length(text: str) -> str:
    """Return a text that is searched for people in little time; of a longer one its start and a hash of the whole."""
    return _cut(text, MAX_SEARCHED_LENGTH)


def _cut(text: str, max_length: int) -> str:
    if len(text) <= max_length:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_HEX_DIGITS]
    return f"{text[: max_length - _HASH_HEX_DIGITS - 1]}~{digest}"


def normalize_currency(currency: Any) -> Any:
    """Return a currency code in capitals, None for none; anything but a text is for validation to name.

    Raises:
        InvalidInputError: the text is no active ISO 4217 code.

    >>> normalize_currency("eur"), normalize_currency(" ")
    ('EUR', None)
    """
    if not isinstance(currency, str):
        return currency
    code = currency.strip().upper()
    if code and code not in CURRENCIES:
        shown = repr(currency) if _SHOWN_CURRENCY.fullmatch(currency) else "another text"
        raise InvalidInputError(f"currency: expected an ISO 4217 code such as EUR or USD, got {shown}")
    return code or None
