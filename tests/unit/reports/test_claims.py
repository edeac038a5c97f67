"""Hours, campaigns and tired ads in reports: silent in null worlds, right in planted ones, honest about too little."""

import importlib
import inspect
import re
from datetime import timedelta

import pytest

from brain.domain.clients.campaigns import Campaign
from brain.domain.days.comparisons import REPORT_SECTIONS, significance_level
from brain.domain.reports import campaigns, fatigue, timing
from brain.domain.reports.report import SectionStatus
from brain.domain.reports.section_registry import SECTIONS
from brain.domain.reports.shop_pages import NAMES
from brain.errors import MisconfiguredError
from brain.testing.simulations.claims import (
    CONFIG,
    MONDAY,
    SPRING,
    build_facts,
    read_claims,
    simulate_ads,
    simulate_hours,
)

NULL_WORLDS = 400
MARKETING_SECTIONS = [name for name in SECTIONS if name not in NAMES]
COMPARING = re.compile(r"^from brain\.domain\.(days\.\w*comparisons|reports\.comparison_rows) ", re.MULTILINE)


@pytest.mark.slow
def test_null_clients_are_told_nothing():
    """At most 2 % of the reports claim anything, over all hours, campaigns and ads together."""
    wrong = 0
    for seed in range(NULL_WORLDS):
        world = build_facts(simulate_hours(seed), [SPRING])
        tired = build_facts(simulate_ads(seed))
        wrong += bool(
            read_claims(timing.build_section(world))
            + read_claims(campaigns.build_section(world))
            + read_claims(fatigue.build_section(tired))
        )
    assert wrong <= 0.02 * NULL_WORLDS


def test_a_planted_hour_is_found_and_its_interval_covers_it():
    """The evening gets 1.8 times; that videos are posted in the evening does not count for it."""
    effects = [
        effect
        for seed in range(60)
        for effect in read_claims(timing.build_section(build_facts(simulate_hours(seed, evening=1.8))))
    ]
    evenings = [effect for effect in effects if effect["from_hour"] == 18]
    assert len(evenings) >= 50
    assert all(effect["lower"] <= 1.8 <= effect["upper"] for effect in evenings[:50])


def test_a_planted_campaign_is_found_and_its_interval_covers_it():
    """The week of the sale gets 1.7 times."""
    sections = [campaigns.build_section(build_facts(simulate_hours(seed, sale=1.7), [SPRING])) for seed in range(40)]
    effects = [effect for section in sections for effect in read_claims(section)]
    assert len(effects) >= 30
    assert all(effect["lower"] <= 1.7 <= effect["upper"] for effect in effects)
    assert "spring sale" in sections[0].lines[0]


def test_a_planted_tired_ad_is_found_among_ads_that_are_not():
    """3 % fewer clicks a view each day, while a mood moves all ads of a day alike."""
    effects = [
        effect
        for seed in range(40)
        for effect in read_claims(fatigue.build_section(build_facts(simulate_ads(seed, fatigue=0.97))))
    ]
    assert sum(effect["ad"] == "0" for effect in effects) >= 38
    assert sum(effect["ad"] != "0" for effect in effects) <= 1
    tired_ad_effects = [effect for effect in effects if effect["ad"] == "0"]
    assert sum(effect["lower"] <= 0.97 <= effect["upper"] for effect in tired_ad_effects) >= 0.95 * len(
        tired_ad_effects
    )


def test_an_ad_that_gets_better_is_not_tired():
    """Only a falling rate is a reason to replace an ad."""
    section = fatigue.build_section(build_facts(simulate_ads(1, fatigue=1.05)))
    assert not read_claims(section)
    assert section.lines == ("No ad's click rate falls by more than chance explains.",)


@pytest.mark.parametrize("section", [timing.build_section, campaigns.build_section, fatigue.build_section])
def test_a_section_that_does_not_concern_the_client_is_left_out(section):
    """No hours, no campaign, no ads."""
    assert section(build_facts({})) is None


def test_too_little_is_said():
    """Two days, a campaign without posts, ads of three days."""
    few = simulate_hours(1, days=1)
    assert timing.build_section(build_facts(few)).status is SectionStatus.NOT_ENOUGH_DATA
    before = Campaign("kick-off", MONDAY - timedelta(days=27), MONDAY - timedelta(days=27))
    assert campaigns.build_section(build_facts(few, [before])).status is SectionStatus.NOT_ENOUGH_DATA
    assert "kick-off" in campaigns.build_section(build_facts(few, [before])).lines[0]
    assert fatigue.build_section(build_facts(simulate_ads(1, days=3))).status is SectionStatus.NOT_ENOUGH_DATA


def test_one_ad_alone_cannot_be_compared():
    """Without others nothing tells the ad's fatigue from the audience's mood."""
    alone = {day: {key: s for key, s in keys.items() if key.endswith("|0")} for day, keys in simulate_ads(1).items()}
    assert fatigue.build_section(build_facts(alone)).status is SectionStatus.NOT_ENOUGH_DATA


def test_a_campaign_is_not_compared_with_the_days_of_another():
    """Two sales in one month: each against the days of neither."""
    other = Campaign("flash sale", MONDAY - timedelta(days=20), MONDAY - timedelta(days=14), "linkedin")
    section = campaigns.build_section(build_facts(simulate_hours(2), [SPRING, other]))
    neither = 4 * sum(not SPRING.covers("linkedin", day) and not other.covers("linkedin", day) for day in window())
    assert [effect["against"] for effect in section.figures["effects"]] == [neither, neither]


def window():
    """The days that are compared."""
    return [MONDAY - timedelta(days=back) for back in range(28, 0, -1)]


def test_all_comparisons_of_a_report_share_one_chance_of_a_false_claim():
    """More comparisons ask for more evidence each."""
    config = CONFIG.comparisons
    assert significance_level(4, config) == pytest.approx(config.false_claims / REPORT_SECTIONS / 4)
    assert significance_level(0, config) == significance_level(1, config)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"name": "x", "start": "2026-11-02"}, "end"),
        (
            {"name": "x", "start": "2026-11-02", "end": "2026-11-01"},
            "must end on or after its start 2026-11-02, got",
        ),
        ({"name": "x", "start": "soon", "end": "2026-11-01"}, "start"),
        ({"name": "x", "start": "2026-11-01", "end": "2026-11-01", "budget": 3}, "budget"),
    ],
)
def test_a_campaign_that_is_none_is_refused_with_a_sentence(document, said):
    """The operator learns which field to correct."""
    with pytest.raises(MisconfiguredError, match=said):
        Campaign.from_document(document)


def test_a_campaign_survives_its_document():
    """What is stored is what was given."""
    assert Campaign.from_document(SPRING.to_document()) == SPRING


def test_a_day_on_which_an_ad_was_not_shown_or_not_counted_is_no_day_of_it():
    """Days without views or without a count of clicks change no slope."""
    shown = simulate_ads(3, fatigue=0.97)
    with_gaps = {
        day: groups | {"ad|facebook|0b": {"impressions": 0, "clicks": 0}, "ad|facebook|0c": {"impressions": 900}}
        for day, groups in shown.items()
    }
    section = fatigue.build_section(build_facts(shown))
    assert section.figures["effects"]
    assert fatigue.build_section(build_facts(with_gaps)) == section


def test_every_section_that_compares_shares_the_chance_of_a_false_claim():
    """A further one without its share would raise the chance above what the report promises."""
    sections = {name: importlib.import_module(f"brain.domain.reports.{name}") for name in MARKETING_SECTIONS}
    comparing = {name for name, module in sections.items() if COMPARING.search(inspect.getsource(module))}
    assert comparing == {"activity", "formats", "timing", "campaigns", "fatigue"}
    assert len(comparing) == REPORT_SECTIONS
