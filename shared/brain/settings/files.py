"""Reads the product's constants from ``config/``, one YAML file a subject, and says clearly what is wrong in one."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import ValidationError

from brain.errors import MisconfiguredError

T = TypeVar("T")


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


def read_config(name: str, model: Callable[[Mapping[str, Any]], T]) -> T:
    """Return ``config/<name>.yaml`` as ``model`` makes it; a process reads each file once.

    Raises:
        MisconfiguredError: the file is missing, no YAML, or not of the model's shape.
    """
    return cast("T", _read(config_directory() / f"{name}.yaml", model))


@cache
def _read(path: Path, model: Callable[[Mapping[str, Any]], object]) -> object:
    try:
        parsed = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model(parsed)
    except FileNotFoundError as exc:
        raise MisconfiguredError(f"{path} is missing; restore it from the repository") from exc
    except yaml.YAMLError as exc:
        raise MisconfiguredError(f"{path} is not readable YAML: {exc}") from exc
    except ValidationError as exc:
        raise MisconfiguredError(f"{path} has errors:\n{exc}") from exc
