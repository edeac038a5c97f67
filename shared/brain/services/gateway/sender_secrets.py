"""The secrets that a client shares with its providers, parsed and cached for a minute, so that rotation is prompt."""

import threading
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
from brain.ports.logger import ErrorReporter
from brain.ports.secrets import Secrets

CACHE_SECONDS = 60
CACHE_SIZE = 10_000


@dataclass(slots=True)
class SenderSecrets:
    """Reads the secrets of a client and a provider; that there is none is cached too."""

    secrets: Secrets = field(repr=False)
    clock: Clock
    report_error: ErrorReporter
    _cache: TTLCache[str, tuple[str, ...]] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Create an empty cache that ages by the clock."""
        self._cache = TTLCache(CACHE_SIZE, CACHE_SECONDS, timer=lambda: self.clock.now().timestamp())

    def get(self, client_id: str, provider: str) -> tuple[str, ...]:
        """Return the valid secrets of a provider for a client, the newest first; empty when none is set.

        Raises:
            SenderCheckUnavailableError: the secret store did not answer.
        """
        name = build_secret_name(client_id, provider)
        with self._lock:
            secrets = self._cache.get(name)
        if secrets is None:
            secrets = self._read(name)
            with self._lock:
                self._cache[name] = secrets
        return secrets

    def _read(self, name: str) -> tuple[str, ...]:
        try:
            return parse_secret_values(self.secrets.read(name), name)
        except SecretsUnavailableError as exc:
            message = "the sender cannot be verified at the moment; send again"
            raise SenderCheckUnavailableError(message, retry_after_seconds=5) from exc
        except MissingSecretError:
            return ()
        except MisconfiguredError as error:
            # The operator is told. The sender gets the answer of a stranger, so that nobody learns who is a client.
            self.report_error("sender secret", error)
            return ()
