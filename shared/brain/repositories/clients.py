"""Reads and writes what is known of a client."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brain.domain.clients.campaigns import campaigns_from
from brain.domain.clients.client import Client
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import MisconfiguredError, NotFoundError
from brain.ports.document_store import Document, DocumentStore, Filter
from brain.repositories import paths

MAX_LISTED = 10_000


class Clients:
    """The clients' own documents."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def get(self, client_id: str) -> Client:
        """Return the client; one that was never set up has defaults.

        Raises:
            MisconfiguredError: the stored time zone is none, the stores are no list of ids, or a campaign is none.
        """
        found = self._store.get(paths.client(client_id))
        return _client(client_id, found.data if found else {})

    def require(self, client_id: str) -> None:
        """Accept the id of an existing client: one that was set up, or that has stored events.

        Raises:
            NotFoundError: there is no such client, as for a mistyped id.
        """
        if self._store.get(paths.client(client_id)) or self._store.query(paths.events(client_id), limit=1):
            return
        raise NotFoundError(
            f"client {client_id!r} does not exist; `brain clients list` shows the clients, "
            f"`brain clients set --client {client_id}` creates this one"
        )

    def list_all(self, limit: int = MAX_LISTED) -> list[Client]:
        """Return the clients that were set up, by id, at most ``limit``."""
        return [_client(snapshot.id, snapshot.data) for snapshot in self._store.query(paths.CLIENTS, limit=limit)]

    def with_shop(self) -> list[str]:
        """Return the ids of the clients that have stores, by one query on the mark that ``put`` keeps."""
        found = self._store.query(paths.CLIENTS, [Filter("shop", "==", True)])
        return [client.id for client in found]

    def put(self, client: Client) -> None:
        """Set a client up, keeping fields that are not its own here."""
        document = {
            "name": client.name,
            "vertical": client.vertical,
            "time_zone": str(client.time_zone),
            "currency": client.currency,
            "stores": list(client.stores),
            "shop": bool(client.stores),
            "campaigns": [campaign.document() for campaign in client.campaigns],
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
        stores=_stores(client_id, document.get("stores") or []),
        campaigns=campaigns_from(document.get("campaigns") or []),
    )


def _stores(client_id: str, given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(_is_store_id(store_id) for store_id in given):
        message = f"the client's stores must be a list of store ids as in the sales table, found {given!r}; correct it"
        raise MisconfiguredError(message, client_id=client_id)
    return tuple(sorted(set(given)))


def _is_store_id(given: object) -> bool:
    """A name that begins with a star would be that of all stores of a client."""
    return isinstance(given, str) and given != "" and not given.startswith(ALL_STORES)
