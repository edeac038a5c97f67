"""Secrets of a single machine, from the environment or a file that only its owner can read."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from brain.errors import MissingSecretError


@dataclass(frozen=True, slots=True)
class EnvironmentSecrets:
    """Secrets from environment variables and then from lines ``NAME=value`` of ``file``, reloaded when it changes."""

    environment: Mapping[str, str] = field(repr=False)
    file: Path | None = None
    _cache: dict[tuple[int, int, int], dict[str, str]] = field(default_factory=dict, repr=False)

    def read(self, name: str) -> str:
        r"""Return the text of the secret; ``\\n`` in the file stands for a line break.

        Raises:
            MissingSecretError: Neither the environment nor the file contains it.
        """
        secret = self.environment.get(name) or self._read_file().get(name)
        if not secret:
            in_file = f" or a line {name}=… in {self.file}" if self.file else ""
            # Without a file the store is a deployment's: a new secret would not fit what is stored there.
            stored = f"gcloud secrets versions access latest --secret={name}"
            command = f'export {name}="$({"head -c 32 /dev/urandom | base64" if self.file else stored})"'
            raise MissingSecretError(f"expected {name} in the environment{in_file}; set it with: {command}")
        return secret

    def _read_file(self) -> dict[str, str]:
        if self.file is None:
            return {}
        try:
            status = os.stat(self.file)  # noqa: PTH116 - twice as fast as Path.stat, and called for every event
        except FileNotFoundError:
            return {}
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        cached = self._cache.get(stamp)
        if cached is None:  # read for every event, although the file hardly ever changes
            cached = _parse_secrets(self.file.read_text(encoding="utf-8"))
            self._cache.clear()
            self._cache[stamp] = cached
        return cached


def _parse_secrets(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): secret.strip().replace("\\n", "\n") for name, secret in pairs}


def create_secrets_file(file: Path, names: tuple[str, ...]) -> bool:
    """Write a file of new random secrets for the first start on a machine; returns False if the file exists."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={base64.b64encode(secrets.token_bytes(32)).decode()}\n" for name in names)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("# Secrets of this machine, created at its first start. Never commit this file.\n" + text)
    return True
