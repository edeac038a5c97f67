"""Counts what an import took and what it did not, remembering only as many bad lines as a person would read."""

from dataclasses import dataclass, field

from brain.domain.retail.imports.lines import BadLine


@dataclass(slots=True)
class Tally:
    """The books of one file: ``read`` = ``good`` + ``bad`` lines; the first ``shown`` bad ones are kept."""

    source: str
    shown: int
    good: int = 0
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)

    @property
    def read(self) -> int:
        """All lines but the heading and empty ones."""
        return self.good + self.bad

    def refuse(self, line: BadLine) -> None:
        """Count a bad line."""
        self.bad += 1
        if len(self.bad_lines) < self.shown:
            self.bad_lines.append(line)
