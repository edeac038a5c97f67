"""How the secrets of a client's senders are named and written, so that two clients can never share one."""

import json
import re
from typing import Final

from brain.errors import MisconfiguredError

PREFIX: Final = "BRAIN_SENDER_"
_PLAIN: Final = re.compile(r"[a-z0-9]")
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


def secret_name(client_id: str, provider: str) -> str:
    """Return the name of the secret by which ``provider`` signs for a client, such as ``BRAIN_SENDER_ACME_HUBSPOT``.

    Small letters become capitals; every other character of the client's id but digits is written as ``_`` and
    its two hexadecimal digits, which start with a digit, so that the ``_`` before the provider's letter ends the
    client: ``my-shop`` is ``MY_2DSHOP``, ``my_shop`` is ``MY_5FSHOP``, ``Acme`` is ``_41CME``.
    """
    client = "".join(one.upper() if _PLAIN.fullmatch(one) else f"_{ord(one):02X}" for one in client_id)
    return f"{PREFIX}{client}_{provider.upper()}"


def secret_values(text: str, name: str) -> tuple[str, ...]:
    """Return the values that are valid at once: one a line, a PEM block as one, or a JSON list of them.

    Objects, alone or in the list, are returned as JSON text.

    Raises:
        MisconfiguredError: the text looks like JSON and is none, or is a list of something else; it is not shown.
    """
    stripped = text.strip()
    if stripped[:1] not in ("[", "{"):
        blocks = _PEM.findall(stripped)
        found = blocks or [line.strip() for line in stripped.splitlines()]
        return tuple(value for value in found if value)
    try:
        parsed = json.loads(stripped)
    except ValueError:
        # Without the cause: its text would quote the secret.
        raise MisconfiguredError(
            f"{name} starts like JSON and is none; write a JSON list or one value a line"
        ) from None
    entries = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(entry, str | dict) for entry in entries):
        raise MisconfiguredError(f"{name} must be a JSON list of texts or objects, or have one value a line")
    texts = (entry.strip() if isinstance(entry, str) else json.dumps(entry) for entry in entries)
    return tuple(value for value in texts if value)
