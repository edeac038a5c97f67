"""Measure contenders on a noisy machine: interleaved, round by round, comparing medians and paired ratios."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of one contender, one per round; larger is better."""

    name: str
    figures: list[float]

    @property
    def median(self) -> float:
        """The median figure."""
        return statistics.median(self.figures)


def interleaved(contenders: Mapping[str, Callable[[], float]], *, rounds: int, warm_up: int = 1) -> dict[str, Series]:
    """Run every contender once per round, starting with another one each round, and return the figures by name.

    The first ``warm_up`` rounds are not counted: in them servers compile and connections open.
    """
    series = {name: Series(name, []) for name in contenders}
    names = list(contenders)
    for turn in range(warm_up + rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            figure = contenders[name]()
            if turn >= warm_up:
                series[name].figures.append(figure)
    return series


def ratio(ours: Series, theirs: Sequence[Series]) -> tuple[float, float, float]:
    """Return ours over the best of theirs: the ratio of the medians, and the lowest and highest ratio of a round."""
    best = max(theirs, key=lambda series: series.median)
    by_round = [our_figure / best_figure for our_figure, best_figure in zip(ours.figures, best.figures, strict=True)]
    return ours.median / best.median, min(by_round), max(by_round)


def print_table(series: Mapping[str, Series], unit: str) -> None:
    """Print each contender's median, lowest and highest figure."""
    print(f"{'':<52}{'median':>9}{'lowest':>9}{'highest':>9}  {unit}")
    for contender in series.values():
        lowest, highest = min(contender.figures), max(contender.figures)
        print(f"{contender.name:<52}{contender.median:>9.0f}{lowest:>9.0f}{highest:>9.0f}")


def print_ratio(text: str, ours: Series, theirs: Sequence[Series], goal: float) -> None:
    """Print the ratio of ours to the best of theirs, and whether it meets the goal."""
    median_ratio, low, high = ratio(ours, theirs)
    verdict = "met" if median_ratio >= goal else "missed"
    print(f"{text}: {median_ratio:.2f} x (rounds {low:.2f} to {high:.2f}), goal >= {goal:g}: {verdict}")
