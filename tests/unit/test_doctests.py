"""Public functions of the statistical packages carry an example, and every example prints what it says."""

import doctest
import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

PACKAGES = ("statistics", "scoring", "anomaly", "predictions", "policy_evaluation")


def list_modules():
    """All modules of the packages, by dotted name."""
    for name in PACKAGES:
        package = importlib.import_module(f"brain.domain.{name}")
        yield package.__name__
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield module.name


MODULES = sorted(list_modules())


def functions_without_example(module: ModuleType):
    """The public functions that a module defines and whose docstring has no ``>>>``."""
    functions = inspect.getmembers(module, inspect.isfunction)
    return [
        name
        for name, function in functions
        if function.__module__ == module.__name__ and not name.startswith("_") and ">>>" not in (function.__doc__ or "")
    ]


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_an_example(name):
    """Short and runnable, in its docstring."""
    assert functions_without_example(importlib.import_module(name)) == []


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    """Doctest runs them all."""
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


def test_a_function_without_an_example_is_reported():
    """So the check above can fail."""
    module = ModuleType("sample_module")
    exec("def add(a, b):\n    '''Add.'''\n    return a + b\n\ndef _private():\n    pass\n", module.__dict__)  # noqa: S102
    assert functions_without_example(module) == ["add"]
