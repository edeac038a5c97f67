"""Feature flags from the configuration, overridden live by documents."""

from dataclasses import dataclass

from pydantic import ValidationError

from brain.domain.jobs.features import FeatureFlag, FeatureFlags
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError
from brain.ports.document_store import DocumentStore
from brain.repositories import paths

# The security rules require these fields of a browser that changes a flag.
AUDIT_FIELDS = frozenset({"updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Features:
    """The current feature flags."""

    store: DocumentStore
    configured: FeatureFlags

    def get_flag(self, name: str) -> FeatureFlag:
        """Return the flag; one that is neither stored nor configured is off.

        Raises:
            MisconfiguredError: The stored override is invalid.
        """
        override = self.store.get(paths.feature(name))
        if override is None:
            return self.configured.get_flag(name)
        try:
            return FeatureFlag.model_validate({k: v for k, v in override.data.items() if k not in AUDIT_FIELDS})
        except ValidationError as exc:
            reasons = explain_validation_error(exc)
            raise MisconfiguredError(f"{override.path}: {reasons}; correct the document") from exc
