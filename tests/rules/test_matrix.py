"""Every actor, path, verb and bad document against the rules on the emulator, and every line of the rules used."""

import inspect
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from rules.documents import KINDS, Kind
from rules.matrix import ACTORS, DEEPER, TABLE, Row, broken, documents, grid
from rules.rest import Project

from brain.repositories import paths

pytestmark = pytest.mark.emulator

REACHING = {"anonymous", "user of the client", "user of another client", "user without claims", "admin"}


@pytest.mark.parametrize("row", [*TABLE, *DEEPER], ids=lambda row: row.path)
def test_only_those_the_table_names_may_do_it(project_with_rules: Project, row: Row) -> None:
    """Who the table does not name gets a clean no for every verb, and who it names gets through."""
    assert not list(broken(project_with_rules, grid([row])))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.collection)
def test_only_sound_documents_are_taken(project_with_rules: Project, kind: Kind) -> None:
    """Someone who may write still cannot write a document that is wrong in any one way."""
    cells = (cell for cell in documents() if cell.path.startswith(kind.collection + "/"))
    assert not list(broken(project_with_rules, cells))


def test_every_path_of_the_service_is_in_the_table() -> None:
    """A document that the service writes cannot be forgotten in the table of who may see it."""
    known = {_shape(row.path) for row in TABLE}
    assert {_shape(path) for path in _document_paths()} <= known


def test_every_expression_is_evaluated(open_project: Callable[[str], Project], rules_source: str) -> None:
    """Rule coverage is complete: no expression is left out by the matrix, and each condition was yes and no."""
    project = open_project(rules_source)
    some = [cell for cell in grid(TABLE) if cell.actor.name in REACHING]
    assert not list(broken(project, [*some, *documents()]))
    expressions = [node for tree in project.coverage() for node in _nodes(tree)]
    unused = {_place(node) for node in expressions if not node.get("values")}
    seen: dict[str, set[bool]] = {}
    for node in expressions:
        results = [v["value"]["boolValue"] for v in node.get("values", []) if "boolValue" in v["value"]]
        seen.setdefault(_place(node), set()).update(results)
    one_sided = {place for place, results in seen.items() if len(results) == 1}
    assert (unused, one_sided) == (set(), set())


def test_the_actors_differ() -> None:
    """No two actors are the same person by mistake."""
    assert len({actor.name for actor in ACTORS}) == len({str(actor.claims) for actor in ACTORS}) == len(ACTORS)


def _document_paths() -> Iterator[str]:
    """Every path of a document that ``paths`` makes, with any text in the place of each argument."""
    for name, function in inspect.getmembers(paths, inspect.isfunction):
        if function.__module__ == paths.__name__ and name != "format_timestamp":
            arguments = {p.name: _argument(p.annotation) for p in inspect.signature(function).parameters.values()}
            path = function(**arguments)
            yield path if path.count("/") % 2 else f"{path}/x"
    for name, collection in inspect.getmembers(paths, lambda member: isinstance(member, str)):
        if name.isupper():
            yield f"{collection}/x"


def _argument(annotation: Any) -> Any:
    return datetime(2026, 11, 22, tzinfo=UTC) if annotation in (datetime, "datetime") else "x"


def _shape(path: str) -> str:
    """Return a path with its ids left out: ``clients/*/events/*``; the one id that is a name stays."""
    parts = path.split("/")
    ids = [part if part == "brain" else "*" for part in parts[1::2]]
    return re.sub(r"/$", "", "/".join(f"{c}/{i}" for c, i in zip(parts[::2], ids, strict=True)))


def _nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for child in tree.get("children", []):
        yield from _nodes(child)


def _place(node: dict[str, Any]) -> str:
    position = node["sourcePosition"]
    return f"{position['line']}:{position.get('column', 0)}-{position.get('endOffset')}"
