"""The port to the public keys of token issuers."""

from collections.abc import Mapping
from typing import Any, Protocol


class SigningKeys(Protocol):
    """Published key sets (RFC 7517), cached for a while."""

    def find_key(self, keys_url: str, key_id: str) -> Mapping[str, Any] | None:
        """Return the key with that id as a JSON Web Key, or None if the set does not contain it.

        Raises:
            SenderCheckUnavailableError: The key set is not cached and cannot be fetched.
        """

    def is_cached(self, keys_url: str, key_id: str) -> bool:
        """Whether the key can be found without waiting for its issuer."""
