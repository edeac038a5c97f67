"""Rules that are wrong in one place are noticed by the matrix, whichever place it is."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import pytest
from rules.matrix import Cell, documents, grid
from rules.mutants import Mutant, batches, mutants, mutated
from rules.rest import Project

pytestmark = pytest.mark.emulator

AT_ONCE = 2
CELLS = (*documents(), *grid())
TELLING = ("user of the client", "admin", "anonymous", "user of another client")  # with whom faults show soonest


def test_every_mutant_is_killed(open_project: Callable[[str], Project], rules_source: str) -> None:
    """For each condition, bound, type, name, verb and place of the rules some cell of the matrix depends on it."""
    kills: Counter[str] = Counter()

    projects = SimpleQueue[Project]()
    for _ in range(AT_ONCE):
        projects.put(open_project(rules_source))

    def survivors(batch: list[Mutant]) -> list[str]:
        project = projects.get()
        project.put_rules(mutated(rules_source, batch))
        alive = [str(mutant) for mutant in batch if not _is_killed(mutant, project, kills)]
        projects.put(project)
        return alive

    with ThreadPoolExecutor(AT_ONCE) as pool:
        alive = [mutant for batch in pool.map(survivors, batches(mutants(rules_source))) for mutant in batch]
    assert alive == []


def test_the_mutants_are_of_every_kind(rules_source: str) -> None:
    """Each kind of fault is made, so that an empty list of mutants cannot pass for a good one."""
    made = {mutant.what.rpartition(" -> ")[2] for mutant in mutants(rules_source)}
    assert {"true", "false", "!=", "101", "499", "map", "isAdmin()", "{anywhere}", "{event=**}", "nothing"} <= made
    assert {"get, list", "update", "'accepted', 'dismissed', 'snoozed'"} <= made


def _is_killed(mutant: Mutant, project: Project, kills: Counter[str]) -> bool:
    for cell in _telling_first(mutant, kills):
        cell.make_way(project)
        if not cell.holds(project)[0]:
            kills[str(cell)] += 1
            return True
    return False


def _telling_first(mutant: Mutant, kills: Counter[str]) -> Iterator[Cell]:
    """Cells of the mutant's collection first, and of these the kind that shows such a fault soonest."""

    def order(cell: Cell) -> tuple[int, int]:
        in_grid, is_telling = cell.about == "the grid", cell.actor.name in TELLING
        if mutant.kind == "place":
            return (0 if mutant.collection in cell.path and is_telling else 1 if is_telling else 2), -kills[str(cell)]
        if mutant.kind == "grant":
            return (0 if in_grid and is_telling else 1 if cell.verb == "create" else 2), -kills[str(cell)]
        return -kills[str(cell)], (0 if is_telling and cell.verb != "update" else 1)

    near = [cell for cell in CELLS if _is_near(mutant, cell)]
    yield from sorted(near, key=order)
    if not mutant.is_local:
        yield from (cell for cell in CELLS if not _is_near(mutant, cell))


def _is_near(mutant: Mutant, cell: Cell) -> bool:
    if mutant.kind == "place":
        return "unknown" in cell.path
    return mutant.collection == cell.path.split("/")[-2]
