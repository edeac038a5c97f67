"""Settings from environment variables; they contain no secrets.

``DATABASE_URL`` and the keys are secrets: :mod:`brain.bootstrap.warehouse` and the services that need them read them.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from brain.errors import MisconfiguredError

LOCAL_STORE = "sqlite:///.brain/brain.db"
_FIRESTORE = re.compile(r"firestore://(?P<project>[a-z][a-z0-9-]{4,62})")
_SQLITE = re.compile(r"sqlite:///(?P<file>[^?]+)(?P<off>\?synchronous=off)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of this process.

    Args:
        store: ``firestore://PROJECT`` or ``sqlite:///FILE``.
        project: The Google Cloud project.
        region: The region of the functions.
        worker_url: The address of the worker.
        tasks_invoker: The service account in whose name Cloud Tasks calls the worker.
        deployed: Whether the process runs in Cloud Run.
    """

    store: str
    project: str
    region: str
    worker_url: str
    tasks_invoker: str
    deployed: bool

    @property
    def firestore_project(self) -> str | None:
        """The Firestore project, or None if the store is embedded."""
        match = _FIRESTORE.fullmatch(self.store)
        return match["project"] if match else None

    @property
    def sqlite_file(self) -> Path | str:
        """The file of the embedded store, or ``:memory:``.

        Raises:
            MisconfiguredError: BRAIN_STORE is invalid.
        """
        match = _SQLITE.fullmatch(self.store)
        if match is None:
            message = f"BRAIN_STORE must be firestore://PROJECT or sqlite:///FILE, got {self.store!r}"
            raise MisconfiguredError(message)
        return match["file"] if match["file"] == ":memory:" else Path(match["file"])

    @property
    def sqlite_survives_power_failure(self) -> bool:
        """Whether writes to the embedded store survive a power failure; those of a demonstration need not."""
        match = _SQLITE.fullmatch(self.store)
        return not (match and match["off"])


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in ``environment``, by default the variables of this process.

    Raises:
        MisconfiguredError: A deployed function lacks BRAIN_STORE or would trust an emulator.
    """
    variables = os.environ if environment is None else environment
    deployed = "K_SERVICE" in variables
    if deployed and "BRAIN_STORE" not in variables:
        raise MisconfiguredError(
            "BRAIN_STORE must be firestore://PROJECT in a deployed function, got none; use deploy.sh"
        )
    emulators = [name for name in ("FIREBASE_AUTH_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST") if variables.get(name)]
    if deployed and emulators:
        raise MisconfiguredError(f"a deployed function must not use an emulator, got {emulators[0]}; unset it")
    return Settings(
        store=variables.get("BRAIN_STORE", LOCAL_STORE),
        project=variables.get("BRAIN_PROJECT", ""),
        region=variables.get("BRAIN_REGION", ""),
        worker_url=variables.get("BRAIN_WORKER_URL", ""),
        tasks_invoker=variables.get("BRAIN_TASKS_INVOKER", ""),
        deployed=deployed,
    )
