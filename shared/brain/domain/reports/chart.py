"""The chart of a report: engagements per day as an SVG line, marked where an incident began."""

from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 600, 120, 8


def draw_svg(points: Sequence[tuple[str, float, bool]]) -> str:
    """Return the chart of (day, engagements, whether an incident began), an empty string for fewer than two points."""
    if len(points) < 2:  # noqa: PLR2004 - a line needs two points
        return ""
    highest = max(engagements for _, engagements, _ in points) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(points) - 1)
    coordinates = [
        (MARGIN + index * step, HEIGHT - MARGIN - engagements / highest * (HEIGHT - 2 * MARGIN))
        for index, (_, engagements, _) in enumerate(points)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in coordinates)
    circle = 'fill="none" stroke="#c0392b" stroke-width="2"'
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" {circle}><title>{day}</title></circle>'
        for (x, y), (day, _, has_incident) in zip(coordinates, points, strict=True)
        if has_incident
    )
    label = f"Engagements a day from {points[0][0]} to {points[-1][0]}, highest {highest:.0f}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" xmlns="http://www.w3.org/2000/svg">'
        f'<polyline points="{line}" fill="none" stroke="#2c6fbb" stroke-width="2"/>{marks}</svg>'
    )
