"""Measures rivals side by side on a noisy machine: in turn, round by round, and compares medians and paired ratios."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """One contender's figures, one a round; larger is better."""

    name: str
    figures: list[float]

    @property
    def median(self) -> float:
        """The middle figure."""
        return statistics.median(self.figures)


def interleaved(contenders: Mapping[str, Callable[[], float]], *, rounds: int, warm_up: int = 1) -> dict[str, Series]:
    """Run every contender once a round, first of them another each round, and return its figures.

    The first ``warm_up`` rounds are run and not counted: servers compile and connections open in them.
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
    """Return ours over the best of theirs: the ratio of medians, and the lowest and highest of any round."""
    best = max(theirs, key=lambda one: one.median)
    by_round = [mine / other for mine, other in zip(ours.figures, best.figures, strict=True)]
    return ours.median / best.median, min(by_round), max(by_round)


def print_table(series: Mapping[str, Series], unit: str) -> None:
    """Print each contender's median, lowest and highest figure."""
    print(f"{'':<52}{'median':>9}{'lowest':>9}{'highest':>9}  {unit}")
    for one in series.values():
        print(f"{one.name:<52}{one.median:>9.0f}{min(one.figures):>9.0f}{max(one.figures):>9.0f}")


def print_ratio(text: str, ours: Series, theirs: Sequence[Series], goal: float) -> None:
    """Print ours over the best of theirs beside the goal."""
    middle, low, high = ratio(ours, theirs)
    verdict = "met" if middle >= goal else "missed"
    print(f"{text}: {middle:.2f} x (rounds {low:.2f} to {high:.2f}), goal >= {goal:g}: {verdict}")
