"""The secrets that a client shares with its providers, parsed and cached for a minute, so that rotation is prompt."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from cachetools import LRUCache, TTLCache

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
ABSENT_CACHE_SIZE = 10_000


@dataclass(slots=True)
class SenderSecrets:
    """Reads the secrets of a client and a provider; that there is none is cached too.

    What strangers ask for is cached apart, one entry per client, so that they cannot displace the secrets that exist.
    """

    secrets: Secrets = field(repr=False)
    clock: Clock
    report_error: ErrorReporter
    _present: TTLCache[str, tuple[str, ...]] = field(init=False, repr=False)
    _absent: TTLCache[str, frozenset[str]] = field(init=False, repr=False)
    _confirmed: LRUCache[str, bool] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Create empty caches that age by the clock."""
        self._present = TTLCache(CACHE_SIZE, CACHE_SECONDS, timer=lambda: self.clock.now().timestamp())
        self._absent = TTLCache(ABSENT_CACHE_SIZE, CACHE_SECONDS, timer=lambda: self.clock.now().timestamp())
        self._confirmed = LRUCache(CACHE_SIZE)

    def get(self, client_id: str, provider: str) -> tuple[str, ...]:
        """Return the valid secrets of a provider for a client, the newest first; empty when none is set.

        Raises:
            SenderCheckUnavailableError: the secret store did not answer.
        """
        secrets = self._find_cached(client_id, provider)
        if secrets is None:
            secrets = self._read(build_secret_name(client_id, provider))
            self._remember(client_id, provider, secrets)
        return secrets

    def count_unknown(self, client_id: str, providers: Iterable[str]) -> int:
        """Return how many secrets would have to be read for a client of which none is known to exist."""
        names = list(providers)
        if any(self._is_confirmed(client_id, provider) for provider in names):
            return 0
        return sum(self._find_cached(client_id, provider) is None for provider in names)

    def is_cached(self, client_id: str, provider: str) -> bool:
        """Whether nothing needs to be read."""
        return self._find_cached(client_id, provider) is not None

    def _is_confirmed(self, client_id: str, provider: str) -> bool:
        """Whether the secret was there before, so that reading it again is no stranger's doing."""
        with self._lock:
            return build_secret_name(client_id, provider) in self._confirmed

    def _find_cached(self, client_id: str, provider: str) -> tuple[str, ...] | None:
        with self._lock:
            if provider in self._absent.get(client_id, ()):
                return ()
            secrets: tuple[str, ...] | None = self._present.get(build_secret_name(client_id, provider))
            return secrets

    def _remember(self, client_id: str, provider: str, secrets: tuple[str, ...]) -> None:
        name = build_secret_name(client_id, provider)
        with self._lock:
            if secrets:
                self._present[name] = secrets
                self._confirmed[name] = True
            else:
                self._absent[client_id] = self._absent.get(client_id, frozenset()) | {provider}
                self._confirmed.pop(name, None)

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
