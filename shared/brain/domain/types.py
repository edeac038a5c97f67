"""What several packages share: the strict model of configuration, why a value is invalid, names as keys, arrays."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Integers: TypeAlias = NDArray[np.int64]
    Booleans: TypeAlias = NDArray[np.bool_]
    Dates: TypeAlias = NDArray[np.datetime64]

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A share of a whole, 0 and 1 included."""
OpenFraction = Annotated[float, Field(gt=0, lt=1)]
"""A share of a whole that is neither none nor all of it, such as a confidence level."""
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
PositiveInt = Annotated[int, Field(ge=1)]


class StrictModel(BaseModel):
    """A frozen pydantic model that refuses unknown fields, so that a mistyped setting cannot go unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_MAX_SHOWN_CHARACTERS: Final = 60
_REQUIREMENTS: Final = {
    "string_type": "be a text",
    "int_type": "be a whole number",
    "int_parsing": "be a whole number",
    "int_parsing_size": "be a whole number",
    "int_from_float": "be a whole number",
    "float_type": "be a number",
    "float_parsing": "be a number",
    "finite_number": "be a finite number",
    "bool_type": "be true or false",
    "bool_parsing": "be true or false",
    "list_type": "be a list",
    "tuple_type": "be a list",
    "dict_type": "be an object",
    "model_type": "be an object",
    "dataclass_type": "be an object",
    "date_type": "be a date such as 2026-01-31",
    "date_parsing": "be a date such as 2026-01-31",
    "date_from_datetime_inexact": "be a date such as 2026-01-31",
    "date_from_datetime_parsing": "be a date such as 2026-01-31",
    "datetime_type": "be a time in ISO 8601",
    "datetime_parsing": "be a time in ISO 8601",
    "datetime_from_date_parsing": "be a time in ISO 8601",
    "timezone_aware": "have a UTC offset",
    "greater_than": "be above {gt}",
    "greater_than_equal": "be at least {ge}",
    "less_than": "be below {lt}",
    "less_than_equal": "be at most {le}",
    "literal_error": "be {expected}",
    "enum": "be {expected}",
    "string_too_short": "have a length of at least {min_length}",
    "string_too_long": "have a length of at most {max_length}",
    "too_short": "have a length of at least {min_length}",
    "too_long": "have a length of at most {max_length}",
    "string_pattern_mismatch": "match {pattern}",
    "union_tag_invalid": "have {discriminator} of {expected_tags}",
}
"""What a value must be, by pydantic's type of error."""
_NUMBER_ERRORS: Final = frozenset({"int_type", "int_parsing", "float_type", "float_parsing"})
_PRESENCE_ERRORS: Final = {
    "missing": "is required, got none",
    "extra_forbidden": "must be a known field, got an unknown one",
    "unexpected_keyword_argument": "must be a known field, got an unknown one",
    "union_tag_not_found": "must have {discriminator}, got none",
}
"""What is wrong with a field that is absent or unknown, or that decides about the others."""


def explain_validation_error(
    error: ValidationError, *, document: str = "the document", hide_values: bool = False
) -> str:
    """Return what was expected and what was found, for each invalid field.

    Args:
        error: What pydantic raised.
        document: The name of the whole, for an error that is not about one of its fields.
        hide_values: Show no value that was found, because it may name a person.

    >>> class Limits(StrictModel):
    ...     share: Fraction
    >>> try:
    ...     Limits.model_validate({"share": 1.5, "shares": 2})
    ... except ValidationError as error:
    ...     explain_validation_error(error)
    'share must be at most 1, got 1.5; shares must be a known field, got an unknown one'
    """
    problems: dict[str, str] = {}
    for detail in error.errors(include_url=False):
        location = ".".join(map(str, detail["loc"]))
        problems[location] = _explain_detail(location, document, detail, hide_values=hide_values)
    return "; ".join(problems.values())


def explain_cell_count(columns: int, cells: int) -> str:
    """Return what was expected and found of a row of a table whose first line names another number of columns.

    >>> explain_cell_count(4, 3)
    'expected 4 columns as in the first line, got 3; complete the row'
    """
    remedy = "complete the row" if cells < columns else "remove what is too much"
    return f"expected {columns} columns as in the first line, got {cells}; {remedy}"


def _explain_detail(location: str, document: str, detail: Mapping[str, Any], *, hide_values: bool) -> str:
    context, name = detail.get("ctx", {}), location or document
    if detail["type"] == "value_error":  # of a validator, whose message already says what was expected and found
        return f"{location}: {context['error']}" if location else str(context["error"])
    if detail["type"] in _PRESENCE_ERRORS:
        return f"{name} {_PRESENCE_ERRORS[detail['type']].format(**context)}"
    input_value = context.get("tag", context.get("actual_length", detail["input"]))
    found = _describe_kind(input_value, detail["type"]) if hide_values else _describe(input_value)
    requirement = _REQUIREMENTS.get(detail["type"])
    if requirement is None:
        return f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}, got {found}"
    limits = {key: f"{limit:g}" if isinstance(limit, float) else limit for key, limit in context.items()}
    return f"{name} must {requirement.format(**limits)}, got {found}"


def _describe_kind(value: Any, error_type: str) -> str:
    """Return what kind of value it is, without the value itself; and what to do about a number in quotes.

    >>> _describe_kind("12", "string_too_long"), _describe_kind(-1, "greater_than_equal")
    ('a text', 'a negative number')
    """
    if isinstance(value, str):
        return "a text; write a number without quotes" if error_type in _NUMBER_ERRORS else "a text"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a negative number" if value < 0 else "a number"
    return _describe(value)


def _describe(value: Any) -> str:
    """Return a short value itself, or what kind of value it is."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return repr(value[:_MAX_SHOWN_CHARACTERS]) if isinstance(value, str) else str(value)[:_MAX_SHOWN_CHARACTERS]


def __getattr__(name: str) -> Any:
    """Return an array type, importing numpy only for a module that asks: ingest never pays for it (PEP 562)."""
    element = {"Floats": "float64", "Integers": "int64", "Booleans": "bool_", "Dates": "datetime64"}.get(name)
    if element is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import numpy as np  # noqa: PLC0415 - 85 ms that only the modules with arrays may cost
    from numpy.typing import NDArray  # noqa: PLC0415

    return NDArray[getattr(np, element)]  # type: ignore[misc]


# Names of platforms and content types become keys of stored maps, whatever a sender wrote.
KEY_SEPARATOR = "|"
MAX_KEY_BYTES = 64
_KEY_DIGEST_LENGTH = 12
_ORDINARY_KEY = re.compile(r"(?!__)[^|\x00-\x1f\x7f\ud800-\udfff]+(?<!__)")
_UNSUITABLE_IN_KEYS = re.compile(r"[|\x00-\x1f\x7f\ud800-\udfff]+")


@lru_cache(maxsize=4096)
def to_key_name(name: str) -> str:
    """Return a name as part of a key: itself if it is ordinary, otherwise a shorter one that is as unique.

    An ordinary name has at most 64 bytes in UTF-8, no ``|`` and no control character, and does not begin or end with
    two underscores. What this function returns is ordinary, so that it may be applied repeatedly.

    Example:
        >>> to_key_name("linkedin"), to_key_name("LEAD_FORM / mobile")
        ('linkedin', 'LEAD_FORM / mobile')
        >>> to_key_name("image|carousel"), to_key_name("__a__")
        ('image-carousel~4a7d1601b9dc', 'a~4f911bf10091')
        >>> len(to_key_name("x" * 256))
        64
    """
    encoded = _encode(name)
    if len(encoded) <= MAX_KEY_BYTES and _ORDINARY_KEY.fullmatch(name):
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:_KEY_DIGEST_LENGTH]
    readable = _UNSUITABLE_IN_KEYS.sub("-", name).strip("_")
    beginning = _encode(readable)[: MAX_KEY_BYTES - _KEY_DIGEST_LENGTH - 1].decode(errors="ignore")
    return f"{beginning.rstrip('_')}~{digest}"


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
