"""What the rules let an admin write is what the Brain reads."""

from typing import Any

import pytest
from rules.documents import FEATURES, GOLD_STANDARDS, Case, Kind
from rules.rest import SERVER_TIME

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.features import FeatureFlags
from brain.domain.scoring.gold_standards import GoldCase
from brain.repositories import paths
from brain.repositories.jobs.features import AUDIT_FIELDS, Features
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import fail_on_error


def written(kind: Kind, case: Case, clock: ManualClock) -> dict[str, Any]:
    """Return a document as it is stored."""
    document = kind.document("some-id", case)
    return {field: clock.now() if value == SERVER_TIME else value for field, value in document.items()}


@pytest.mark.parametrize("case", FEATURES.sound, ids=lambda case: case.about)
def test_a_flag_written_by_an_admin_is_read(case: Case, clock: ManualClock) -> None:
    """With its signature, which is for people and not for the flag."""
    store = SqliteStore(":memory:", clock)
    store.set(paths.feature("some-id"), written(FEATURES, case, clock))
    flag = Features(store, load_config("brain_features", FeatureFlags), fail_on_error).get_flag("some-id")
    assert flag.enabled is case.changes.get("enabled", True)
    assert flag.percentage == case.changes.get("percentage", 100)


@pytest.mark.parametrize("case", GOLD_STANDARDS.sound, ids=lambda case: case.about)
def test_a_gold_standard_written_by_an_admin_is_one(case: Case, clock: ManualClock) -> None:
    """The scorer's own model takes it."""
    document = written(GOLD_STANDARDS, case, clock)
    given = {field: value for field, value in document.items() if field not in AUDIT_FIELDS}
    assert GoldCase.model_validate(given).id == "some-id"
