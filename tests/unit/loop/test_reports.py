"""Reports: claims only where proven, unknown said, what is switched off named, failures contained."""

import math
import random
import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from brain.adapters.html_report import render
from brain.domain.anomaly.incidents import Incident, MetricAlarm
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.reports import chart, number_format, section_registry, text
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.periodic_reports import build_weekly_report
from brain.domain.reports.report import SectionStatus
from brain.domain.reports.section_registry import SectionSpec
from brain.domain.statistics.welch import Sample, t_quantile, welch_difference
from brain.settings.files import load_config

CONFIG = load_config("brain_analysis", AnalysisConfig)
MONDAY = date(2026, 11, 16)


def group(rng, count, ratio=1.0, audience=5000):
    """A day's sums of events whose log rates scatter around 2 %."""
    logs = [round(1000 * (math.log(0.02 * ratio) + rng.gauss(0, 0.4))) for _ in range(count)]
    return {
        "events": count, "engaged": count, "engagements": 100 * count, "impressions": 900 * count, "rated": count,
        "rated_engagements": 100 * count, "rated_audience": audience * count, "late_seconds": 0,
        "log_rate_milli": sum(logs), "log_rate_milli_squared": sum(x * x for x in logs),
    }  # fmt: skip


def facts(days, incidents=(), start=MONDAY - timedelta(days=7), ready=5, warming=0):
    """The facts of a week."""
    as_of = datetime(2026, 11, 16, 9, tzinfo=UTC)
    return ReportFacts(
        client=Client("acme", "Acme & <Sons>"),
        start=start,
        end=MONDAY,
        as_of=as_of,
        days=days,
        incidents=incidents,
        series_ready=ready,
        series_warming=warming,
        config=CONFIG,
    )


def days(seed, a_day=2, carousel=1.0, last_week=1.0, count=56):
    """Eight weeks of two content types."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    days_by_key = {}
    for back in range(count, 0, -1):
        now = last_week if back <= 7 else 1.0
        day = (MONDAY - timedelta(days=back)).isoformat()
        days_by_key[day] = {
            "linkedin|carousel": group(rng, a_day, carousel * now),
            "linkedin|photo": group(rng, a_day, now),
        }
    return days_by_key


def section(report, name):
    """One section of a report."""
    return next(part for part in report.sections if part.name == name)


def broken(part, error):
    """No section of these worlds may fail."""
    raise AssertionError(part) from error


def test_a_planted_difference_is_claimed_with_an_interval_that_covers_it():
    """Carousels at 1.8 times the rest."""
    covered = claimed = 0
    for seed in range(40):
        (effect, _) = section(build_weekly_report(facts(days(seed, carousel=1.8)), broken), "formats").figures[
            "effects"
        ]
        claimed += effect["claimed"]
        covered += effect["lower"] <= 1.8 <= effect["upper"]
    assert claimed >= 38
    assert covered >= 38


def test_worlds_without_differences_are_claimed_in_at_most_their_share():
    """At 1 % false claims a report, 300 null worlds may show a few."""
    false = 0
    for seed in range(300):
        report = build_weekly_report(facts(days(1000 + seed)), broken)
        false += any(effect["claimed"] for effect in section(report, "formats").figures["effects"])
        false += any("rose" in line or "fell" in line for line in section(report, "activity").lines)
    assert false <= 12  # two families of looks at 1 % each: 6 expected


def test_a_change_of_the_week_is_said_with_its_size():
    """Half the engagement is told as a fall with its interval."""
    (line,) = section(build_weekly_report(facts(days(5, a_day=6, last_week=0.5)), broken), "activity").lines
    assert line.startswith("Engagement on linkedin fell by -")


def test_too_few_events_are_not_compared_and_a_date_is_named():
    """Not enough data yet, enough by DATE."""
    few = section(build_weekly_report(facts(days(1, a_day=1, count=3)), broken), "formats")
    assert few.status is SectionStatus.NOT_ENOUGH_DATA
    assert re.search(r"enough by \d{4}-\d\d-\d\d\.", few.lines[0])


def test_no_data_at_all_is_said():
    """Every section of an empty client has something to say."""
    report = build_weekly_report(facts({}, ready=0), broken)
    assert report.headline == "0 events, too early for alarms."
    assert "There is no data at all yet." in section(report, "coverage").lines


def test_learning_that_is_not_switched_on_is_absent_and_never_faked():
    """Its section says so."""
    report = build_weekly_report(facts(days(1)), broken)
    assert section(report, "learning").status is SectionStatus.ABSENT
    assert section(report, "learning").figures == {}


def test_a_section_that_fails_is_marked_and_the_others_stand(monkeypatch):
    """And the operator is told which."""

    def fail(_facts):
        raise ZeroDivisionError("of this test")

    monkeypatch.setitem(section_registry.SECTIONS, "formats", SectionSpec("What works", fail))
    reported = []
    report = build_weekly_report(facts(days(1)), lambda part, error: reported.append((part, type(error))))
    assert section(report, "formats").status is SectionStatus.FAILED
    assert section(report, "activity").status is SectionStatus.OK
    assert reported == [("formats", ZeroDivisionError)]


def test_incidents_are_told_with_what_was_expected():
    """The strongest sign speaks for the incident."""
    signs = (
        MetricAlarm("events", "2026-11-12", "drop", 0, 20, 12, 30, 0.9, "expected 20 (12 to 30), got 0"),
        MetricAlarm("clicks", "2026-11-12", "drop", 1, 9, 2, 15, 0.6, "expected 9 (2 to 15), got 1"),
    )
    incident = Incident("ano_1", "email", "2026-11-12", "2026-11-12", signs)
    report = build_weekly_report(facts(days(1), (incident,)), broken)
    assert section(report, "anomalies").lines == ("email, 2026-11-12: events expected 20 (12 to 30), got 0.",)
    assert "1 incident" in report.headline


def test_unknown_is_said_and_not_shown_as_0():
    """A platform that reports no audience."""
    bare = {day: {"email|email": {"events": 3, "late_seconds": 0}} for day in days(1)}
    report = build_weekly_report(facts(bare), broken)
    row = section(report, "activity").rows[0]
    assert row[3:6] == ("unknown", "unknown", "unknown")
    assert any("reported no engagements" in line for line in section(report, "coverage").lines)


def test_a_report_reads_as_text_and_as_html_that_is_escaped():
    """The client's name is no markup."""
    report = build_weekly_report(facts(days(1)), broken)
    assert "Acme & <Sons>: weekly report 2026-W46" in text.render(report)
    page = render(report)
    assert "Acme &amp; &lt;Sons&gt;" in page
    assert "<Sons>" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_chart_is_a_picture_with_words_for_those_who_cannot_see_it():
    """Well-formed, labelled, with a mark at the incident."""
    picture = chart.draw_svg([("2026-11-01", 5.0, False), ("2026-11-02", 0.0, True), ("2026-11-03", 7.0, False)])
    tree = ET.fromstring(picture)  # noqa: S314 - our own picture
    assert tree.attrib["aria-label"].startswith("Engagements a day from 2026-11-01")
    assert len(tree.findall("{http://www.w3.org/2000/svg}circle")) == 1
    assert chart.draw_svg([("2026-11-01", 5.0, False)]) == ""


def test_the_same_facts_make_the_same_bytes():
    """Twice."""
    first_document, second_document = (build_weekly_report(facts(days(9)), broken).to_document() for _ in range(2))
    assert first_document == second_document
    assert render(build_weekly_report(facts(days(9)), broken)) == render(build_weekly_report(facts(days(9)), broken))


@pytest.mark.parametrize("probability", [0.6, 0.9, 0.975, 0.9995])
@pytest.mark.parametrize("freedom", [1, 2, 2.5, 3, 4, 4.9, 7, 15, 40, 300])
def test_t_quantiles_agree_with_scipy(probability, freedom):
    """Within a tenth of a per cent."""
    assert t_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-3)
    assert t_quantile(1 - probability, freedom) == pytest.approx(-t_quantile(probability, freedom))


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20), st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_welch_intervals_agree_with_scipy(a, b):
    """From moments alone."""
    samples = [Sample(len(x), math.fsum(x), math.fsum(v * v for v in x)) for x in (a, b)]
    estimate = welch_difference(*samples, alpha=0.05)
    if min(s.variance for s in samples) > 1e-6:
        test = stats.ttest_ind(a, b, equal_var=False)
        half = (estimate.upper - estimate.lower) / 2
        wanted = (test.confidence_interval(0.95).high - test.confidence_interval(0.95).low) / 2
        assert half == pytest.approx(wanted, rel=0.002) if test.df >= 2 else half >= wanted * 0.998


def test_constant_samples_and_single_values_are_handled():
    """No variance is no doubt; one value is no sample."""
    same = Sample(3, 3.0, 3.0)
    assert welch_difference(same, Sample(2, 4.0, 8.0), alpha=0.05).is_significant
    assert welch_difference(Sample(1, 1.0, 1.0), same, alpha=0.05) is None


@pytest.mark.parametrize(("value", "shown"), [(None, "unknown"), (0, "0"), (1234567, "1\u202f234\u202f567")])
def test_counts_are_readable(value, shown):
    """Thousands apart."""
    assert number_format.format_count(value) == shown
