"""Open the shop's database at the secret DATABASE_URL; the URL may hold a password and is never logged or shown."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from brain.bootstrap.adapters import open_sales_warehouse
from brain.errors import MisconfiguredError, MissingSecretError
from brain.ports.secrets import Secrets

if TYPE_CHECKING:
    from brain.ports.sales_warehouse import SalesWarehouse

DATABASE_URL = "DATABASE_URL"


@contextmanager
def open_warehouse(secrets: Secrets) -> Iterator["SalesWarehouse"]:
    """Yield the warehouse at DATABASE_URL, from Secret Manager or the environment, and close it afterwards.

    Raises:
        MisconfiguredError: DATABASE_URL is missing or cannot be opened.
    """
    with closing(open_sales_warehouse(_read_url(secrets))) as warehouse:
        yield warehouse


def _read_url(secrets: Secrets) -> str:
    try:
        return secrets.read(DATABASE_URL)
    except MissingSecretError as exc:
        raise MisconfiguredError(
            "the shop's jobs need DATABASE_URL as a secret or in the environment, got none; set it to a URL such as "
            "postgresql://user:password@host/shop, and let the worker's service account read the secret"
        ) from exc
