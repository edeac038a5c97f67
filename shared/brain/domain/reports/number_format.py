"""Numbers as people read them; unknown numbers are written as such, never as 0."""

import math

UNKNOWN = "unknown"


def format_count(count: int | None) -> str:
    """Return a count with thousands separators."""
    return UNKNOWN if count is None else f"{count:,}".replace(",", "\u202f")


def format_percent(fraction: float | None) -> str:
    """Return a fraction as a percentage."""
    return UNKNOWN if fraction is None else f"{fraction * 100:.2f} %"


def format_change(ratio: float) -> str:
    """Return a ratio as a signed change in per cent."""
    return f"{(ratio - 1) * 100:+.0f} %"


def format_change_range(lower_log: float, upper_log: float) -> str:
    """Return an interval of log ratios as changes in per cent."""
    return f"{format_change(math.exp(lower_log))} to {format_change(math.exp(upper_log))}"
