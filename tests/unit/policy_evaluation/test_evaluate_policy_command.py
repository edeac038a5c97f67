"""``brain evaluate-policy`` on files as people have them."""

import json
import sys

import numpy as np
import pytest

from brain.cli.app import main
from brain.testing.simulations.bandits import CLICKS

HEADER = "action,reward,propensity,target_probability"


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Run the command on a file of the given text; returns the exit code, standard output and standard error."""

    def command(text):
        file = tmp_path / "log.csv"
        file.write_text(text)
        monkeypatch.setattr(sys, "argv", ["brain", "evaluate-policy", str(file)])
        with pytest.raises(SystemExit) as stop:
            main()
        return (stop.value.code, *capsys.readouterr())

    return command


def test_the_answer_has_the_agreed_keys(run):
    """A log of 5 000 clicks gives all estimates, an interval around them, and a verdict."""
    log = CLICKS.log(5000, np.random.default_rng(1))
    rows = zip(log.actions, log.rewards, log.propensities, log.target_probabilities, strict=True)
    text = "\n".join([f"{HEADER},context_day", *(",".join(map(str, [*row, "mon"])) for row in rows)])
    code, out, _ = run(text)
    answer = json.loads(out)
    assert code == 0
    assert {"ips", "snips", "dr", "interval", "effective_sample_size", "verdict", "logged_value"} <= set(answer)
    assert answer["interval"][0] < answer["dr"] < answer["interval"][1]
    assert answer["dr"] == pytest.approx(CLICKS.value, rel=0.1)
    assert (answer["verdict"], answer["n"]) == ("better", 5000)


def test_one_row_is_not_enough_data(run):
    """One decision gives what can be given and says that it is not enough."""
    code, out, _ = run(f"{HEADER}\na,1,0.5,0.5\n")
    assert (code, json.loads(out)["verdict"], json.loads(out)["interval"]) == (0, "not enough data", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got empty input"),
        (HEADER, "at least one logged decision"),
        ("action,reward,propensity\na,1,1\n", "add target_probability"),
        (f"{HEADER}\na,1,0,0.5\n", "propensity"),
        (f"{HEADER}\na,1,1.1,0.5\n", "propensity"),
        (f"{HEADER}\na,nan,0.5,0.5\n", "line 2: reward must be a number"),
        (f"{HEADER}\na,,0.5,0.5\n", "line 2: reward must be a number, got ''"),
    ],
)
def test_a_broken_file_is_one_sentence_and_exit_2(run, text, message):
    """What is wrong is said without a traceback, and nothing is printed as a result."""
    code, out, err = run(text)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
