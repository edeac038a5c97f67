"""Names are the field's terms: verbs for functions, telling nouns for variables, one name per type.

The thresholds lie near what httpx and starlette show by the same counts.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2] / "shared" / "brain"
_FILLER_WORDS = (
    "one found given told said known kept place at made seen met gone mine there whole asked shown what named"
)
FILLER = frozenset(_FILLER_WORDS.split()) | {"thing", "things", "stuff"}
IRREGULAR = (
    "kept told known found made seen met held sent given shown drawn taken written paid sold left gone begun worn said"
)
PARTICIPLE = re.compile(rf"_?([a-z]+ed|{IRREGULAR.replace(' ', '|')})")
_NOUNS_AND_VERBS = "feed need seed embed speed exceed proceed read bounded hundred shared red"
NO_PARTICIPLES = frozenset(_NOUNS_AND_VERBS.split())
TYPE_NAME = re.compile(r"[A-Z][a-z]+[A-Za-z]*")
MOST_FILLER = 0.005
MOST_PARTICIPLES = 0.015
MOST_HOMONYMS = 5
MOST_BARE_CALLABLES = 25


@cache
def modules() -> dict[Path, ast.Module]:
    """Every module of the library by its path below it."""
    return {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def nodes() -> Iterator[ast.AST]:
    """Every node of every module."""
    return (node for tree in modules().values() for node in ast.walk(tree))


def bindings() -> Iterator[str]:
    """The name of every assignment and parameter."""
    for node in nodes():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def functions() -> Iterator[str]:
    """The name of every function and method."""
    return (node.name for node in nodes() if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def public_types() -> Iterator[tuple[str, Path]]:
    """Every public class and type alias with its module."""
    for path, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, path
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield from [(node.targets[0].id, path)] * bool(TYPE_NAME.fullmatch(node.targets[0].id))


def test_variables_say_what_they_hold() -> None:
    """Filler words make up at most half a percent of all bindings."""
    names = list(bindings())
    filler = Counter(name for name in names if name in FILLER)
    assert filler.total() <= MOST_FILLER * len(names), filler.most_common()


def test_functions_are_verbs() -> None:
    """Past participles make up at most one and a half percent of all functions."""
    names = list(functions())
    participles = [n for n in names if PARTICIPLE.fullmatch(n) and n.lstrip("_") not in NO_PARTICIPLES]
    assert len(participles) <= MOST_PARTICIPLES * len(names), participles


def test_a_type_name_means_one_thing() -> None:
    """At most five public type names are defined more than once."""
    defined = defaultdict(list)
    for name, path in public_types():
        defined[name].append(str(path))
    homonyms = {name: paths for name, paths in defined.items() if len(paths) > 1}
    assert len(homonyms) <= MOST_HOMONYMS, homonyms


def test_callbacks_are_named_protocols() -> None:
    """At most 25 parameters and fields are bare callables."""
    bare = [
        ast.unparse(node)
        for node in nodes()
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation and "Callable[" in ast.unparse(node.annotation)
    ]
    assert len(bare) <= MOST_BARE_CALLABLES, bare
