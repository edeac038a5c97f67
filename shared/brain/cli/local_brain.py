"""The Brain that commands work on: BRAIN_STORE's, with this machine's secrets created on first use."""

import sys
from datetime import UTC, datetime

from brain import bootstrap
from brain.adapters.environment import create_secrets_file
from brain.bootstrap import SECRET_NAMES, Brain
from brain.bootstrap.adapters import secrets_path
from brain.domain.events import is_client_id
from brain.errors import InvalidInputError, MisconfiguredError
from brain.ports.clock import Clock
from brain.repositories.clients import Clients
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.settings.environment import read_settings


def open_brain(clock: Clock | None = None) -> Brain:
    """Return the Brain of the environment; on an embedded store, missing secrets are created first."""
    from brain.adapters.cloud_logging import build_event_logger

    settings = read_settings()
    path = secrets_path(settings)
    try:
        if path is not None and create_secrets_file(path, SECRET_NAMES):
            print(f"brain: created new secrets for this machine in {path}; keep them with the store", file=sys.stderr)
        brain = bootstrap.build_brain(settings, clock=clock)
    except OSError as exc:
        message = f"the store cannot be opened: {exc.filename}: {exc.strerror}; correct BRAIN_STORE or its folder"
        raise MisconfiguredError(message) from exc
    brain.log = build_event_logger("brain", to_stderr=True)  # standard output is for what a command prints
    return brain


def parse_time(text: str, option: str) -> datetime:
    """Return an option's time in UTC.

    Raises:
        InvalidInputError: the text is not ISO 8601, or has no offset.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as exc:
        message = f"{option} must be a time in ISO 8601 such as 2026-11-22T08:00:00Z, got {text!r}"
        raise InvalidInputError(message) from exc
    if parsed.tzinfo is None:
        raise InvalidInputError(f"{option} must have an offset such as Z or +01:00, got {text!r}")
    try:
        return parsed.astimezone(UTC)
    except OverflowError as exc:
        raise InvalidInputError(f"{option} must lie within the years 1 to 9999 in UTC, got {text!r}") from exc


def check_client_id(client_id: str) -> None:
    """Raise ``InvalidInputError`` for a malformed id of a client."""
    if not is_client_id(client_id):
        raise InvalidInputError(f"--client must be 1 to 64 letters, digits, _ or -, got {client_id!r}")


def require_client(brain: Brain, client_id: str) -> None:
    """Accept the id of a client that was set up, or of which events or dead letters are stored.

    Raises:
        InvalidInputError: the id is malformed.
        NotFoundError: nothing is stored under it, as for a mistyped id.
    """
    check_client_id(client_id)
    if not DeadLetters(brain.store).list(brain.clock.now(), client_id):
        Clients(brain.store).require(client_id)
