"""Flags as configured, overridden live by documents."""

from dataclasses import dataclass

from pydantic import ValidationError

from brain.domain.jobs.features import FeatureFlags, Flag
from brain.errors import MisconfiguredError
from brain.ports.document_store import DocumentStore
from brain.repositories import paths

# An admin's change carries who made it and when; the security rules demand it of a browser.
SIGNATURE = frozenset({"updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Features:
    """Answers whether a flag is on, as of now."""

    store: DocumentStore
    configured: FeatureFlags

    def flag(self, name: str) -> Flag:
        """Return a flag; one that nobody configured is off.

        Raises:
            MisconfiguredError: the live override is no flag.
        """
        found = self.store.get(paths.feature(name))
        if found is None:
            return self.configured.flag(name)
        try:
            return Flag.model_validate({k: v for k, v in found.data.items() if k not in SIGNATURE})
        except ValidationError as exc:
            message = (
                f"{found.path} must have enabled, and may have percentage (0 to 100) and clients; correct it: {exc}"
            )
            raise MisconfiguredError(message) from exc
