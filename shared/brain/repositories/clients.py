"""Read and write the settings of clients."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brain.domain.clients.alarm_budget import AlarmBudget
from brain.domain.clients.campaigns import Campaign
from brain.domain.clients.client import Client
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError, MisconfiguredError, NotFoundError
from brain.ports.document_store import Document, DocumentStore, Filter
from brain.repositories import paths

MAX_LISTED = 10_000


class Clients:
    """The settings document of each client."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def get(self, client_id: str) -> Client:
        """Return the client; one that was never set up has defaults.

        Raises:
            MisconfiguredError: A stored setting is invalid: time zone, stores, campaigns or alarm budget.
        """
        snapshot = self._store.get(paths.client(client_id))
        return _client_from_document(client_id, snapshot.data if snapshot else {})

    def get_ga4_property(self, client_id: str) -> str | None:
        """Return the client's only GA4 property, None without one; its other settings are not checked."""
        snapshot = self._store.get(paths.client(client_id))
        return snapshot.data.get("ga4_property") if snapshot else None

    def get_verticals(self, client_ids: Sequence[str]) -> dict[str, str | None]:
        """Return each client's vertical, read in one call; its other settings are not checked."""
        snapshots = self._store.get_all([paths.client(client_id) for client_id in client_ids])
        return {
            client_id: snapshot.data.get("vertical") if snapshot else None
            for client_id, snapshot in zip(client_ids, snapshots, strict=True)
        }

    def require(self, client_id: str) -> None:
        """Accept the id of an existing client: one that was set up, or that has stored events.

        Raises:
            NotFoundError: There is no such client, as for a mistyped id.
        """
        if self._store.get(paths.client(client_id)) or self._store.query(paths.events(client_id), limit=1):
            return
        raise NotFoundError(
            f"client {client_id!r} does not exist; `brain clients list` shows the clients, "
            f"`brain clients set --client {client_id}` creates this one"
        )

    def list_all(self, limit: int = MAX_LISTED) -> list[Client]:
        """Return the clients that were set up, by id, at most ``limit``."""
        return [
            _client_from_document(snapshot.id, snapshot.data)
            for snapshot in self._store.query(paths.CLIENTS, limit=limit)
        ]

    def with_shop(self) -> list[str]:
        """Return the ids of the clients that have stores, by one query on a field that ``put`` maintains."""
        snapshots = self._store.query(paths.CLIENTS, [Filter("shop", "==", True)])
        return [snapshot.id for snapshot in snapshots]

    def put(self, client: Client) -> None:
        """Store the settings of a client, keeping other fields of its document."""
        document: dict[str, Any] = {
            "name": client.name,
            "vertical": client.vertical,
            "time_zone": str(client.time_zone),
            "currency": client.currency,
            "stores": list(client.stores),
            "shop": bool(client.stores),
            "campaigns": [campaign.to_document() for campaign in client.campaigns],
            "ga4_property": client.ga4_property,
        }
        if client.alarm_budget:
            document["alarm_budget"] = str(client.alarm_budget)
        self._store.set(paths.client(client.client_id), document, merge=True)


def _client_from_document(client_id: str, document: Document) -> Client:
    zone = document.get("time_zone") or "UTC"
    try:
        time_zone = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        message = f"the client's time_zone must be an IANA name such as Europe/Berlin, got {zone!r}; correct it"
        raise MisconfiguredError(message, client_id=client_id) from exc
    return Client(
        client_id=client_id,
        name=document.get("name") or client_id,
        vertical=document.get("vertical"),
        time_zone=time_zone,
        currency=document.get("currency"),
        stores=_parse_stores(client_id, document.get("stores") or []),
        campaigns=tuple(Campaign.from_document(campaign) for campaign in document.get("campaigns") or []),
        alarm_budget=_parse_alarm_budget(client_id, document.get("alarm_budget")),
        ga4_property=document.get("ga4_property"),
    )


def _parse_stores(client_id: str, stored_ids: object) -> tuple[str, ...]:
    if not isinstance(stored_ids, list) or not all(_is_store_id(store_id) for store_id in stored_ids):
        message = f"the client's stores must be a list of ids from the sales table, got {stored_ids!r}; correct it"
        raise MisconfiguredError(message, client_id=client_id)
    return tuple(sorted(set(stored_ids)))


def _is_store_id(store_id: object) -> bool:
    """Return whether this is the id of a store; one that begins with a star stands for all stores of a client."""
    return isinstance(store_id, str) and store_id != "" and not store_id.startswith(ALL_STORES)


def _parse_alarm_budget(client_id: str, text: object) -> AlarmBudget | None:
    if text is None:
        return None
    try:
        return AlarmBudget.parse(str(text))
    except InvalidInputError as exc:
        raise MisconfiguredError(f"the client's alarm_budget: {exc}; correct the client", client_id=client_id) from exc
