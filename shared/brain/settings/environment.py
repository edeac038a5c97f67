"""What the environment says: which store, which project, which worker; one frozen value, no secrets in it."""

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
    """The operator's settings; ``deployed`` is true in Cloud Run."""

    store: str
    project: str
    region: str
    worker_url: str
    tasks_invoker: str
    deployed: bool

    @property
    def firestore_project(self) -> str | None:
        """The Firestore project, or None when the store is embedded."""
        match = _FIRESTORE.fullmatch(self.store)
        return match["project"] if match else None

    @property
    def sqlite_file(self) -> Path | str:
        """The embedded store's file, ``:memory:`` included.

        Raises:
            MisconfiguredError: BRAIN_STORE names neither store.
        """
        match = _SQLITE.fullmatch(self.store)
        if match is None:
            message = f"BRAIN_STORE must be firestore://PROJECT or sqlite:///FILE, found {self.store!r}; correct it"
            raise MisconfiguredError(message)
        return match["file"] if match["file"] == ":memory:" else Path(match["file"])

    @property
    def sqlite_may_lose_power(self) -> bool:
        """Whether the embedded store may forget its last writes in a power cut, as a demonstration's may."""
        match = _SQLITE.fullmatch(self.store)
        return bool(match and match["off"])


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the environment.

    Raises:
        MisconfiguredError: a deployed function lacks BRAIN_STORE, or trusts an emulator.
    """
    given = os.environ if environment is None else environment
    deployed = "K_SERVICE" in given
    if deployed and "BRAIN_STORE" not in given:
        raise MisconfiguredError("a deployed function needs BRAIN_STORE=firestore://PROJECT; deploy.sh sets it")
    emulators = [name for name in ("FIREBASE_AUTH_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST") if given.get(name)]
    if deployed and emulators:
        raise MisconfiguredError(f"{emulators[0]} is set in a deployed function, which must never trust an emulator")
    return Settings(
        store=given.get("BRAIN_STORE", LOCAL_STORE),
        project=given.get("BRAIN_PROJECT", ""),
        region=given.get("BRAIN_REGION", ""),
        worker_url=given.get("BRAIN_WORKER_URL", ""),
        tasks_invoker=given.get("BRAIN_TASKS_INVOKER", ""),
        deployed=deployed,
    )
