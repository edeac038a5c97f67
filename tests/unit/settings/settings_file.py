"""One settings file with the probes of its keys, and what a change of the file brings about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ValidationError
from unit.settings import changes
from unit.settings.changed_files import changed_file, read_tree
from unit.settings.changes import KeyPath

from brain.errors import BrainError

Effect: TypeAlias = Literal["rejected", "different", "none"]
Probe: TypeAlias = Callable[[], object]
"""Runs the code that reads a file on a small input, and returns all that it puts out."""


@dataclass
class SettingsFile:
    """A file of ``config/`` and the probes of its keys.

    Attributes:
        name: the name of the file without its ending.
        model: the model that ``load_config`` validates it with.
        probes: probes by the start of the paths whose changes they show; ``""`` is the start of every path.
        independent: a list whose elements do not depend on each other: a change is made in a file with that one only.
        values: more values to try first, by the path of a key or by its last name.
        optional: keys that the file may have and does not, by path; they are changed like the others.
        null_is_absent: the pattern of paths at which null is the same as no key, for which removing it has no effect.
        single_valued: keys with a single legal value, and why.
    """

    name: str
    model: type[BaseModel]
    probes: Mapping[str, Sequence[Probe]]
    independent: str = ""
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    optional: Mapping[str, Any] = field(default_factory=dict)
    null_is_absent: str = ""
    single_valued: Mapping[str, str] = field(default_factory=dict)
    tried: int = 0

    def __post_init__(self) -> None:
        self.tree = read_tree(self.name)
        for path, value in self.optional.items():
            self.tree = changes.replace(self.tree, parse_path(path), value)
        self._siblings = changes.group_siblings(self.tree)
        self._outputs: dict[tuple[Probe, int | None], object] = {}

    def list_changes(self, path: KeyPath, value: Any) -> Iterator[Any]:
        """Yield copies of the file in which the leaf at ``path`` has another value."""
        names = (changes.format_path(path), next((part for part in reversed(path) if isinstance(part, str)), ""))
        more = [other for name in names for other in self.values.get(name, ()) if other != value]
        for other in more + changes.suggest_values(value, self._siblings[changes.shape_of(path)]):
            yield changes.replace(self.tree, path, other)

    def list_removals(self) -> Iterator[tuple[KeyPath, Any]]:
        """Yield the path of each key and list element, and a copy of the file without it."""
        for path, value in changes.walk_nodes(self.tree):
            if value is not None or not fnmatch(changes.format_path(path), self.null_is_absent):
                yield path, changes.remove(self.tree, path)

    def find_effect(self, path: KeyPath, tree: Any) -> Effect:
        """Return what a change of the key at ``path`` brings about, where ``tree`` is the changed file.

        A change that the code refuses when it runs, with an error of its own, counts as rejected; any other error is
        raised, since the model should not have accepted the file.
        """
        self.tried += 1
        index = path[1] if path[0] == self.independent and len(path) > 2 and isinstance(path[1], int) else None
        try:
            with changed_file(self.name, self.model, self._narrow(tree, index)):
                is_different = any(probe() != self._output(probe, index) for probe in self._select_probes(path))
        except (ValidationError, BrainError):
            return "rejected"
        return "different" if is_different else "none"

    def _narrow(self, tree: Any, index: int | None) -> Any:
        """Return the file with one element of its independent list, or the whole file for None."""
        return tree if index is None else {**tree, self.independent: [tree[self.independent][index]]}

    def _select_probes(self, path: KeyPath) -> list[Probe]:
        dotted = changes.format_path(path)
        starts = [start for start in self.probes if f"{dotted}.".startswith(f"{start}." if start else "")]
        return [probe for start in sorted(starts, key=len, reverse=True) for probe in self.probes[start]]

    def _output(self, probe: Probe, index: int | None) -> object:
        if (probe, index) not in self._outputs:
            with changed_file(self.name, self.model, self._narrow(self.tree, index)):
                self._outputs[probe, index] = probe()
        return self._outputs[probe, index]


def parse_path(dotted: str) -> KeyPath:
    """Return the path of ``format_path``; numbers are the indices of lists."""
    return tuple(int(part) if part.isdigit() else part for part in dotted.split("."))
