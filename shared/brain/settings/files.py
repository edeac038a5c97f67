"""Reads the product's constants from ``config/``, one YAML file a subject, and says clearly what is wrong in one."""

import os
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from brain.errors import MisconfiguredError

ConfigModel = TypeVar("ConfigModel", bound=BaseModel)


def config_directory() -> Path:
    """Return ``BRAIN_CONFIG``, or the ``config`` folder beside the deployed or the checked-out library."""
    named = os.environ.get("BRAIN_CONFIG")
    library = Path(__file__).resolve().parents[1]
    places = [Path(named)] if named else [library.parent / "config", library.parents[1] / "config"]
    for place in places:
        if place.is_dir():
            return place
    raise MisconfiguredError(
        f"no configuration folder at {' or '.join(map(str, places))}; set BRAIN_CONFIG to the folder of YAML files"
    )


def load_config(name: str, model: type[ConfigModel]) -> ConfigModel:
    """Return ``config/<name>.yaml`` as a ``model``; a process reads each file once.

    Raises:
        MisconfiguredError: the file is missing, not YAML, or does not fit the model; every wrong setting is named.
    """
    return cast("ConfigModel", _load(config_directory() / f"{name}.yaml", model))


@cache
def _load(path: Path, model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as exc:
        raise MisconfiguredError(f"{path} is missing; restore it from the repository") from exc
    except yaml.YAMLError as exc:
        raise MisconfiguredError(f"{path} is not valid YAML: {exc}") from exc
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in exc.errors())
        raise MisconfiguredError(f"{path} has invalid settings: {faults}") from exc
