"""What pydantic refuses is explained in the grammar of all errors: what was expected, what was found."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from brain.domain.events import Event
from brain.domain.types import StrictModel, explain_cell_count, explain_validation_error


class Circle(StrictModel):
    """A shape."""

    kind: Literal["circle"]
    radius: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Square(StrictModel):
    """Another shape."""

    kind: Literal["square"]
    side: Annotated[int, Field(ge=1, le=9)]


class Drawing(StrictModel):
    """A document with fields of many kinds."""

    name: Annotated[str, Field(min_length=1, pattern="^[a-z]+$")] = "a"
    day: date = date(2026, 1, 31)
    at: AwareDatetime | None = None
    visible: bool = True
    shapes: Annotated[tuple[Annotated[Circle | Square, Field(discriminator="kind")], ...], Field(max_length=1)] = ()


def explain(document: object, **options: Any) -> str:
    """Return why a drawing is invalid."""
    with pytest.raises(ValidationError) as error:
        Drawing.model_validate(document)
    return explain_validation_error(error.value, **options)


@pytest.mark.parametrize(
    ("document", "explanation"),
    [
        ([], "the document must be an object, got a list"),
        (None, "the document must be an object, got null"),
        ({"name": ""}, "name must have a length of at least 1, got ''"),
        ({"name": "A"}, "name must match ^[a-z]+$, got 'A'"),
        ({"name": 5}, "name must be a text, got 5"),
        ({"day": "soon"}, "day must be a date such as 2026-01-31, got 'soon'"),
        ({"at": "2026-01-31T00:00:00"}, "at must have a UTC offset, got '2026-01-31T00:00:00'"),
        ({"visible": "perhaps"}, "visible must be true or false, got 'perhaps'"),
        ({"shapes": {}}, "shapes must be a list, got an object"),
        ({"shapes": [{"kind": "circle"}]}, "shapes.0.circle.radius is required, got none"),
        ({"shapes": [{"kind": "circle", "radius": 0}]}, "shapes.0.circle.radius must be above 0, got 0"),
        ({"shapes": [{"kind": "square", "side": 1.5}]}, "shapes.0.square.side must be a whole number, got 1.5"),
        ({"shapes": [{"kind": "square", "side": 10}]}, "shapes.0.square.side must be at most 9, got 10"),
        ({"shapes": [{"kind": "star"}]}, "shapes.0 must have 'kind' of 'circle', 'square', got 'star'"),
        ({"shapes": [{}]}, "shapes.0 must have 'kind', got none"),
        ({"shapes": [{"kind": "square", "side": 1}] * 2}, "shapes must have a length of at most 1, got 2"),
        ({"nam": "a"}, "nam must be a known field, got an unknown one"),
        (
            {"name": "A", "day": 1.5},
            "name must match ^[a-z]+$, got 'A'; day must be a date such as 2026-01-31, got 1.5",
        ),
    ],
)
def test_every_invalid_field_is_explained(document: object, explanation: str) -> None:
    """One wording per kind of fault."""
    assert explain(document) == explanation


def test_a_long_text_is_cut() -> None:
    """An error stays one line."""
    assert len(explain({"name": "A" * 1000})) < 120


def test_no_value_is_shown_that_may_name_a_person() -> None:
    """Neither a text nor a number, whatever is wrong with it."""
    with pytest.raises(ValidationError) as error:
        TypeAdapter(Event).validate_python({"event_id": "ada@example.org" * 40, "likes": "ada@example.org"})
    explanation = explain_validation_error(error.value, hide_values=True)
    assert "likes must be a whole number, got a text; write a number without quotes" in explanation
    assert "client_id is required, got none" in explanation
    assert "ada" not in explanation


def test_a_row_of_another_length_says_what_to_do() -> None:
    """Too few cells and too many."""
    assert explain_cell_count(2, 1).endswith("got 1; complete the row")
    assert explain_cell_count(2, 3).endswith("got 3; remove what is too much")
