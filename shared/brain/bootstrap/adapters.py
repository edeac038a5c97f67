"""Picks the adapters by the settings, each imported when it is asked for."""

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


def sales_warehouse(database_url: str) -> "SalesWarehouse":
    """Return the shop's warehouse at ``database_url``; close it after use.

    Raises:
        MisconfiguredError: no database URL, or no driver for it.
    """
    from brain.adapters.sql_warehouse.names import WarehouseConfig
    from brain.adapters.sql_warehouse.warehouse import SqlWarehouse

    return SqlWarehouse(database_url, load_config("warehouse", WarehouseConfig))


def document_store(settings: Settings, clock: Clock) -> DocumentStore:
    """Return the store that the settings name; raises ``MisconfiguredError`` when they name none."""
    if settings.firestore_project:
        from brain.adapters.firestore.store import FirestoreStore

        return FirestoreStore(settings.firestore_project)
    from brain.adapters.sqlite.schema import Synchronous
    from brain.adapters.sqlite.store import SqliteStore

    synchronous: Synchronous = "FULL" if settings.sqlite_survives_power_failure else "OFF"
    return SqliteStore(settings.sqlite_file, clock, synchronous=synchronous)


def event_writer(settings: Settings, store: DocumentStore) -> EventWriter:
    """Return the asynchronous writer into ``store``."""
    if settings.firestore_project:
        from brain.adapters.firestore.writer import FirestoreWriter

        return FirestoreWriter(settings.firestore_project)
    from brain.adapters.sqlite.store import SqliteStore
    from brain.adapters.sqlite.writer import SqliteWriter

    assert isinstance(store, SqliteStore)  # noqa: S101 - document_store makes no other
    return SqliteWriter(store)


def secrets_of(settings: Settings, clock: Clock) -> Secrets:
    """Return where secrets are kept: Secret Manager when deployed, else the environment and a file."""
    if settings.deployed:
        from brain.adapters.secret_manager import SecretManagerSecrets

        return SecretManagerSecrets(settings.project, clock)
    from brain.adapters.environment import EnvironmentSecrets

    return EnvironmentSecrets(os.environ, secrets_file(settings))


def secrets_file(settings: Settings) -> Path | None:
    """Return where a single machine keeps its secrets: beside its store."""
    if settings.firestore_project or settings.sqlite_file == ":memory:":
        return None
    return Path(settings.sqlite_file).with_name("secrets.env")
