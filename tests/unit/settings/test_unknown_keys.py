"""A key that a settings file does not have is rejected at every level, and so is a repeated one."""

import re
import shutil
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from unit.settings import changes
from unit.settings.changed_files import CONFIG
from unit.settings.files_and_probes import FILES
from unit.settings.settings_file import SettingsFile

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.features import FeatureFlags
from brain.errors import MisconfiguredError
from brain.repositories import paths
from brain.repositories.jobs.features import Features
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock

UNKNOWN_KEY = "no_such_setting"
SPELLINGS = (UNKNOWN_KEY, "NO_SUCH_SETTING", "no-such-setting", "noSuchSetting")

OPEN_MAPPINGS = {
    "brain_features": {"*.clients": "clients"},
    "brain_retail": {"events.classes": "classes of events, which a shop's calendar may name as it likes"},
    "brain_roi": {"margins.stores": "stores", "margins.categories": "categories of products"},
    "brain_scheduler": {
        "environment": "variables, which the deployment sets",
        "secrets": "secrets, which the deployment requires",
        "accounts": "accounts, which the deployment creates",
        "queues": "queues, which the deployment creates",
        "functions.ingest.environment": "variables, which the deployment sets",
    },
    "brain_scoring": {"verticals": "verticals", "baselines": "platforms"},
    "brain_senders": {"providers": "providers"},
    "feeds": {"field_maps": "maps", "field_maps.*.content_types": "texts of a column"},
    "triggers": {
        "policy.priorities": "priorities, which moves name",
        "policy.efforts": "efforts, which moves name",
        "metrics": "metrics, which a context may report",
        "moves": "moves",
    },
}
"""Mappings whose keys are names of the operator's choice, and what they name; all others have fixed keys."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_unknown_key_is_rejected_at_every_level(file: SettingsFile) -> None:
    """Whatever its value, also in maps within maps and lists; only names of the operator's choice are free."""
    is_open = OPEN_MAPPINGS.get(file.name, {})
    accepted = {
        changes.format_path(path)
        for path, mapping in [((), file.tree), *changes.walk_nodes(file.tree)]
        if isinstance(mapping, dict)
        and any(_accepts(file, (*path, key), value) for key in SPELLINGS for value in _values(mapping))
    }
    assert not {path for path in accepted if not any(fnmatch(path, pattern) for pattern in is_open)}
    assert all(any(fnmatch(path, pattern) for path in accepted) for pattern in is_open)


def _values(mapping: dict[str, Any]) -> list[Any]:
    """Return values for an unknown key: those of the keys beside it, and others."""
    return [*list(mapping.values())[:5], 1, "x", True]


def _accepts(file: SettingsFile, path: changes.KeyPath, value: Any) -> bool:
    return file.is_valid(path, changes.replace(file.tree, path, value))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_unknown_key_is_named(file: SettingsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the file and the key."""
    folder = shutil.copytree(CONFIG, tmp_path / "config")
    monkeypatch.setenv("BRAIN_CONFIG", str(folder))
    path = folder / f"{file.name}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n{UNKNOWN_KEY}: 1\n", encoding="utf-8")
    with pytest.raises(MisconfiguredError, match=f"{file.name}.*{UNKNOWN_KEY}"):
        load_config(file.name, file.model)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_repeated_key_is_named(file: SettingsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """YAML itself would silently take the last one."""
    folder = shutil.copytree(CONFIG, tmp_path / "config")
    monkeypatch.setenv("BRAIN_CONFIG", str(folder))
    path = folder / f"{file.name}.yaml"
    text = path.read_text(encoding="utf-8")
    first_key = re.findall(r"^(\w+):", text, flags=re.MULTILINE)[0]
    path.write_text(f"{text}\n{first_key}: 1\n", encoding="utf-8")
    with pytest.raises(MisconfiguredError, match=f"{file.name}.*{first_key}"):
        load_config(file.name, file.model)


def test_an_unknown_key_of_a_live_flag_is_reported() -> None:
    """A document that overrides a flag is held to the same model; one that does not fit is not used."""
    store = SqliteStore(":memory:", ManualClock(datetime(2026, 11, 22, tzinfo=UTC)))
    reported: list[str] = []
    configured = load_config("brain_features", FeatureFlags)
    features = Features(store, configured, lambda _, error: reported.append(str(error)))
    store.set(paths.feature("brainHourlyScores"), {"enabled": False, UNKNOWN_KEY: 1})
    assert features.get_flag("brainHourlyScores").enabled
    assert [UNKNOWN_KEY in message for message in reported] == [True]
