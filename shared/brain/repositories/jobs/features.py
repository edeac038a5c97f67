"""Feature flags from the configuration, overridden live by documents."""

from dataclasses import dataclass

from pydantic import ValidationError

from brain.domain.jobs.features import FeatureFlag, FeatureFlags
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError
from brain.ports.document_store import DocumentStore, Snapshot
from brain.ports.logger import ErrorReporter
from brain.repositories import paths

# The security rules require these fields of a browser that changes a flag.
AUDIT_FIELDS = frozenset({"updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Features:
    """The current feature flags; an invalid document is reported and never stops a job."""

    store: DocumentStore
    configured: FeatureFlags
    report_error: ErrorReporter

    def get_flag(self, name: str) -> FeatureFlag:
        """Return the flag; as configured if nothing valid is stored, off if it is not configured either."""
        override = self.store.get(paths.feature(name))
        stored_flag = self._read(override) if override else None
        return stored_flag or self.configured.get_flag(name)

    def _read(self, override: Snapshot) -> FeatureFlag | None:
        try:
            return FeatureFlag.model_validate({k: v for k, v in override.data.items() if k not in AUDIT_FIELDS})
        except ValidationError as exc:
            reasons = explain_validation_error(exc)
            message = (
                f"{override.path} must have enabled and may have percentage (0 to 100) and clients, got {reasons}; "
                "the configured flag applies until the document is corrected"
            )
            self.report_error("feature_flag", MisconfiguredError(message))
            return None
