"""Count the lines of an imported file, and remember as many bad lines as a person would read."""

from dataclasses import dataclass, field

from brain.domain.retail.imports.import_lines import BadLine


@dataclass(slots=True)
class FileSummary:
    """The counts of one file; of the bad lines the first ``max_bad_lines`` are remembered."""

    source: str
    max_bad_lines: int
    good: int = 0
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)

    @property
    def read(self) -> int:
        """The number of lines without the header and empty lines."""
        return self.good + self.bad

    def add_bad_line(self, line: BadLine) -> None:
        """Count a bad line, and remember it if there is room."""
        self.bad += 1
        if len(self.bad_lines) < self.max_bad_lines:
            self.bad_lines.append(line)
