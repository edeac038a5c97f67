"""Opens the shop's database for one run and closes it again; its URL holds a password and is never told to anyone."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from brain.bootstrap.adapters import sales_warehouse
from brain.errors import MisconfiguredError, MissingSecretError
from brain.ports.secrets import Secrets

if TYPE_CHECKING:
    from brain.ports.sales_warehouse import SalesWarehouse

DATABASE_URL = "DATABASE_URL"


@contextmanager
def opened_warehouse(secrets: Secrets) -> Iterator["SalesWarehouse"]:
    """Yield the warehouse at the secret DATABASE_URL, from Secret Manager or the environment.

    Raises:
        MisconfiguredError: there is no DATABASE_URL, or it is none that can be opened.
    """
    with closing(sales_warehouse(_url(secrets))) as warehouse:
        yield warehouse


def _url(secrets: Secrets) -> str:
    try:
        return secrets.read(DATABASE_URL)
    except MissingSecretError as exc:
        raise MisconfiguredError(
            "the shop's jobs need DATABASE_URL, the shop's own database, as a secret or in the environment; set it to "
            "one like postgresql://user:password@host/shop, and let the worker's account read it"
        ) from exc
