"""Configuration files in ``config/``: one YAML file per subject, validated by a pydantic model."""

import os
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from brain.errors import MisconfiguredError

ConfigModel = TypeVar("ConfigModel", bound=BaseModel)


def config_directory() -> Path:
    """Return ``BRAIN_CONFIG``, or the ``config`` folder next to the deployed or checked-out library."""
    override = os.environ.get("BRAIN_CONFIG")
    library = Path(__file__).resolve().parents[1]
    candidates = [Path(override)] if override else [library.parent / "config", library.parents[1] / "config"]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise MisconfiguredError(
        f"no configuration folder at {' or '.join(map(str, candidates))}; set BRAIN_CONFIG to the folder of YAML files"
    )


def load_config(name: str, model: type[ConfigModel]) -> ConfigModel:
    """Return ``config/<name>.yaml`` as a ``model``; a process reads each file once.

    Raises:
        MisconfiguredError: The file is missing, not YAML, or invalid; the message lists every invalid setting.
    """
    return cast("ConfigModel", _load(config_directory() / f"{name}.yaml", model))


@cache
def _load(path: Path, model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as exc:
        raise MisconfiguredError(f"{path} does not exist; restore it from the repository") from exc
    except yaml.YAMLError as exc:
        raise MisconfiguredError(f"{path} must be valid YAML: {exc}") from exc
    except ValidationError as exc:
        problems = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors())
        raise MisconfiguredError(f"{path} has invalid settings: {problems}") from exc
