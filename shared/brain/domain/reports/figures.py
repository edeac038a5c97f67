"""Numbers as people read them; what is unknown is said, never shown as 0."""

import math

UNKNOWN = "unknown"


def count(value: int | None) -> str:
    """Return a count with thousands apart."""
    return UNKNOWN if value is None else f"{value:,}".replace(",", "\u202f")


def percent(value: float | None) -> str:
    """Return a fraction as a percentage."""
    return UNKNOWN if value is None else f"{value * 100:.2f} %"


def change(ratio: float) -> str:
    """Return a ratio as a signed change in per cent."""
    return f"{(ratio - 1) * 100:+.0f} %"


def change_range(low_log: float, high_log: float) -> str:
    """Return an interval of log ratios as changes in per cent."""
    return f"{change(math.exp(low_log))} to {change(math.exp(high_log))}"
