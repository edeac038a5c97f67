"""The id of a piece of advice: the same for the same client, reason, subject and period, however often it is made."""

import hashlib

_DIGITS = 24


def recommendation_id(client_id: str, reason_code: str, subject: str | None, period: str) -> str:
    """Return the id, ``rec_`` and 24 hexadecimal digits."""
    text = "\x1f".join((client_id, reason_code, "" if subject is None else f"={subject}", period))
    return "rec_" + hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
