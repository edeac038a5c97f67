"""A client's secrets of its senders, parsed, remembered for a minute, so that a rotation needs no redeploy."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from brain.domain.senders.signatures.sender_secrets import build_secret_name, parse_secret_values
from brain.errors import (
    MisconfiguredError,
    MissingSecretError,
    SecretsUnavailableError,
    SenderCheckUnavailableError,
)
from brain.ports.clock import Clock
from brain.ports.secrets import Secrets

REMEMBERED_SECONDS = 60
REMEMBERED = 10_000


@dataclass(slots=True)
class SenderSecrets:
    """Reads the values that are valid at once; a stranger's client has none, and that is remembered too."""

    secrets: Secrets = field(repr=False)
    clock: Clock
    failed: Callable[[str, Exception], None]
    _known: TTLCache[str, tuple[str, ...]] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Start with an empty memory that ages by this clock."""
        self._known = TTLCache(REMEMBERED, REMEMBERED_SECONDS, timer=lambda: self.clock.now().timestamp())

    def of(self, client_id: str, provider: str) -> tuple[str, ...]:
        """Return the valid values of a provider for a client, the newest first, none when nothing is set.

        Raises:
            SenderCheckUnavailableError: where secrets are kept did not answer.
        """
        name = build_secret_name(client_id, provider)
        with self._lock:
            known = self._known.get(name)
        if known is None:
            known = self._read(name)
            with self._lock:
                self._known[name] = known
        return known

    def _read(self, name: str) -> tuple[str, ...]:
        try:
            return parse_secret_values(self.secrets.read(name), name)
        except SecretsUnavailableError as exc:
            message = "the sender cannot be checked just now; send again"
            raise SenderCheckUnavailableError(message, retry_after_seconds=5) from exc
        except MissingSecretError:
            return ()
        except MisconfiguredError as error:
            # Told to the operator; the sender gets the answer of any stranger, so that nobody learns who is a client.
            self.failed("sender secret", error)
            return ()
