"""A sender's own list of what it sent, in the forms in which such lists come."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

ID_NAMES: Final = ("event_id", "id")
MAX_ID_CHARACTERS: Final = 512
_OURS: Final = re.compile(r"evt_[0-9a-f]{24}")
_LETTER: Final = re.compile(r"dl_[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Sent:
    """One line: what was sent under which id, how often, and what the answer said where the sender noted it."""

    id: str
    total: int = 1
    outcome: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether the id is an event's, as the answers give it."""
        return bool(_OURS.fullmatch(self.id))

    @property
    def is_letter(self) -> bool:
        """Whether the id is a dead letter's, as the answers give it."""
        return bool(_LETTER.fullmatch(self.id))


def manifest(text: str) -> list[Sent]:
    """Return the lines of a manifest: ids one a line, CSV with a header, or JSON lines.

    Columns or names: ``id`` (or ``event_id``), and optional ``total`` (how often it was sent; 1 if left out) and
    ``outcome`` (what the answer said).

    Raises:
        InvalidInputError: it is empty, or a line has no id or no sound total; the message names the line.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines:
        raise InvalidInputError("expected a manifest with an id a line; the file is empty")
    if lines[0][1].startswith("{"):
        return [_sent(number, _object(number, line)) for number, line in lines]
    header = [name.strip().lower() for name in next(csv.reader([lines[0][1]]))]
    if set(header) & set(ID_NAMES):
        return list(_of_csv(text, header))
    if len(header) > 1:
        raise InvalidInputError(
            f"line {lines[0][0]}: expected a header with id or event_id; found {len(header)} others"
        )
    return [_sent(number, {"id": line}) for number, line in lines]


def _of_csv(text: str, header: list[str]) -> Iterator[Sent]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    rows = ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
    next(rows)
    for number, row in rows:
        if len(row) != len(header):
            raise InvalidInputError(f"line {number}: expected {len(header)} columns as in the header, found {len(row)}")
        yield _sent(number, {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()})


def _object(number: int, line: str) -> dict[str, Any]:
    try:
        value = parse_json(line.encode())
    except InvalidInputError as exc:
        raise InvalidInputError(f"line {number}: expected a JSON object with id; {exc.message}") from exc
    if not isinstance(value, dict):
        raise InvalidInputError(f"line {number}: expected a JSON object with id, found another value")
    return value


def _sent(number: int, given: dict[str, Any]) -> Sent:
    found = next((str(given[name]) for name in ID_NAMES if given.get(name) not in (None, "")), "")
    if not 0 < len(found) <= MAX_ID_CHARACTERS:
        raise InvalidInputError(f"line {number}: expected an id of 1 to {MAX_ID_CHARACTERS} characters under id")
    total = str(given.get("total", 1))
    if not total.isascii() or not total.isdigit() or not 0 < int(total[:12]) <= 10**9:
        raise InvalidInputError(f"line {number}: expected total as a whole number from 1, how often it was sent")
    outcome = given.get("outcome")
    return Sent(found, int(total), str(outcome) if outcome is not None else None)
