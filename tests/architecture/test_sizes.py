"""Modules stay one idea long: at most 300 lines a module, 40 lines a function, docstrings at the door."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE_LINES = 300
FUNCTION_LINES = 40
MEDIAN_MODULE_LINES = 100
NINE_IN_TEN_FUNCTION_LINES = 15
MODULES = sorted([*(ROOT / "shared" / "brain").rglob("*.py"), *(ROOT / "functions").glob("*.py")])


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, methods and inner ones included."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_one_idea_long(module: Path) -> None:
    """Short enough to be read at one sitting, and it says at its door why it exists."""
    text = module.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= MODULE_LINES
    assert ast.get_docstring(tree)
    too_long = {f.name: body_lines(f) for f in functions(tree) if body_lines(f) > FUNCTION_LINES}
    assert not too_long


def test_most_modules_and_functions_are_short() -> None:
    """Half of the modules have at most 100 lines, and nine functions in ten at most 15."""
    texts = [module.read_text(encoding="utf-8") for module in MODULES]
    lengths = sorted(body_lines(function) for text in texts for function in functions(ast.parse(text)))
    assert statistics.median(len(text.splitlines()) for text in texts) <= MEDIAN_MODULE_LINES
    assert lengths[len(lengths) * 9 // 10] <= NINE_IN_TEN_FUNCTION_LINES


def test_no_module_is_named_after_nothing() -> None:
    """Names are the field's words; these say nothing."""
    empty = {"utils", "util", "helpers", "helper", "manager", "engine", "process", "data", "misc", "common"}
    assert not [path for path in MODULES if path.stem in empty or path.parent.name in empty]
