"""The identity of a delivery: one attempt of a sender to deliver a request, however often it was retried."""

import hashlib


def derive_delivery_id(client_id: str, source: str, sender_id: str, body: bytes) -> str:
    """Return the id of a delivery: ``snd_`` and 24 hex digits.

    The same bytes under the same id of the sender (an idempotency key, the id of a signed webhook) are one delivery,
    however often the sender had to try. A name that tracing tools set, such as a correlation id, identifies nothing.
    """
    head = f"{client_id}\n{source}\n{sender_id}\n".encode("utf-8", "surrogatepass")
    return f"snd_{hashlib.sha256(head + body).hexdigest()[:24]}"
