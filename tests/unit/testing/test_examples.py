"""The examples of ``brain.testing`` and of docs/testing.md do what they say."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import brain.testing

GUIDE = Path(__file__).parents[3] / "docs" / "testing.md"
MODULES = sorted(module.name for module in pkgutil.walk_packages(brain.testing.__path__, "brain.testing."))


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    """Run every example of a module; expected errors need only their type and message."""
    outcome = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert outcome.failed == 0


def test_guide() -> None:
    """Execute the code of docs/testing.md from top to bottom."""
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 4
    namespace: dict[str, Any] = {}
    for block in blocks:
        exec(block, namespace)  # noqa: S102 - the guide's own code


def test_guide_lists_every_module() -> None:
    """A double or a simulation that the guide does not name would not be found."""
    listed = set(re.findall(r"`(\w+)`", GUIDE.read_text("utf-8")))
    assert {name.rsplit(".", 1)[1] for name in MODULES} - listed == {"simulations"}
