"""The work of a job that follows a script, a list of actions for each attempt; the last attempt repeats.

``{work: 40}`` works for 40 s. ``{freeze: 40}`` lets the process stand still, and its heartbeat with it.
``{outage: 40}`` works while the store is away, ``{lose_store: 40}`` goes on at once without it. ``{commit: 1}`` commits
step 1. ``hang`` works until the queue has given the attempt up, and the process ends; ``kill`` ends it now.
``{raise: KeyError}`` raises. ``stop`` ends the attempt as at its time limit.
"""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from brain.ports.document_store import Set
from brain.services.jobs.lease import Figures, Lease
from brain.testing.faulty_store import ProcessKilled

Action = Mapping[str, Any] | str
Script = Sequence[Action]
OUTCOME = "clients/{}/views/outcome"


class World(Protocol):
    """Where the work happens."""

    def pass_time(self, duration: timedelta) -> None:
        """Let time pass, with everything that happens meanwhile."""

    def take_store_away(self, duration: timedelta) -> None:
        """Let the store refuse every call for a time."""

    @property
    def deadline(self) -> timedelta:
        """How long the queue waits for the worker."""


@dataclass(slots=True)
class Attempt:
    """An attempt that is at work."""

    is_frozen: bool = False


@dataclass(slots=True)
class ScriptedWork:
    """Follows the scripts, and counts the attempts, those that finished, and those that began beside another."""

    scripts: Sequence[Script]
    world: World
    starts: int = 0
    finished: int = 0
    overlaps: int = 0
    attempts: list[Attempt] = field(default_factory=list)

    def __call__(self, lease: Lease) -> Figures:
        """Follow the script of this attempt, and finish the run with a document that names the attempt."""
        script = self.scripts[min(self.starts, len(self.scripts) - 1)]
        self.starts += 1
        self.overlaps += sum(not other.is_frozen for other in self.attempts)
        attempt = Attempt()
        self.attempts.append(attempt)
        try:
            for action in script:
                if action == "stop":
                    return lease.stop({"done": 0})
                self._act(attempt, lease, action)
            writes = [Set(OUTCOME.format(lease.client_id), {"attempt": lease.run.attempt})]
            figures = lease.finish(writes, {"done": 1})
            self.finished += 1
            return figures
        finally:
            self.attempts.remove(attempt)

    def _act(self, attempt: Attempt, lease: Lease, action: Action) -> None:
        name, value = next(iter(action.items())) if isinstance(action, Mapping) else (action, None)
        if name in ("kill", "hang"):
            self.world.pass_time(self.world.deadline if name == "hang" else timedelta())
            raise ProcessKilled
        if name == "commit":
            lease.commit([], {"step": value})
        elif name == "raise":
            raise getattr(builtins, value)("a bug")
        else:
            self._pass_time(attempt, name, timedelta(seconds=value))

    def _pass_time(self, attempt: Attempt, name: str, duration: timedelta) -> None:
        attempt.is_frozen = name == "freeze"
        if name in ("outage", "lose_store"):
            self.world.take_store_away(duration)
        if name != "lose_store":
            self.world.pass_time(duration)
        attempt.is_frozen = False
