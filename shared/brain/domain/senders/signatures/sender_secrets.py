"""The names and contents of senders' secrets, such that two clients never share one."""

import json
import re
from typing import Final

from brain.errors import MisconfiguredError

SECRET_NAME_PREFIX: Final = "BRAIN_SENDER_"  # noqa: S105 - a prefix of names, not a secret
_LOWER_CASE_OR_DIGIT: Final = re.compile(r"[a-z0-9]")
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


def build_secret_name(client_id: str, provider: str) -> str:
    """Return the name of the secret with which ``provider`` signs for a client, such as ``BRAIN_SENDER_ACME_HUBSPOT``.

    Lower-case letters become capitals; every character of the client id except digits is written as ``_`` and its two
    hexadecimal digits. These start with a digit, so that the ``_`` before the provider's letter ends the client:
    ``my-shop`` becomes ``MY_2DSHOP``, ``my_shop`` becomes ``MY_5FSHOP`` and ``Acme`` becomes ``_41CME``.
    """
    client_part = "".join(
        character.upper() if _LOWER_CASE_OR_DIGIT.fullmatch(character) else f"_{ord(character):02X}"
        for character in client_id
    )
    return f"{SECRET_NAME_PREFIX}{client_part}_{provider.upper()}"


def parse_secret_values(text: str, name: str) -> tuple[str, ...]:
    """Return the values of a secret that are valid at once: one per line, a PEM block as one, or a JSON list.

    Objects, alone or in the list, are returned as JSON text.

    Raises:
        MisconfiguredError: The text starts like JSON but is not, or is a list of something else. It is never shown.
    """
    stripped = text.strip()
    if stripped[:1] in ("[", "{"):
        secrets = _parse_json_values(stripped, name)
    else:
        secrets = _PEM.findall(stripped) or [line.strip() for line in stripped.splitlines()]
    return tuple(secret for secret in secrets if secret)


def _parse_json_values(text: str, name: str) -> list[str]:
    try:
        parsed = json.loads(text)
    except ValueError:
        # Without the cause: its text would quote the secret.
        raise MisconfiguredError(
            f"{name} must be a JSON list or one value per line, got invalid JSON; correct it"
        ) from None
    elements = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(element, str | dict) for element in elements):
        raise MisconfiguredError(
            f"{name} must be a JSON list of texts or objects, or one value per line, got other elements"
        )
    return [element.strip() if isinstance(element, str) else json.dumps(element) for element in elements]
