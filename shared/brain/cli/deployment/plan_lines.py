"""Lines of a deployment plan: what to do with a command, its label, and the command quoted for a shell."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

PlanVerb: TypeAlias = Literal[
    "run",  # must succeed
    "retry",  # must succeed within a few attempts, because what it refers to may just have been created
    "parallel",  # must succeed; runs concurrently with the others of its step
    "probe",  # tests whether something exists, which decides between the next two
    "update",  # if it exists
    "create",  # if it does not exist
    "require",  # must print something, otherwise the remedy that follows is shown and the step fails
    "remedy",
    "capture",  # its output is kept for the rollback
    "rollback",  # the command to roll back, shown with PREVIOUS replaced by the captured output
    "expect",  # must print the part of the label after "="
]
NO_OPERATION = "true"  # the shell command that does nothing


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A line of the plan; ``command`` is quoted for a shell."""

    verb: PlanVerb
    label: str
    command: str

    def __str__(self) -> str:
        return f"{self.verb} {self.label} {self.command}"


def build_line(verb: PlanVerb, label: str, *words: str) -> PlanLine:
    """Return a line with the command that consists of ``words``."""
    return PlanLine(verb, label, shlex.join(words))


def create_or_update(
    label: str, probe: Sequence[str], create: Sequence[str], update: Sequence[str] | None = None
) -> Iterator[PlanLine]:
    """Yield the lines that create what does not exist and update what does; without ``update`` it is left as it is."""
    yield build_line("probe", label, *probe)
    yield build_line("update", label, *update) if update else PlanLine("update", label, NO_OPERATION)
    yield build_line("create", label, *create)
