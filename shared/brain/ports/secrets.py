"""The port to secrets: keys, salts and database addresses."""

from typing import Protocol


class Secrets(Protocol):
    """Secrets by name; they are never printed and never part of a ``repr``."""

    def read(self, name: str) -> str:
        """Return the current text of the secret.

        Raises:
            MissingSecretError: The secret does not exist or cannot be read; the message has the command to fix it.
            SecretsUnavailableError: The secret manager did not respond.
        """
