"""The report's line as an SVG picture: engagements a day, with a mark where an incident began."""

from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 600, 120, 8


def svg(points: Sequence[tuple[str, float, bool]]) -> str:
    """Return an SVG of (day, value, incident) points, or an empty text when there is nothing to draw."""
    if len(points) < 2:  # noqa: PLR2004 - a line needs two points
        return ""
    top = max(value for _, value, _ in points) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(points) - 1)
    places = [
        (MARGIN + k * step, HEIGHT - MARGIN - v / top * (HEIGHT - 2 * MARGIN)) for k, (_, v, _) in enumerate(points)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    circle = 'fill="none" stroke="#c0392b" stroke-width="2"'
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" {circle}><title>{day}</title></circle>'
        for (x, y), (day, _, incident) in zip(places, points, strict=True)
        if incident
    )
    label = f"Engagements a day from {points[0][0]} to {points[-1][0]}, highest {top:.0f}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" xmlns="http://www.w3.org/2000/svg">'
        f'<polyline points="{line}" fill="none" stroke="#2c6fbb" stroke-width="2"/>{marks}</svg>'
    )
