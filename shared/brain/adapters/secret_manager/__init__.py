"""Secrets from Secret Manager, cached for minutes so that a rotation needs no redeployment."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brain.errors import MissingSecretError, SecretsUnavailableError
from brain.ports.clock import Clock

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

CACHE_LIFETIME = timedelta(minutes=5)
TIMEOUT_SECONDS = 5.0


@dataclass(slots=True)
class SecretManagerSecrets:
    """Reads the latest version of each secret of a project."""

    project: str
    clock: Clock
    client: "SecretManagerServiceClient | None" = field(default=None, repr=False)
    _cache: dict[str, tuple[datetime, str]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, name: str) -> str:
        """Return the text of the secret; a cached one is returned during an outage of Secret Manager too.

        Raises:
            MissingSecretError: The secret does not exist or cannot be read; the message has the command to fix it.
            SecretsUnavailableError: Secret Manager did not respond and the secret is not cached.
        """
        from google.api_core import exceptions  # noqa: PLC0415 - imported when a secret is read

        now = self.clock.now()
        with self._lock:
            cached = self._cache.get(name)
        if cached and now < cached[0] + CACHE_LIFETIME:
            return cached[1]
        try:
            text = self._fetch(name)  # outside the lock: a slow secret must not delay cached ones
        except exceptions.NotFound as exc:
            raise MissingSecretError(_describe_missing(name, self.project)) from exc
        except exceptions.PermissionDenied as exc:
            raise MissingSecretError(_describe_forbidden(name, self.project)) from exc
        except exceptions.GoogleAPICallError as exc:
            if cached:
                return cached[1]
            message = f"Secret Manager did not respond for {name}; check the project {self.project} and the network"
            raise SecretsUnavailableError(message) from exc
        with self._lock:
            self._cache[name] = (now, text)
        return text

    def _fetch(self, name: str) -> str:
        with self._lock:
            if self.client is None:
                from google.cloud.secretmanager_v1 import SecretManagerServiceClient  # noqa: PLC0415 - as above

                self.client = SecretManagerServiceClient()
        version = f"projects/{self.project}/secrets/{name}/versions/latest"
        response = self.client.access_secret_version(name=version, timeout=TIMEOUT_SECONDS)
        return response.payload.data.decode("utf-8")


def _describe_missing(name: str, project: str) -> str:
    return (
        f"the secret {name} does not exist; create it with: head -c 32 /dev/urandom | base64 | "
        f"gcloud secrets create {name} --data-file=- --project {project}"
    )


def _describe_forbidden(name: str, project: str) -> str:
    return (
        f"the secret {name} cannot be read; grant access with: gcloud secrets add-iam-policy-binding {name} "
        f"--role roles/secretmanager.secretAccessor --member serviceAccount:ACCOUNT --project {project}"
    )
