"""The gold standards: complete, met by the score, and able to fail a score or a model that is wrong."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import ValidationError

from brain.cli.app import main
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.state import initial_state
from brain.domain.scoring import ScoringConfig, Weights, score
from brain.domain.scoring.gold_standards import GoldCase, GoldStandards, check_cases, list_failed_ids
from brain.settings.files import load_config

SCORING = load_config("brain_scoring", ScoringConfig)
CASES = load_config("brain_benchmarks", GoldStandards).cases
LEARNING = load_config("brain_learning", LearningConfig)


def scorer(config=SCORING) -> Callable:
    """Return the score as a gold standard calls it."""
    return lambda event, history, weights, as_of: score(event, history, weights, as_of=as_of, config=config)


def failing(config=SCORING, weights=None):
    """Return the ids of the cases that a configuration or a model fails."""
    return list_failed_ids(check_cases(CASES, scorer(config), weights or Weights()))


def test_there_are_at_least_forty_with_reasons():
    """Each shows its arithmetic or says why; that it does is part of the file's shape."""
    assert len(CASES) >= 40
    assert all(case.why for case in CASES)


@pytest.mark.parametrize("case_result", check_cases(CASES, scorer()), ids=lambda case_result: case_result.case.id)
def test_the_score_meets_each(case_result):
    """What was calculated by hand is what the score gives."""
    assert case_result.failures == ()


def constants():
    """Yield every number of the score's configuration by its place."""

    def walk(value, path):
        if isinstance(value, dict):
            for name, part in value.items():
                yield from walk(part, (*path, name))
        elif isinstance(value, list | tuple):
            for index, part in enumerate(value):
                yield from walk(part, (*path, index))
        elif isinstance(value, int | float):
            yield path

    return list(walk(SCORING.model_dump(), ()))


# The windows act where the past is summed up, which a case states as it is; Q' cannot reach beyond its maximum.
APPLIED_ELSEWHERE = {("growth", "recent_days"), ("growth", "window_days"), ("quality", "maximum")}


def nudged(value, path):
    """Return the configuration with one number a tenth larger, or one more where it counts events."""
    if not path:
        return value + 1 if isinstance(value, int) and value < 100 else value * 1.1
    if isinstance(value, dict):
        return {**value, path[0]: nudged(value[path[0]], path[1:])}
    parts = list(value)
    parts[path[0]] = nudged(parts[path[0]], path[1:])
    return parts


@pytest.mark.parametrize(
    "path", [p for p in constants() if p not in APPLIED_ELSEWHERE], ids=lambda p: ".".join(map(str, p))
)
def test_no_constant_of_the_score_can_change_unnoticed(path):
    """A tenth more in any one constant fails at least one standard."""
    assert failing(ScoringConfig.model_validate(nudged(SCORING.model_dump(), path)))


@pytest.mark.parametrize(
    ("change", "case"),
    [
        ({"engagement": 0.1}, "model-more-engagement-is-better"),
        ({"impressions": 0.1}, "model-more-reach-is-better"),
        ({"growth": 0.0}, "model-rising-beats-falling"),
        ({"authenticity": 0.1}, "model-honest-beats-bots"),
        ({"engagement": 3.0}, "model-bought-engagement-does-not-pay"),
        ({"quality": 0.01}, "model-liked-beats-disliked"),
        ({"temporal": 0.1}, "model-fresh-beats-old"),
        ({"impressions": 9.0}, "model-typical-post-in-sight"),
        ({"growth": 0.1, "engagement": 0.1, "impressions": 0.1}, "model-best-post-far-above-typical"),
    ],
)
def test_a_model_that_has_lost_its_sense_fails_by_name(change, case):
    """Weights that make a component meaningless or all-powerful fail the case that guards it."""
    assert case in failing(weights=replace(Weights(), **change))


def test_a_moderate_model_passes():
    """The standards leave room to learn: a third more or less on any weight is fine."""
    for name in Weights().exponents:
        for weight in (0.75, 1.3):
            assert failing(weights=replace(Weights(), **{name: weight})) == ()


def case(**changes):
    """Return a small case with changes."""
    return {"id": "x", "why": "because it is so", "weights": "default", "given": {"event": {}},
            "expect": {"performance": [0, 1]}, **changes}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"expect": {}},
        {"ratio": {"performance": [1, 2]}},
        {"compared_with": {"event": {}}},
        {"expect": {"performance": [2, 1]}},
        {"expect": {"beauty": [0, 1]}},
        {"given": {"event": {"likes": -1}}},
        {"given": {"event": {"like": 1}}},
        {"why": "so"},
    ],
)
def test_a_case_that_makes_no_sense_is_refused(wrong):
    """Neither ranges nor ratio, both, ranges upside down, unknown measures or fields: the file does not load."""
    with pytest.raises(ValidationError):
        GoldCase.model_validate(case(**wrong))


def test_two_cases_of_one_name_are_refused():
    """A failure must name one case."""
    with pytest.raises(ValidationError, match="got duplicates: x"):
        GoldStandards.model_validate({"cases": [case(), case()]})


def test_failures_say_what_was_expected_and_what_came():
    """A range, a ratio and a set of neutral components each fail in words."""
    wrong = [
        case(expect={"performance": [1, 2]}, neutral=["growth"]),
        case(id="y", expect={}, compared_with={"event": {}}, ratio={"performance": [2, 3]}),
        case(id="z", neutral=[], given={"event": {}, "history": {"events": 2, "engagements": 2, "recent_events": 1}}),
    ]
    first, second, third = check_cases(GoldStandards.model_validate({"cases": wrong}).cases, scorer())
    assert "performance: expected 1 to 2, got 1054" in first.failures
    assert "neutral components: expected growth, got engagement, impressions, growth" in first.failures
    assert second.failures == (
        "performance: expected 2 to 3 times that of the compared scenario, got 1054 against 1054",
    )
    assert any("expected none" in failure for failure in third.failures)


def test_a_ratio_to_nothing_is_infinite():
    """A score compared with 0 is no division by zero."""
    vanishing = [case(expect={}, compared_with={"event": {}}, ratio={"confidence": [2, 3]})]
    (case_result,) = check_cases(GoldStandards.model_validate({"cases": vanishing}).cases, scorer())
    assert not case_result.passed


@pytest.fixture
def run(capsys, monkeypatch):
    """Run ``brain gold``; returns the exit code, standard output and standard error."""

    def command(*options):
        monkeypatch.setattr(sys, "argv", ["brain", "gold", *map(str, options)])
        with pytest.raises(SystemExit) as stop:
            main()
        return (stop.value.code, *capsys.readouterr())

    return command


def test_the_command_prints_one_line_a_case(run):
    """All are met by the score as it is."""
    code, out, err = run()
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == len(CASES)
    assert all(line.startswith("ok ") for line in out.splitlines())


def test_the_command_fails_a_model_by_name(run, tmp_path):
    """A model whose authenticity no longer matters fails, with exit 1 and the cases named."""
    state = initial_state(LEARNING).to_document()
    model = tmp_path / "model.json"
    model.write_text(json.dumps({**state, "weights": {**state["weights"], "authenticity": 0.1}}))
    code, out, err = run("--model", model)
    assert code == 1
    assert "FAIL  model-honest-beats-bots" in out
    assert "model-honest-beats-bots" in err
    code, out, _ = run("--model", model, "--json")
    assert [json.loads(line)["id"] for line in out.splitlines() if not json.loads(line)["passed"]]


@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot read"), ("{", "must be JSON"), ("{}", "learned state")]
)
def test_a_model_that_cannot_be_read_is_wrong_usage(run, tmp_path, content, message):
    """A missing file, no JSON, and no state are one sentence and exit 2."""
    model = tmp_path / "model.json"
    if content is not None:
        model.write_text(content)
    code, _, err = run("--model", model)
    assert code == 2
    assert message in err
