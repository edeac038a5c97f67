"""The ids of recommendations."""

import hashlib

_DIGITS = 24


def derive_recommendation_id(client_id: str, reason_code: str, subject: str | None, period: str) -> str:
    """Return the id of a move for a client, subject and period: ``rec_`` and 24 hexadecimal digits.

    The same arguments always give the same id, however often the move is chosen.
    """
    text = "\x1f".join((client_id, reason_code, "" if subject is None else f"={subject}", period))
    return "rec_" + hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
