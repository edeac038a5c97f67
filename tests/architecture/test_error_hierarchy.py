"""The tree in the docstring of ``brain.errors`` shows every class, its parent and its code."""

from collections.abc import Iterator

from brain import errors
from brain.errors import BrainError

BULLETS = "*x+-"


def draw_tree(error: type[BrainError], depth: int = 0) -> Iterator[str]:
    """Yield the line of a class and those of its subclasses, in the order of their definition."""
    yield f"{'  ' * depth}{BULLETS[depth]} {error.__name__} ({error.code})"
    for subclass in error.__subclasses__():
        if subclass.__module__ == errors.__name__:
            yield from draw_tree(subclass, depth + 1)


def test_the_docstring_draws_the_hierarchy() -> None:
    """A new class is added to the tree, and a code that changed is noticed."""
    assert errors.__doc__ is not None
    assert "\n".join(draw_tree(BrainError)) in errors.__doc__


def test_codes_are_unique() -> None:
    """A client of the API can tell the errors apart by code."""
    codes = [line.partition("(")[2] for line in draw_tree(BrainError)]
    assert len(set(codes)) == len(codes)
