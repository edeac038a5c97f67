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
        probes: probes by patterns of the paths whose changes they show, the best one first; ``*`` matches any text.
        independent: a list or mapping of independent elements, of which only the changed one is loaded.
        values: more values to try first, by the path of a key or by its last name.
        optional: keys that the file may have and does not, by path; they are changed like the others.
        only: a pattern of the paths to change, for the second of two entries of one file.
        adjust: adapts other keys to a change, where the model checks a rule between them such as a sum of 1.
        null_is_absent: the pattern of paths at which null is the same as no key, for which removing it has no effect.
        single_valued: keys with a single legal value, and why.
    """

    name: str
    model: type[BaseModel]
    probes: Mapping[str, Sequence[Probe]]
    independent: str = ""
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    optional: Mapping[str, Any] = field(default_factory=dict)
    only: str = "*"
    adjust: Callable[[Any, KeyPath], Any] = lambda tree, _: tree
    null_is_absent: str = ""
    single_valued: Mapping[str, str] = field(default_factory=dict)
    tried: int = 0

    def __post_init__(self) -> None:
        self.tree = read_tree(self.name)
        for path, value in self.optional.items():
            self.tree = changes.replace(self.tree, parse_path(path), value)
        self._siblings = changes.group_siblings(self.tree)
        self._outputs: dict[tuple[Probe, str | int | None], object] = {}

    def list_leaves(self) -> list[tuple[KeyPath, Any]]:
        """Return the path and value of every leaf that is to be changed."""
        leaves = changes.walk_leaves(self.tree)
        return [(path, value) for path, value in leaves if fnmatch(changes.format_path(path), self.only)]

    def list_changes(self, path: KeyPath, value: Any) -> Iterator[Any]:
        """Yield copies of the file in which the leaf at ``path`` has another value."""
        names = (changes.format_path(path), next((part for part in reversed(path) if isinstance(part, str)), ""))
        more = [other for name in names for other in self.values.get(name, ()) if other != value]
        for other in more + changes.suggest_values(value, self._siblings[changes.shape_of(path)]):
            yield self.adjust(changes.replace(self.tree, path, other), path)

    def list_removals(self) -> Iterator[tuple[KeyPath, Any]]:
        """Yield the path of each key and list element, and a copy of the file without it."""
        for path, value in changes.walk_nodes(self.tree):
            dotted = changes.format_path(path)
            if fnmatch(dotted, self.only) and (value is not None or not fnmatch(dotted, self.null_is_absent)):
                yield path, changes.remove(self.tree, path)

    def is_valid(self, path: KeyPath, tree: Any) -> bool:
        """Return whether the model accepts ``tree``, the file with a change at ``path``."""
        self.tried += 1
        try:
            self.model.model_validate(self._narrow(tree, self._find_element(path)))
        except ValidationError:
            return False
        return True

    def find_effect(self, path: KeyPath, tree: Any) -> Effect:
        """Return what a change of the key at ``path`` brings about, where ``tree`` is the changed file.

        A change that the code refuses when it runs, with an error of its own, counts as rejected; any other error is
        raised, since the model should not have accepted the file.
        """
        self.tried += 1
        element = self._find_element(path)
        try:
            with changed_file(self.name, self.model, self._narrow(tree, element)):
                is_different = any(probe() != self._output(probe, element) for probe in self._select_probes(path))
        except (ValidationError, BrainError):
            return "rejected"
        return "different" if is_different else "none"

    def _find_element(self, path: KeyPath) -> str | int | None:
        """Return the independent element that ``path`` leads into, None for the rest of the file."""
        return path[1] if path[0] == self.independent and len(path) > 2 else None

    def _narrow(self, tree: Any, element: str | int | None) -> Any:
        """Return the file with one of its independent elements, or the whole file for None."""
        if element is None:
            return tree
        content = tree[self.independent][element]
        return {**tree, self.independent: [content] if isinstance(element, int) else {element: content}}

    def _select_probes(self, path: KeyPath) -> list[Probe]:
        dotted = changes.format_path(path)
        matching = [probe for pattern, probes in self.probes.items() if fnmatch(dotted, pattern) for probe in probes]
        return list(dict.fromkeys(matching))

    def _output(self, probe: Probe, element: str | int | None) -> object:
        if (probe, element) not in self._outputs:
            with changed_file(self.name, self.model, self._narrow(self.tree, element)):
                self._outputs[probe, element] = probe()
        return self._outputs[probe, element]


def parse_path(dotted: str) -> KeyPath:
    """Return the path of ``format_path``; numbers are the indices of lists."""
    return tuple(int(part) if part.isdigit() else part for part in dotted.split("."))
