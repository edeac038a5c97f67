"""The Brain that commands work on: BRAIN_STORE's, with this machine's secrets made at the first start."""

import sys
from datetime import UTC, datetime

from brain import bootstrap
from brain.adapters.environment import create_secrets_file
from brain.bootstrap import SECRET_NAMES, Brain
from brain.bootstrap.adapters import secrets_file
from brain.errors import InvalidInputError
from brain.ports.clock import Clock
from brain.settings.environment import read_settings


def open_brain(clock: Clock | None = None) -> Brain:
    """Return the Brain of the environment; on an embedded store its secrets are made when there are none yet."""
    settings = read_settings()
    file = secrets_file(settings)
    if file is not None and create_secrets_file(file, SECRET_NAMES):
        print(f"brain: made new secrets for this machine in {file}; keep them with the store", file=sys.stderr)
    return bootstrap.build(settings, clock=clock)


def moment(text: str, option: str) -> datetime:
    """Return an option's time; one without an offset is refused.

    Raises:
        InvalidInputError: it is no time with an offset.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InvalidInputError(f"{option}: expected ISO 8601 such as 2026-11-22T08:00:00Z, {text!r} came") from exc
    if at.tzinfo is None:
        raise InvalidInputError(f"{option}: expected an offset such as Z, {text!r} came")
    return at.astimezone(UTC)
