"""Where keys and salts come from."""

from typing import Protocol


class Secrets(Protocol):
    """Named secrets; never printed, never part of a ``repr``."""

    def read(self, name: str) -> str:
        """Return the secret's current text; raises ``MissingSecretError`` with the command that mends it."""
