"""The keys of ids and pseudonyms as the secret has them now, so that a rotation needs no restart."""

from collections.abc import Callable
from dataclasses import dataclass, field

from brain.domain.privacy.keys import IdentityKeys, parse_identity_keys
from brain.errors import BrainError, MisconfiguredError
from brain.ports.secrets import Secrets

SECRET = "BRAIN_HASH_SALT"  # noqa: S105 - the secret's name


@dataclass(slots=True)
class KnownKeys:
    """Reads the secret anew with every call (its port remembers it for minutes) and parses it when it changed.

    A running service goes on with the keys it has when the secret cannot be read any more or its new text is bad, and
    tells ``failed`` once: a slip of the operator's must not turn senders away, nor make old events new ones.
    """

    secrets: Secrets
    failed: Callable[[str, Exception], None]
    _text: str = field(default="", repr=False)
    _keys: IdentityKeys | None = field(default=None, repr=False)
    _refused: str | None = field(default=None, repr=False)

    def __call__(self) -> IdentityKeys:
        """Return the keys; raises ``MissingSecretError`` or ``MisconfiguredError`` when there never were any."""
        text = ""
        try:
            text = self.secrets.read(SECRET)
            if self._keys is None or text != self._text:
                self._keys, self._text = self._changed(text), text
        except BrainError as error:
            if self._keys is None:
                raise
            self._tell(text, error)
        return self._keys

    def _changed(self, text: str) -> IdentityKeys:
        keys = parse_identity_keys(text)
        if self._keys is not None and not set(self._keys.versions()) <= set(keys.versions()):
            message = f"{SECRET} lost a key it had; keep every old line, or old events become new ones: add it again"
            raise MisconfiguredError(message)
        return keys

    def _tell(self, text: str, error: BrainError) -> None:
        if text != self._refused:
            self._refused = text
            self.failed("keys", error)
