"""Runs the code with one settings file changed, without writing a file for each of the thousands of changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import BaseModel

from brain.settings import files

CONFIG = Path(__file__).parents[3] / "config"


@cache
def read_tree(name: str) -> Any:
    """Return ``config/<name>.yaml`` as parsed YAML; do not change it."""
    return files.parse_yaml((CONFIG / f"{name}.yaml").read_text(encoding="utf-8"))


@contextmanager
def changed_file(name: str, model: type[BaseModel], tree: Any) -> Iterator[None]:
    """Make ``load_config(name, ...)`` return ``tree`` as ``model``; raises ``ValidationError`` if it is invalid."""
    changed_config = model.model_validate(tree)
    load = files._load

    def load_changed(path: Path, model: type[BaseModel]) -> BaseModel:
        return changed_config if path.stem == name else load(path, model)

    with patch.object(files, "_load", load_changed):
        yield
