"""The registry of sections: which a report has, and what builds each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from brain.domain.reports import (
    activity,
    anomalies,
    campaigns,
    coverage,
    fatigue,
    formats,
    learning,
    policy,
    predictions,
    recommendations,
    shop,
    shop_pages,
    timing,
)
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus

DAILY = ("activity", "anomalies", "predictions", "recommendations", "learning", "coverage")
WEEKLY = (
    *shop_pages.NAMES,
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
FAILED = "This section could not be computed; the error was logged."


class SectionErrorReporter(Protocol):
    """Reports the error of a section; the other sections are built all the same."""

    def __call__(self, part: str, error: Exception) -> None:
        """Report that the section ``part`` failed with ``error``."""


class SectionBuilder(Protocol):
    """Builds a section, or returns None when it does not concern the client."""

    def __call__(self, facts: ReportFacts) -> Section | None:
        """Return the section for these facts."""


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """A section's title and what builds it."""

    title: str
    build: SectionBuilder


SECTIONS: Mapping[str, SectionSpec] = {
    "activity": SectionSpec(activity.TITLE, activity.build_section),
    "formats": SectionSpec(formats.TITLE, formats.build_section),
    "timing": SectionSpec(timing.TITLE, timing.build_section),
    "campaigns": SectionSpec(campaigns.TITLE, campaigns.build_section),
    "fatigue": SectionSpec(fatigue.TITLE, fatigue.build_section),
    "anomalies": SectionSpec(anomalies.TITLE, anomalies.build_section),
    "predictions": SectionSpec(predictions.TITLE, predictions.build_section),
    "recommendations": SectionSpec(recommendations.TITLE, recommendations.build_section),
    "policy": SectionSpec(policy.TITLE, policy.build_section),
    "learning": SectionSpec(learning.TITLE, learning.build_section),
    "coverage": SectionSpec(coverage.TITLE, coverage.build_section),
    **{name: SectionSpec(shop_pages.TITLES[name], partial(shop.build_section, name)) for name in shop_pages.NAMES},
}


def build_sections(
    names: tuple[str, ...], facts: ReportFacts, report_error: SectionErrorReporter
) -> tuple[Section, ...]:
    """Return the named sections that concern the client; one that raises is marked as failed and reported."""
    sections = (_build_section(name, facts, report_error) for name in names)
    return tuple(section for section in sections if section is not None)


def _build_section(name: str, facts: ReportFacts, report_error: SectionErrorReporter) -> Section | None:
    spec = SECTIONS[name]
    failed = Section(name, spec.title, SectionStatus.FAILED, (FAILED,))
    if name in facts.failed_sections:
        return failed
    try:
        return spec.build(facts)
    except Exception as exc:  # noqa: BLE001 - one section's error must not cost the reader the others
        report_error(name, exc)
        return failed
