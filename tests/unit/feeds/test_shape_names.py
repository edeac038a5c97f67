"""A shape's names never keep a payload from the shape that it has."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.feeds.payload_shapes import PayloadShape
from brain.domain.feeds.registry import SHAPES
from brain.domain.json_text import parse_json
from brain.domain.privacy.personal_fields import normalize_field_name
from brain.errors import InvalidInputError

TESTS = Path(__file__).parents[2]
ALL_SHAPES = tuple(dict.fromkeys(shape for shapes in SHAPES.values() for shape in shapes))


def _list_objects(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a document, also those in JSON text."""
    if isinstance(node, str) and node.lstrip()[:1] in ("{", "["):
        try:
            yield from _list_objects(parse_json(node.encode()))
        except InvalidInputError:
            return
    elif isinstance(node, dict):
        yield node
        for content in node.values():
            yield from _list_objects(content)
    elif isinstance(node, list):
        for element in node:
            yield from _list_objects(element)


def _load_objects() -> list[dict[str, Any]]:
    fixtures = (parse_json(file.read_bytes()) for file in sorted((TESTS / "unit/feeds/fixtures").glob("*/*.json")))
    inputs = (yaml.safe_load(file.read_text("utf-8")) for file in sorted((TESTS / "field/gateway").glob("*.yaml")))
    return [json_object for document in (*fixtures, *inputs) for json_object in _list_objects(document)]


OBJECTS = _load_objects()
FIELDS = sorted(
    {(str(name), repr(content)): (str(name), content) for node in OBJECTS for name, content in node.items()}.items()
)
NAMES = sorted({name for shape in ALL_SHAPES for name in shape.names})


def _list_kept_out(payload: dict[str, Any]) -> list[str]:
    """Return the shapes that the payload has although it has none of their names."""
    names = set(map(normalize_field_name, payload))
    return [
        shape.description
        for shape in ALL_SHAPES
        if shape.names and names.isdisjoint(map(normalize_field_name, shape.names)) and shape.matches(payload)
    ]


def test_no_object_of_a_documented_payload_or_a_field_input_is_kept_out() -> None:
    """Every object in them that has a shape has one of the shape's names; nearly every shape is among them."""
    matched: set[PayloadShape] = set()
    for payload in OBJECTS:
        named = {str(name): content for name, content in payload.items()}
        assert _list_kept_out(named) == []
        matched |= {shape for shape in ALL_SHAPES if shape.matches(named)}
    assert len(matched) > 0.8 * len(ALL_SHAPES)


@given(st.randoms(use_true_random=False))
def test_no_mixture_of_fields_is_kept_out(generator: random.Random) -> None:
    """Fields of several providers, with names that shapes look for, are matched only where the names are."""
    fields = dict(field for _, field in generator.sample(FIELDS, generator.randint(1, 40)))
    names = generator.sample(NAMES, generator.randint(0, 10))
    assert _list_kept_out(fields | dict.fromkeys(names, generator.choice(FIELDS)[1][1])) == []


@given(st.randoms(use_true_random=False))
def test_no_part_of_a_payload_is_kept_out(generator: random.Random) -> None:
    """A payload without some of its fields, and with its names in another case, has the names of its shapes."""
    payload = generator.choice(OBJECTS)
    part = {str(name): content for name, content in payload.items() if generator.random() > 0.3}
    assert _list_kept_out({generator.choice((str.upper, str.lower, str))(name): part[name] for name in part}) == []
