"""Secrets of a single machine: from the environment, else from a file that only its owner can read."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from brain.errors import MissingSecretError


@dataclass(frozen=True, slots=True)
class EnvironmentSecrets:
    """Reads ``NAME=value`` from the environment and then from ``file``, which is read again when it changed."""

    environment: Mapping[str, str] = field(repr=False)
    file: Path | None = None
    _read: dict[tuple[int, int, int], dict[str, str]] = field(default_factory=dict, repr=False)

    def read(self, name: str) -> str:
        r"""Return the secret's text; ``\\n`` in a file's value stands for a line break.

        Raises:
            MissingSecretError: it is in neither place.
        """
        value = self.environment.get(name) or self._from_file().get(name)
        if not value:
            where = f" or a line {name}=… in {self.file}" if self.file else ""
            mend = f'export {name}="$(head -c 32 /dev/urandom | base64)"'
            raise MissingSecretError(f"expected {name} in the environment{where}; set it with: {mend}")
        return value

    def _from_file(self) -> dict[str, str]:
        if self.file is None:
            return {}
        try:
            state = os.stat(self.file)  # noqa: PTH116 - half the time of Path.stat, a million times
        except FileNotFoundError:
            return {}
        stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
        found = self._read.get(stamp)
        if found is None:  # ingest asks with every item, and a file changes once a year
            found = _pairs(self.file.read_text(encoding="utf-8"))
            self._read.clear()
            self._read[stamp] = found
        return found


def _pairs(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().replace("\\n", "\n") for name, value in pairs}


def create_secrets_file(
    file: Path, names: tuple[str, ...], random_bytes: Callable[[int], bytes] = secrets.token_bytes
) -> bool:
    """Write new random secrets for a first start on this machine; False when the file is there already."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={base64.b64encode(random_bytes(32)).decode()}\n" for name in names)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write("# Secrets of this machine, made at its first start. Never commit this file.\n" + text)
    return True
