"""Secrets from Secret Manager, remembered for minutes so that a rotation needs no redeploy, loud when missing."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brain.errors import MissingSecretError, SecretsUnavailableError
from brain.ports.clock import Clock

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

REMEMBERED = timedelta(minutes=5)
TIMEOUT_SECONDS = 5.0


@dataclass(slots=True)
class SecretManagerSecrets:
    """Reads the latest version of each secret of a project."""

    project: str
    clock: Clock
    client: "SecretManagerServiceClient | None" = field(default=None, repr=False)
    _known: dict[str, tuple[datetime, str]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, name: str) -> str:
        """Return the secret's text; one read lately is served from memory, also while Secret Manager is away.

        Raises:
            MissingSecretError: it is not there or may not be read; the message has the command that mends it.
            SecretsUnavailableError: Secret Manager did not answer and the secret was not read lately.
        """
        from google.api_core import exceptions  # noqa: PLC0415 - only paid for when a secret is read

        now = self.clock.now()
        with self._lock:
            known = self._known.get(name)
        if known and now < known[0] + REMEMBERED:
            return known[1]
        try:
            text = self._fetch(name)  # without the lock: one slow secret must not hold up those that are known
        except exceptions.NotFound as exc:
            raise MissingSecretError(_create(name, self.project)) from exc
        except exceptions.PermissionDenied as exc:
            raise MissingSecretError(_grant(name, self.project)) from exc
        except exceptions.GoogleAPICallError as exc:
            if known:
                return known[1]
            message = f"Secret Manager did not answer for {name}; check the project {self.project} and the network"
            raise SecretsUnavailableError(message) from exc
        with self._lock:
            self._known[name] = (now, text)
        return text

    def _fetch(self, name: str) -> str:
        with self._lock:
            if self.client is None:
                from google.cloud.secretmanager_v1 import SecretManagerServiceClient  # noqa: PLC0415 - as above

                self.client = SecretManagerServiceClient()
        version = f"projects/{self.project}/secrets/{name}/versions/latest"
        answer = self.client.access_secret_version(name=version, timeout=TIMEOUT_SECONDS)
        return answer.payload.data.decode("utf-8")


def _create(name: str, project: str) -> str:
    return (
        f"the secret {name} is missing; create it with: head -c 32 /dev/urandom | base64 | "
        f"gcloud secrets create {name} --data-file=- --project {project}"
    )


def _grant(name: str, project: str) -> str:
    return (
        f"the secret {name} may not be read; allow it with: gcloud secrets add-iam-policy-binding {name} "
        f"--role roles/secretmanager.secretAccessor --member serviceAccount:ACCOUNT --project {project}"
    )
