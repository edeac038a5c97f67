"""What reports claim about hours, campaigns and ads without any effect, and with planted effects.

``python -m benchmarks claims``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from brain.domain.reports import campaigns, fatigue, timing
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section
from brain.testing.simulations.claims import CONFIG, SPRING, build_facts, read_claims, simulate_ads, simulate_hours

NULL_WORLDS, PLANTED_WORLDS = 1000, 300
Judge = Callable[[ReportFacts], Section | None]
ROWS: tuple[tuple[str, Judge, Callable[[int], ReportFacts], float, Mapping[str, Any]], ...] = (
    (
        "evening, 1.8 times",
        timing.build_section,
        lambda seed: build_facts(simulate_hours(seed, evening=1.8)),
        1.8,
        {"from_hour": 18},
    ),
    (
        "campaign, 1.7 times",
        campaigns.build_section,
        lambda seed: build_facts(simulate_hours(seed, sale=1.7), [SPRING]),
        1.7,
        {},
    ),
    (
        "ad, 3 % less per day",
        fatigue.build_section,
        lambda seed: build_facts(simulate_ads(seed, fatigue=0.97)),
        0.97,
        {"ad": "0"},
    ),
)


def run() -> None:
    """Print the share of false reports without any effect, and how often planted effects are claimed and covered."""
    allowed = CONFIG.comparisons.false_claims
    wrong = sum(_claims_anything(seed) for seed in range(NULL_WORLDS))
    print(f"no effect: {wrong / NULL_WORLDS:.1%} of {NULL_WORLDS} reports claim something, allowed {allowed:.0%}")
    print(f"\n{'planted effect':<22}{'claimed':>8}{'covered':>9}   ({PLANTED_WORLDS} simulations)")
    for name, section, world, truth, named in ROWS:
        effects = [_effect(section(world(seed)), named) for seed in range(PLANTED_WORLDS)]
        found = sum(effect["claimed"] for effect in effects) / len(effects)
        covered = sum(effect["lower"] <= truth <= effect["upper"] for effect in effects) / len(effects)
        print(f"{name:<22}{found:>8.1%}{covered:>9.1%}")


def _claims_anything(seed: int) -> bool:
    world, shown = build_facts(simulate_hours(seed), [SPRING]), build_facts(simulate_ads(seed))
    sections = (timing.build_section(world), campaigns.build_section(world), fatigue.build_section(shown))
    return any(read_claims(section) for section in sections)


def _effect(section: Section | None, named: Mapping[str, Any]) -> Mapping[str, Any]:
    assert section is not None
    return next(effect for effect in section.figures["effects"] if named.items() <= effect.items())


if __name__ == "__main__":
    run()
