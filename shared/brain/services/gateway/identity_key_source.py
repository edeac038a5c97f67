"""The keys of ids and pseudonyms in their latest version, so that a rotation needs no restart."""

from dataclasses import dataclass, field
from typing import Protocol

from brain.domain.privacy.keys import IdentityKeys, parse_identity_keys
from brain.errors import BrainError, MisconfiguredError
from brain.ports.logger import ErrorReporter
from brain.ports.secrets import Secrets

SECRET = "BRAIN_HASH_SALT"  # noqa: S105 - the secret's name


class IdentityKeyProvider(Protocol):
    """Provides the keys of ids and pseudonyms."""

    def __call__(self) -> IdentityKeys:
        """Return the current keys."""


@dataclass(slots=True)
class IdentityKeySource:
    """Reads the secret on every call (its port caches it for minutes) and parses it when it has changed.

    When the secret cannot be read any more or its new text is invalid, a running service keeps its keys and reports the
    error once: a mistake of the operator must neither turn senders away nor make old events new ones.
    """

    secrets: Secrets
    report_error: ErrorReporter
    _text: str = field(default="", repr=False)
    _keys: IdentityKeys | None = field(default=None, repr=False)
    _reported_text: str | None = field(default=None, repr=False)

    def __call__(self) -> IdentityKeys:
        """Return the keys; raises ``MissingSecretError`` or ``MisconfiguredError`` when there never were any."""
        text = ""
        try:
            text = self.secrets.read(SECRET)
            if self._keys is None or text != self._text:
                self._keys, self._text = self._parse(text), text
        except BrainError as error:
            if self._keys is None:
                raise
            self._report_once(text, error)
        return self._keys

    def _parse(self, text: str) -> IdentityKeys:
        keys = parse_identity_keys(text)
        if self._keys is not None and not set(self._keys.versions()) <= set(keys.versions()):
            raise MisconfiguredError(
                f"{SECRET} must keep every key it had, or old events become new ones, got one without; add it again"
            )
        return keys

    def _report_once(self, text: str, error: BrainError) -> None:
        if text != self._reported_text:
            self._reported_text = text
            self.report_error("keys", error)
