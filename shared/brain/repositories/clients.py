"""Reads and writes what is known of a client."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brain.domain.clients import Client
from brain.errors import MisconfiguredError
from brain.ports.document_store import Document, DocumentStore
from brain.repositories import paths


class Clients:
    """The clients' own documents."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def get(self, client_id: str) -> Client:
        """Return the client; one that was never set up has defaults.

        Raises:
            MisconfiguredError: the stored time zone is none.
        """
        found = self._store.get(paths.client(client_id))
        return _client(client_id, found.data if found else {})

    def put(self, client: Client) -> None:
        """Set a client up, keeping fields that are not its own here."""
        document = {
            "name": client.name,
            "vertical": client.vertical,
            "time_zone": str(client.time_zone),
            "currency": client.currency,
        }
        self._store.set(paths.client(client.client_id), document, merge=True)


def _client(client_id: str, document: Document) -> Client:
    zone = document.get("time_zone") or "UTC"
    try:
        time_zone = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        message = f"the client's time_zone must be an IANA name such as Europe/Berlin, found {zone!r}; correct it"
        raise MisconfiguredError(message, client_id=client_id) from exc
    return Client(
        client_id=client_id,
        name=document.get("name") or client_id,
        vertical=document.get("vertical"),
        time_zone=time_zone,
        currency=document.get("currency"),
    )
