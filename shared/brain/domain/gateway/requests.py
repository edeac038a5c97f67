"""A request to ingest events, as an authenticated sender sent it."""

from dataclasses import dataclass
from typing import Final

# A full page of any provider fits into one request; the events of a request are committed in parts.
MAX_EVENTS: Final = 2000
EVENTS_PER_COMMIT: Final = 500


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """The body of a request and where it came from.

    Attributes:
        client_id: the client that the events belong to.
        source: the feed that the address named.
        content_type: the ``Content-Type`` header.
        body: the original bytes.
        correlation_id: the request's name in both sides' logs.
        delivery_id: identifies the delivery, where known: what an earlier attempt of it stored is no duplicate.
        replay_of: the id of the dead letter that is being replayed.
    """

    client_id: str
    source: str
    content_type: str
    body: bytes
    correlation_id: str
    delivery_id: str = ""
    replay_of: str | None = None
