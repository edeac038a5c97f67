"""The one registry of sections: an engine joins by a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from brain.domain.reports import (
    activity,
    alarms,
    campaigns,
    coverage,
    fatigue,
    formats,
    learning,
    policy,
    predictions,
    recommendations,
    shop,
    timing,
)
from brain.domain.reports.report import Facts, Plug, Section, SectionStatus

DAILY = ("activity", "anomalies", "predictions", "recommendations", "learning", "coverage")
WEEKLY = (
    *shop.NAMES,
    "activity",
    "formats",
    "timing",
    "campaigns",
    "fatigue",
    "anomalies",
    "predictions",
    "recommendations",
    "policy",
    "learning",
    "coverage",
)
FAILED = "This section could not be computed; we were told."


@dataclass(frozen=True, slots=True)
class Slot:
    """A section's place: its title, and the engine that fills it."""

    title: str
    plug: Plug


SLOTS: Mapping[str, Slot] = {
    "activity": Slot("What happened", activity.section),
    "formats": Slot(formats.TITLE, formats.section),
    "timing": Slot(timing.TITLE, timing.section),
    "campaigns": Slot(campaigns.TITLE, campaigns.section),
    "fatigue": Slot(fatigue.TITLE, fatigue.section),
    "anomalies": Slot("What was unusual", alarms.section),
    "predictions": Slot(predictions.TITLE, predictions.section),
    "recommendations": Slot(recommendations.TITLE, recommendations.section),
    "policy": Slot(policy.TITLE, policy.section),
    "learning": Slot(learning.TITLE, learning.section),
    "coverage": Slot("What is not known yet", coverage.section),
    **{name: Slot(shop.TITLES[name], shop.plug(name)) for name in shop.NAMES},
}


def build(names: tuple[str, ...], facts: Facts, failed: Callable[[str, Exception], None]) -> tuple[Section, ...]:
    """Return the named sections; one that fails is marked as failed and told to ``failed``, the others stand.

    A section that does not concern the client, such as a shop's, is left out.
    """
    found = (_section(name, facts, failed) for name in names)
    return tuple(section for section in found if section is not None)


def _section(name: str, facts: Facts, failed: Callable[[str, Exception], None]) -> Section | None:
    slot = SLOTS[name]
    if name in facts.broken:
        return Section(name, slot.title, SectionStatus.FAILED, (FAILED,))
    try:
        return slot.plug(facts)
    except Exception as exc:  # noqa: BLE001 - one section's fault must not cost the reader the others
        failed(name, exc)
        return Section(name, slot.title, SectionStatus.FAILED, (FAILED,))
