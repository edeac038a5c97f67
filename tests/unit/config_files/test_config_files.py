"""Configuration files as people really write them: what YAML would let pass silently is refused with a sentence."""

from pathlib import Path

import pytest
import yaml

from brain.cli.doctor import CONFIG_MODELS
from brain.domain.anomaly import AnomalyConfig
from brain.errors import MisconfiguredError
from brain.settings.files import config_directory, load_config

ANOMALY = (config_directory() / "brain_anomaly.yaml").read_text("utf-8")


def load(folder: Path, content: str | bytes, monkeypatch: pytest.MonkeyPatch) -> AnomalyConfig:
    """Load a changed copy of the anomaly detector's constants."""
    monkeypatch.setenv("BRAIN_CONFIG", str(folder))
    (folder / "brain_anomaly.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    return load_config("brain_anomaly", AnomalyConfig)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ANOMALY + "refractory_hours: 0\n", "key 'refractory_hours' must appear once, got it twice"),
        (ANOMALY.replace("  gain: 0.2", "  gain: 0.2\n  gain: 0.9"), "key 'gain' must appear once, got it twice"),
        (
            ANOMALY.replace("refractory_hours: 12", "refractory_hours: no"),
            "must be a number, got 'no'",
        ),
        (
            ANOMALY.replace("refractory_hours: 12", "refractory_hours: on"),
            "must be a number, got 'on'",
        ),
        (
            ANOMALY.replace("refractory_hours: 12", "refractory_hours: 1:30"),
            "refractory_hours must be a number, got '1:30'",
        ),
        (
            ANOMALY.replace("refractory_hours", "refractory_hour"),
            "refractory_hour must be a known field",
        ),
        ("", "the file must be an object, got null"),
        (
            "a: b: c\n",
            "valid YAML, got mapping values are not allowed here at line 1, column 5; correct",
        ),
        (ANOMALY.encode() + b"# caf\xe9\n", "readable file in UTF-8"),
    ],
)
def test_a_careless_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, reason: str
) -> None:
    """A repeated key, YAML 1.1's booleans and base 60, a misspelt key, an empty file, another encoding."""
    with pytest.raises(MisconfiguredError) as error:
        load(tmp_path, content, monkeypatch)
    assert reason in error.value.message


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence."""
    monkeypatch.setenv("BRAIN_CONFIG", str(tmp_path))
    (tmp_path / "brain_anomaly.yaml").mkdir()
    with pytest.raises(MisconfiguredError, match="readable file"):
        load_config("brain_anomaly", AnomalyConfig)


def test_the_files_mean_what_they_meant_to_every_yaml_reader() -> None:
    """Nothing in config/ relies on what is refused."""
    for name in CONFIG_MODELS:
        text = (config_directory() / f"{name}.yaml").read_text("utf-8")
        model = load_config(name, _model(name))
        assert model == type(model).model_validate(yaml.safe_load(text))


def test_doctor_loads_every_file() -> None:
    """A mistyped setting shows before a job meets it."""
    assert set(CONFIG_MODELS) == {file.stem for file in config_directory().glob("*.yaml")}


def _model(name: str) -> type:
    import importlib  # noqa: PLC0415 - only here

    module, _, model = CONFIG_MODELS[name].partition(":")
    loaded: type = getattr(importlib.import_module(module), model)
    return loaded


def test_a_file_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setenv("BRAIN_CONFIG", str(tmp_path))
    with pytest.raises(MisconfiguredError, match=r"brain_anomaly\.yaml does not exist; restore it"):
        load_config("brain_anomaly", AnomalyConfig)
