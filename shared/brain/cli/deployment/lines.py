"""One line of a plan: what to do with a command, what it is about, and the command quoted for a shell."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Verb = Literal[
    "run",  # must succeed
    "settle",  # must succeed within a few tries: what it names may have been made just now
    "together",  # must succeed; runs beside the others of its step
    "probe",  # says whether something exists; decides between the next two
    "update",  # when it exists
    "create",  # when it does not
    "require",  # must print something, else the remedy that follows is shown and the step fails
    "remedy",
    "remember",  # keeps what it prints for the way back
    "back",  # the way back, shown with PREVIOUS replaced by what was kept
    "expect",  # must print the label's part after "="
]
NOTHING = "true"  # the shell's own command that does nothing


@dataclass(frozen=True, slots=True)
class Line:
    """``command`` is quoted already."""

    verb: Verb
    label: str
    command: str

    def __str__(self) -> str:
        return f"{self.verb} {self.label} {self.command}"


def line(verb: Verb, label: str, *words: str) -> Line:
    """Return a line whose command is these words."""
    return Line(verb, label, shlex.join(words))


def upsert(label: str, probe: list[str], create: list[str], update: list[str] | None = None) -> Iterator[Line]:
    """Create what is not there; change what is, or leave it when there is no ``update``."""
    yield line("probe", label, *probe)
    yield line("update", label, *update) if update else Line("update", label, NOTHING)
    yield line("create", label, *create)
