"""Derives wrong rules from the right ones, each wrong in one place, so that a test can show that it would notice."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

VERBS = ("get", "list", "create", "update", "delete")
OTHER_TYPE = {
    "bool": "string",
    "list": "map",
    "map": "list",
    "number": "int",
    "string": "list",
    "timestamp": "string",
}
FLIPPED = {"==": "!=", "!=": "==", "<=": "<", ">=": ">", ">": ">="}
# Where to look first for a fault in a function, and the functions whose faults show in many collections.
HOME = {
    "worksFor": "events",
    "isBounded": "events",
    "isAdmin": "dead_letter_queue",
    "isAnswer": "feedback",
    "reasonFits": "feedback",
    "untilFits": "feedback",
    "isSigned": "features",
    "isGoldStandard": "gold_standards",
    "rangesFit": "gold_standards",
    "isFeature": "features",
}
SHARED = {"worksFor", "isBounded", "isAdmin", "isSigned"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: ``source[start:end]`` becomes ``text``; ``is_local`` when only ``collection`` can show it."""

    start: int
    end: int
    text: str
    collection: str
    is_local: bool
    kind: str  # place, grant or function
    what: str

    def __str__(self) -> str:
        return self.what


def mutants(source: str) -> Iterator[Mutant]:
    """Return every mutant of the rules, once."""
    bare = re.sub(r"//[^\n]*", lambda comment: " " * len(comment[0]), source)
    seen = {source}
    for change in _changes(bare):
        mutated = source[: change.start] + change.text + source[change.end :]
        if mutated not in seen:
            seen.add(mutated)
            line = source.count("\n", 0, change.start) + 1
            what = f"line {line}: {_short(source[change.start : change.end])} -> {_short(change.text) or 'nothing'}"
            collection, function = _home(bare, change.start)
            kind = "place" if change.is_place else "function" if function else "grant"
            is_local = function not in SHARED and not change.is_place
            yield Mutant(change.start, change.end, change.text, collection, is_local, kind, what)


def batches(every: Iterable[Mutant]) -> list[list[Mutant]]:
    """Put local mutants of different collections together: compiling the rules costs more than trying them."""
    packed: list[list[Mutant]] = []
    for mutant in every:
        fits = (
            batch for batch in packed if batch[0].is_local and all(m.collection != mutant.collection for m in batch)
        )
        place = next(fits, None) if mutant.is_local else None
        if place is None:
            packed.append([mutant])
        else:
            place.append(mutant)
    return packed


def mutated(source: str, batch: Iterable[Mutant]) -> str:
    """Return the rules with all faults of a batch."""
    for mutant in sorted(batch, key=lambda one: one.start, reverse=True):
        source = source[: mutant.start] + mutant.text + source[mutant.end :]
    return source


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    text: str
    is_place: bool = False


def _changes(bare: str) -> Iterator[_Change]:
    for found in re.finditer(r"(?:allow [a-z, ]+: if |return )([^;]+);", bare):
        yield from _conditions(bare, found.start(1), found.end(1))
        yield from _comparisons(bare, found.start(1), found.end(1))
        yield from _entries(bare, found.start(1), found.end(1))
    yield from _grants(bare)
    yield from _places(bare)


def _conditions(bare: str, start: int, end: int) -> Iterator[_Change]:
    """Replace each condition, down to the smallest, by a plain yes and by a plain no."""
    start, end = _trimmed(bare, start, end)
    yield _Change(start, end, "true")
    yield _Change(start, end, "false")
    if bare[start] == "(" and _closing(bare, start) == end - 1:
        yield from _conditions(bare, start + 1, end - 1)
        return
    for separators in (("?", ":"), ("||",), ("&&",)):
        parts = _split(bare, start, end, separators)
        if len(parts) > 1:
            for part in parts:
                yield from _conditions(bare, *part)
            return


def _comparisons(bare: str, start: int, end: int) -> Iterator[_Change]:
    """Turn each comparison around, move each bound by one, take another type, another caller, another default."""
    text = bare[start:end]
    for found in re.finditer(r"==|!=|<=|>=|>", text):
        yield _Change(start + found.start(), start + found.end(), FLIPPED[found[0]])
    for found in re.finditer(r"(?:[<>]=? |\{1,)(\d+)", text):
        for step in (-1, 1):
            yield _Change(start + found.start(1), start + found.end(1), str(int(found[1]) + step))
    for found in re.finditer(r"\bis ([a-z]+)", text):
        yield _Change(start + found.start(1), start + found.end(1), OTHER_TYPE[found[1]])
    for name, other in (("worksFor(client)", "isAdmin()"), ("isAdmin()", "request.auth != null")):
        for found in re.finditer(re.escape(name), text):
            yield _Change(start + found.start(), start + found.end(), other)
    for found in re.finditer(r", (false)\)", text):
        yield _Change(start + found.start(1), start + found.end(1), "true")


def _entries(bare: str, start: int, end: int) -> Iterator[_Change]:
    """Leave out each entry of each list of names."""
    for listing in re.finditer(r"\[((?:'[a-z_]+'(?:, )?)+)\]", bare[start:end]):
        for entry in re.finditer(r"'[a-z_]+'(?:, )?", listing[1]):
            left = listing[1][: entry.start()] + listing[1][entry.end() :]
            yield _Change(start + listing.start(1), start + listing.end(1), left.removesuffix(", "))


def _grants(bare: str) -> Iterator[_Change]:
    """Drop each grant, drop each of its verbs, and add each verb that its place does not grant yet."""
    for place in re.finditer(r"match [^\n]+\{\n((?:\s+allow [^;]+;\n)+)", bare):
        granted = {verb for verbs in re.findall(r"allow ([a-z, ]+):", place[1]) for verb in verbs.split(", ")}
        for found in re.finditer(r"allow ([a-z, ]+): if [^;]+;", place[1]):
            offset = place.start(1)
            yield _Change(offset + found.start(), offset + found.end(), "")
            verbs = found[1].split(", ")
            fewer = [[other for other in verbs if other != verb] for verb in verbs if len(verbs) > 1]
            more = [[*verbs, verb] for verb in VERBS if verb not in granted]
            for changed in (*fewer, *more):
                yield _Change(offset + found.start(1), offset + found.end(1), ", ".join(changed))


def _places(bare: str) -> Iterator[_Change]:
    """Widen each place: any collection in the place of the named one, and everything below the document."""
    for found in re.finditer(r"match /(?!databases)([^ ]+) \{\n", bare):
        for segment in re.finditer(r"[a-zA-Z_{}]+", found[1]):
            start, end = found.start(1) + segment.start(), found.start(1) + segment.end()
            wider = segment[0].replace("}", "=**}") if segment[0].startswith("{") else "{anywhere}"
            yield _Change(start, end, wider, is_place=True)


def _split(bare: str, start: int, end: int, separators: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return the parts between top-level separators."""
    parts, depth, begin, at = [], 0, start, start
    while at < end:
        depth += (bare[at] in "([{") - (bare[at] in ")]}")
        separator = next((s for s in separators if depth == 0 and bare.startswith(s, at)), None)
        if separator:
            parts.append((begin, at))
            begin = at = at + len(separator)
        else:
            at += 1
    return [*parts, (begin, end)]


def _closing(bare: str, start: int) -> int:
    depth = 0
    for at in range(start, len(bare)):
        depth += (bare[at] in "([{") - (bare[at] in ")]}")
        if depth == 0:
            return at
    raise AssertionError(f"no closing bracket after {start}")


def _trimmed(bare: str, start: int, end: int) -> tuple[int, int]:
    text = bare[start:end]
    return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())


def _home(bare: str, at: int) -> tuple[str, str | None]:
    """Return the collection to look at for a fault at a position, and the function that holds it, if one does."""
    line = bare.find("\n", at) + 1
    head = list(re.finditer(r"match (/[^ ]+) \{\n|function (\w+)\(", bare[:line]))[-1]
    if head[2]:
        return HOME[head[2]], head[2]
    parts = [part for part in head[1].split("/") if part and not part.startswith("{")]
    return parts[-1], None


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:100]
