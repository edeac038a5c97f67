"""Every key of the files in ``config/`` matters: a change of it is rejected, or what runs behaves differently."""

import pytest
from unit.settings import changes
from unit.settings.changed_files import CONFIG
from unit.settings.files_and_probes import FILES
from unit.settings.settings_file import SettingsFile


def test_every_file_is_probed() -> None:
    """A new file needs probes of its own."""
    assert {file.name for file in FILES} == {path.stem for path in CONFIG.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_changing_a_key_changes_what_runs(file: SettingsFile) -> None:
    """Or every other value is rejected, which holds only for the keys that are listed with the reason."""
    ineffective, always_rejected = [], []
    for path, value in file.list_leaves():
        effects = set()
        for tree in file.list_changes(path, value):
            effects.add(file.find_effect(path, tree))
            if "different" in effects:
                break
        if effects == {"rejected"}:
            always_rejected.append(changes.format_path(path))
        elif "different" not in effects:
            ineffective.append(changes.format_path(path))
    assert not ineffective, f"{file.name}: changing these keys changes nothing: {', '.join(ineffective)}"
    assert sorted(always_rejected) == sorted(file.single_valued)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_removing_a_key_is_rejected_or_changes_what_runs(file: SettingsFile) -> None:
    """The same holds for an element of a list, so that no default in the code hides what the file says."""
    ineffective = [
        changes.format_path(path) for path, tree in file.list_removals() if file.find_effect(path, tree) == "none"
    ]
    assert not ineffective, f"{file.name}: removing these keys changes nothing: {', '.join(ineffective)}"
