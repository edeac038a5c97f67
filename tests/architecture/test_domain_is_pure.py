"""The domain reads no clock, environment, chance, log, network, file or database; those come in as arguments."""

import ast
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "shared" / "brain" / "domain"
MODULES = sorted(DOMAIN.rglob("*.py"))
FORBIDDEN_IMPORTS = {
    "asyncio", "logging", "os", "pathlib", "secrets", "shutil", "socket", "sqlite3", "subprocess", "tempfile",
    "threading", "time", "urllib.request", "uuid",
}  # fmt: skip
FORBIDDEN_CALLS = {"now", "utcnow", "today"}
MODULE_CHANCE = {"random", "randint", "choice", "choices", "gauss", "shuffle", "uniform", "seed", "randrange"}


def imported(tree: ast.AST) -> set[str]:
    """Return the names of all imported modules."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def calls(tree: ast.AST) -> list[tuple[str, str]]:
    """Return (owner, method) of every call of the form ``owner.method()``."""
    method_calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            method_calls.append((owner.id if isinstance(owner, ast.Name) else "", node.func.attr))
    return method_calls


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(DOMAIN)))
def test_a_module_of_the_domain_is_pure(module: Path) -> None:
    """Time and chance are arguments."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert not imported(tree) & FORBIDDEN_IMPORTS
    clocks = [(o, m) for o, m in calls(tree) if o in ("datetime", "date") and m in FORBIDDEN_CALLS]
    chance = [(o, m) for o, m in calls(tree) if o == "random" and m in MODULE_CHANCE]
    assert not clocks
    assert not chance
