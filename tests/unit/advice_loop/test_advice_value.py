"""What the advice is worth: planted truths found, nothing claimed where there is nothing, and plain words."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from unit.advice_loop.test_sections import bare_facts

from brain.domain.policy_evaluation import PolicyVerdict
from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.recommendations.advice_value import compute_reward, estimate_advice_value
from brain.domain.reports import policy
from brain.domain.reports.report import SectionStatus
from brain.testing.simulations.advice import EVALUATION
from brain.testing.simulations.posts import MONDAY

NAMES = ("a", "b", "c", "d")
CHANCES = (0.7, 0.1, 0.1, 0.1)


def move(number, **more):
    """One measured move."""
    fields = {
        "recommendation_id": f"rec_{number:024d}",
        "reason_code": "format_wins",
        "subject": None,
        "platform": None,
        "metric": "engagement_rate",
        "title": "More of it",
        "period": "2026-W36",
        "shown_at": MONDAY,
        "move_type": "exploit",
        "held_back": False,
        "policy_version": "moves-1",
        "propensity": 0.5,
        "chance": 0.5,
        "chance_even": 0.25,
        "chance_before": 0.5,
    }
    return MoveRecord(**fields | more)


def build_outcome(effect, error=0.05):
    """An outcome."""
    return {"measured_at": MONDAY + timedelta(days=15), "effect": effect, "standard_error": error}


def simulate_log(count, lift, seed=1):
    """Decisions of a policy that prefers the first of four moves; that one's effect is higher by ``lift``."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    moves = []
    for number in range(count):
        k = rng.choices(range(4), CHANCES)[0]
        effect = rng.gauss(lift if k == 0 else 0.0, 0.1)
        moves.append(
            move(
                number,
                reason_code=NAMES[k],
                chance=CHANCES[k],
                chance_even=0.25,
                chance_before=CHANCES[k],
                held_back=rng.random() < 0.05,
                shown_at=MONDAY + timedelta(days=number),
                outcome=build_outcome(effect),
            )
        )
    return moves


def test_a_choice_that_is_better_than_chance_is_found():
    """Its favourite works, the others do not."""
    worth = estimate_advice_value(simulate_log(800, 0.15), MONDAY + timedelta(days=900), EVALUATION)
    assert worth.random_policy.verdict is PolicyVerdict.WORSE
    assert worth.earlier_policy.verdict is PolicyVerdict.CANNOT_TELL
    assert worth.random_policy.interval[0] < (0.5 * 3 + 0.96) / 4 < worth.random_policy.interval[1]


def test_where_nothing_works_nothing_is_claimed():
    """Fifty null logs, looked at once each."""
    verdicts = [
        estimate_advice_value(simulate_log(300, 0.0, seed), MONDAY, EVALUATION).random_policy.verdict
        for seed in range(50)
    ]
    assert sum(v in (PolicyVerdict.BETTER, PolicyVerdict.WORSE) for v in verdicts) <= 2


def test_control_says_what_happens_without_advice():
    """Moves that were shown improved their metric, those held back did not."""
    shown_moves = [move(k, outcome=build_outcome(0.3)) for k in range(40)]
    held = [move(100 + k, held_back=True, outcome=build_outcome(-0.3)) for k in range(10)]
    worth = estimate_advice_value([*shown_moves, *held], MONDAY, EVALUATION)
    assert (worth.controls, worth.lift_over_control.is_significant) == (10, True)
    assert estimate_advice_value([*shown_moves, *held[:3]], MONDAY, EVALUATION).lift_over_control is None


def test_waiting_and_unmeasured_moves_are_counted_and_the_date_is_said():
    """At the pace so far."""
    moves = [move(k, outcome=build_outcome(0.1), shown_at=MONDAY + timedelta(days=k)) for k in range(10)]
    moves += [move(50), move(51, closed="too little was reported")]
    worth = estimate_advice_value(moves, MONDAY + timedelta(days=20), EVALUATION)
    assert (worth.measured, worth.waiting, worth.unmeasurable, worth.required) == (10, 1, 1, 100)
    assert worth.enough_by == (MONDAY + timedelta(days=20 + 180)).date()
    assert estimate_advice_value([], MONDAY, EVALUATION).enough_by is None


def test_the_reward_is_the_chance_that_it_really_improved():
    """One half where nothing changed."""
    assert compute_reward(move(1, outcome=build_outcome(0.0))) == pytest.approx(0.5)
    assert compute_reward(move(1, outcome=build_outcome(0.2))) > 0.99


def said(moves, as_of=MONDAY + timedelta(days=900)):
    """The section on these moves."""
    return policy.build_section(replace(bare_facts(), advice_value=estimate_advice_value(moves, as_of, EVALUATION)))


def test_the_section_says_plainly_what_is_known():
    """Better than chance, cannot tell against last month's, and against no advice."""
    section = said([*simulate_log(800, 0.15), move(9999, closed="too little was reported")])
    assert section.status is SectionStatus.OK
    assert "better than chosen at random" in section.lines[0]
    assert "cannot tell" in section.lines[1]
    assert section.lines[2].startswith("Against no advice: cannot tell")
    assert section.lines[3].startswith("1 more could not be measured")
    assert [row[0] for row in section.rows] == ["as they were", "at random", "by last month's beliefs"]
    assert section.figures["random"]["effective_sample_size"] > 100


def test_a_worse_choice_is_called_worse():
    """Its favourite does harm."""
    assert "worse than chosen at random" in said(simulate_log(800, -0.3)).lines[0]


def test_the_section_says_when_there_will_be_enough():
    """Before a hundred are measured, and before any is."""
    early = said(simulate_log(20, 0.1), MONDAY + timedelta(days=40))
    assert early.status is SectionStatus.NOT_ENOUGH_DATA
    assert "100 are needed; at the present pace enough by" in early.lines[0]
    assert not early.rows
    none = said([move(1), move(2)])
    assert (none.status, none.lines[1]) == (SectionStatus.NOT_ENOUGH_DATA, "2 moves wait for an outcome.")
    assert policy.build_section(bare_facts()).status is SectionStatus.NOT_ENOUGH_DATA


@pytest.mark.parametrize(("effect", "word"), [(0.3, "more"), (-0.3, "less")])
def test_advice_against_none_is_claimed_with_its_side(effect, word):
    """Once eight held-back moves are measured."""
    shown_moves = [move(k, outcome=build_outcome(effect)) for k in range(120)]
    held = [move(200 + k, held_back=True, outcome=build_outcome(-effect)) for k in range(9)]
    assert f"worked {word} often" in said([*shown_moves, *held]).lines[2]


def test_a_standing_is_read_as_it_was_written():
    """With answers, outcomes, cards and all."""
    moves = (move(1, answer={"status": "done", "at": MONDAY}, outcome=build_outcome(0.1)), move(2, held_back=True))
    written = AdviceState("2026-W36", ({"id": "rec"},), moves)
    assert AdviceState.from_document(written.to_document()) == written
    assert written.current_moves == list(moves)
    assert AdviceState.from_document({}) == AdviceState()


def test_a_dismissed_moves_outcome_says_nothing_of_it():
    """It was not done."""
    refused = move(1, answer={"status": "dismissed", "at": MONDAY}, outcome=build_outcome(0.4))
    assert refused.to_past_move().outcome is None
    assert replace(refused, answer={"status": "done", "at": MONDAY}).to_past_move().outcome.effect == 0.4
