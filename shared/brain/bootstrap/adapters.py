"""Selection of adapters by the settings; each is imported on first use."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore, EventWriter
from brain.ports.secrets import Secrets
from brain.settings.environment import Settings
from brain.settings.files import load_config

if TYPE_CHECKING:
    from brain.ports.sales_warehouse import SalesWarehouse


def open_sales_warehouse(database_url: str) -> "SalesWarehouse":
    """Return the shop's warehouse at ``database_url``; the caller closes it.

    Raises:
        MisconfiguredError: The database URL is empty or no driver supports it.
    """
    from brain.adapters.sql_warehouse.config import WarehouseConfig
    from brain.adapters.sql_warehouse.warehouse import SqlWarehouse

    return SqlWarehouse(database_url, load_config("warehouse", WarehouseConfig))


def open_document_store(settings: Settings, clock: Clock) -> DocumentStore:
    """Return the store that the settings select; raises ``MisconfiguredError`` if BRAIN_STORE is invalid."""
    if settings.firestore_project:
        from brain.adapters.firestore.store import FirestoreStore

        return FirestoreStore(settings.firestore_project)
    from brain.adapters.sqlite.schema import Synchronous
    from brain.adapters.sqlite.store import SqliteStore

    synchronous: Synchronous = "FULL" if settings.sqlite_survives_power_failure else "OFF"
    return SqliteStore(settings.sqlite_file, clock, synchronous=synchronous)


def open_event_writer(settings: Settings, store: DocumentStore) -> EventWriter:
    """Return the asynchronous writer to ``store``."""
    if settings.firestore_project:
        from brain.adapters.firestore.writer import FirestoreWriter

        return FirestoreWriter(settings.firestore_project)
    from brain.adapters.sqlite.store import SqliteStore
    from brain.adapters.sqlite.writer import SqliteWriter

    assert isinstance(store, SqliteStore)  # noqa: S101 - open_document_store returns no other
    return SqliteWriter(store)


def open_secrets(settings: Settings, clock: Clock) -> Secrets:
    """Return the secrets: Secret Manager if deployed, otherwise environment variables and a file."""
    if settings.deployed:
        from brain.adapters.secret_manager import SecretManagerSecrets

        return SecretManagerSecrets(settings.project, clock)
    from brain.adapters.environment import EnvironmentSecrets

    return EnvironmentSecrets(os.environ, secrets_path(settings))


def secrets_path(settings: Settings) -> Path | None:
    """Return the file with the secrets of a single machine, which is next to its store."""
    if settings.firestore_project or settings.sqlite_file == ":memory:":
        return None
    return Path(settings.sqlite_file).with_name("secrets.env")
