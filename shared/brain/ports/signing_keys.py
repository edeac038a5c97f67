"""Where the public keys of issuers of identity tokens come from."""

from collections.abc import Mapping
from typing import Any, Protocol


class SigningKeys(Protocol):
    """The published key sets (RFC 7517), remembered for a while."""

    def key_of(self, keys_url: str, key_id: str) -> Mapping[str, Any] | None:
        """Return the key of that id as a JSON Web Key, None when the set has none.

        Raises:
            SenderCheckUnavailableError: the set is not known and cannot be had now.
        """
