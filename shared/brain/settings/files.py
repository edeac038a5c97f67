"""Configuration files in ``config/``: one YAML file per subject, validated by a pydantic model."""

import os
import re
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from brain.domain.types import explain_validation_error
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
        f"expected a configuration folder at {' or '.join(map(str, candidates))}, got none; set BRAIN_CONFIG to the "
        "folder of YAML files"
    )


def load_config(name: str, model: type[ConfigModel]) -> ConfigModel:
    """Return ``config/<name>.yaml`` as a ``model``; a process reads each file once.

    Raises:
        MisconfiguredError: The file is missing, not YAML, or invalid; the message lists every invalid setting.
    """
    return cast("ConfigModel", _load(config_directory() / f"{name}.yaml", model))


_TAG: Final = "tag:yaml.org,2002:"


class _RepeatedKeyError(yaml.constructor.ConstructorError):
    """A key appears twice in one mapping."""


class _ConfigLoader(yaml.SafeLoader):
    """YAML in which a repeated key is an error, and only plain numbers and true or false are not texts.

    YAML 1.1 would read ``no`` and ``on`` as booleans and ``1:30`` as 90, which pydantic then takes for numbers.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Construct a mapping; raises ``ConstructorError`` for a key that is repeated."""
        names: set[str] = set()
        for key, _ in node.value:
            if key.value in names and key.tag != f"{_TAG}merge":
                problem = f"key {key.value!r} must appear once, got it twice; remove one"
                raise _RepeatedKeyError(None, None, problem, key.start_mark)
            names.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


_REPLACED: Final = {f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"}
_ConfigLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_ConfigLoader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"^(?:true|false)$"), list("tf"))
_ConfigLoader.add_implicit_resolver(f"{_TAG}int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
_ConfigLoader.add_implicit_resolver(
    f"{_TAG}float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def parse_yaml(text: str) -> Any:
    """Return the content of a configuration file; raises ``YAMLError`` for text that is not YAML or repeats a key."""
    return yaml.load(text, _ConfigLoader)  # noqa: S506 - a safe loader


@cache
def _load(path: Path, model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate(parse_yaml(path.read_text(encoding="utf-8")))
    except FileNotFoundError as exc:
        raise MisconfiguredError(f"{path} does not exist; restore it from the repository") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise MisconfiguredError(f"{path} must be a readable file in UTF-8, got {exc}") from exc
    except yaml.YAMLError as exc:
        raise MisconfiguredError(_explain_yaml_error(path, exc)) from exc
    except ValidationError as exc:
        raise MisconfiguredError(f"{path}: {explain_validation_error(exc, document='the file')}") from exc


def _explain_yaml_error(path: Path, error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"{path} must be valid YAML, got {' '.join(str(error).split())}; correct the file"
    line, column = error.problem_mark.line + 1, error.problem_mark.column + 1
    if isinstance(error, _RepeatedKeyError):
        return f"{path}, line {line}: {error.problem}"
    return f"{path} must be valid YAML, got {error.problem} at line {line}, column {column}; correct the file"
