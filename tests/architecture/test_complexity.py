"""Functions have few paths: a cyclomatic complexity of at most 10, counted as the ``radon`` tool counts it."""

import ast
from collections.abc import Iterator
from functools import singledispatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted([*(ROOT / "shared" / "brain").rglob("*.py"), *(ROOT / "functions").glob("*.py")])
MAX_COMPLEXITY = 10
Function = ast.FunctionDef | ast.AsyncFunctionDef


@singledispatch
def count_branches(node: ast.AST) -> int:
    """Return how many paths a node adds, those of its children not counted."""
    return int(isinstance(node, ast.If | ast.IfExp | ast.Assert))


@count_branches.register
def _(node: ast.BoolOp) -> int:
    return len(node.values) - 1


@count_branches.register
def _(node: ast.comprehension) -> int:
    return 1 + len(node.ifs)


@count_branches.register(ast.For | ast.AsyncFor | ast.While)
def _(node: ast.For | ast.AsyncFor | ast.While) -> int:
    return 1 + bool(node.orelse)


@count_branches.register(ast.Try | ast.TryStar)
def _(node: ast.Try | ast.TryStar) -> int:
    return len(node.handlers) + bool(node.orelse)


@count_branches.register
def _(node: ast.Match) -> int:
    return sum(not is_catch_all(case.pattern) for case in node.cases)


def is_catch_all(pattern: ast.pattern) -> bool:
    """Whether a pattern of a ``match`` statement matches everything."""
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def walk_body(function: Function) -> Iterator[ast.AST]:
    """Yield all nodes of a function's body but those of functions and classes defined in it."""
    nodes: list[ast.AST] = list(function.body)
    while nodes:
        node = nodes.pop()
        if not isinstance(node, Function | ast.ClassDef):
            yield node
            nodes += [] if isinstance(node, ast.Assert) else ast.iter_child_nodes(node)


def measure_complexity(function: Function) -> int:
    """Return a function's cyclomatic complexity: one path, and one more per branch."""
    return 1 + sum(map(count_branches, walk_body(function)))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_complex(module: Path) -> None:
    """More branches than ten are too many to be read, or tested, at once."""
    functions = [node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, Function)]
    complexities = {function.name: measure_complexity(function) for function in functions}
    assert not {name: complexity for name, complexity in complexities.items() if complexity > MAX_COMPLEXITY}


@pytest.mark.parametrize(
    ("body", "complexity"),
    [
        ("return 1", 1),
        ("return [x for x in y if x if not x]", 4),
        ("return (lambda: a and b or c)()", 3),
        ("for x in y:\n  pass\n else:\n  return x if x else y", 4),
        ("if a:\n  pass\n elif b:\n  pass\n else:\n  assert a or b", 4),
        ("try:\n  pass\n except A:\n  pass\n except B:\n  pass\n else:\n  pass", 4),
        ("match x:\n  case 1:\n   pass\n  case 2:\n   pass\n  case _:\n   pass", 3),
        ("def inner():\n  return 1 if x else 2\n return inner", 1),
        ("with a:\n  while b:\n   pass", 2),
    ],
)
def test_branches_are_counted(body: str, complexity: int) -> None:
    """Each kind of branch adds as much as ``radon`` adds."""
    function = ast.parse(f"def f():\n {body}").body[0]
    assert isinstance(function, Function)
    assert measure_complexity(function) == complexity
