"""Where keys and salts come from."""

from typing import Protocol


class Secrets(Protocol):
    """Named secrets; never printed, never part of a ``repr``."""

    def read(self, name: str) -> str:
        """Return the secret's current text.

        Raises:
            MissingSecretError: it is not there or may not be read; the message has the command that mends it.
            SecretsUnavailableError: where it is kept did not answer.
        """
