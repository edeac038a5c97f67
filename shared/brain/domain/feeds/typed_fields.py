"""Parts of a payload that must have one type: another type is a fault of that field, and never read as absent."""

from collections.abc import Mapping
from typing import Any, Final

from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_text

_ABSENT: Final = (None, "")
_TYPE_NAMES: Final = {
    bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object",
}  # fmt: skip
_FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def name_type(value: Any) -> str:
    """Return what kind of JSON value it is, for a message: ``a list``."""
    return _TYPE_NAMES.get(type(value), "something else")


def read_text(builder: DraftBuilder, source: Mapping[str, Any], *names: str) -> str | None:
    """Return the first identifier or name under ``names``, None when all are absent; another type is a fault."""
    for name in names:
        value = source.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        text = to_text(value)
        if text is None:
            builder.faults.append(f"{name}: expected a text or an id, got {name_type(value)}")
        return text
    return None


def read_flag(builder: DraftBuilder, source: Mapping[str, Any], *names: str) -> bool | None:
    """Return the first truth value under ``names``, which may be written as a text, None when all are absent.

    >>> builder = DraftBuilder({"is_bot": "false"})
    >>> read_flag(builder, builder.payload, "machine_open", "is_bot")
    False
    """
    for name in names:
        value = source.get(name)
        if value in _ABSENT:
            continue
        flag = value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
        if flag is None:
            builder.faults.append(f"{name}: expected true or false, got {name_type(value)}")
        return flag
    return None
