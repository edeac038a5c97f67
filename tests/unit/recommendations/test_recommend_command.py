"""``brain recommend`` on contexts as people have them."""

import io
import json
import sys

import pytest
from unit.recommendations.advice_cases import BUSY, NOW

from brain.cli.app import main

GOOD = {"client_id": "acme", "as_of": NOW.isoformat(), "metrics": BUSY, "confidence": 0.8}


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Run the command on a context, by file or by standard input; returns the exit code, output and errors."""

    def command(content, *options, stdin=False):
        file = tmp_path / "context.json"
        file.write_bytes(content)
        monkeypatch.setattr(sys, "argv", ["brain", "recommend", *([] if stdin else [str(file)]), *options])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        with pytest.raises(SystemExit) as stop:
            main()
        return (stop.value.code, *capsys.readouterr())

    return command


def test_a_file_and_standard_input_give_the_same(run):
    """JSON with recommendations and their propensities, whichever way the context comes."""
    content = json.dumps(GOOD).encode()
    code, out, _ = run(content, "--limit", "3", "--seed", "4")
    assert code == 0
    document = json.loads(out)
    assert len(document["places"]) == 3
    assert all(0 < card["propensity"] < 1 for card in document["recommendations"])
    assert run(content, "--limit", "3", "--seed", "4", stdin=True)[1] == out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be a JSON object"),
        (b"{", "must be a JSON object"),
        (b"\xff\xfe", "must be UTF-8, got other bytes at byte 0"),
        (b"[" * 200_000, "must be a JSON object"),
        (b"[]", "one JSON object"),
        (b"{}", "client_id"),
        (b'{"client_id": NaN}', "NaN"),
        (json.dumps(GOOD | {"as_of": "yesterday"}).encode(), "as_of"),
        (json.dumps(GOOD | {"metrics": {"click_rate": 10**400}}).encode(), "click_rate"),
    ],
)
def test_a_bad_context_is_one_sentence_and_exit_2(run, content, message):
    """No traceback, whatever comes."""
    code, out, err = run(content)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_a_missing_file_and_a_wrong_limit_are_wrong_usage(run, tmp_path, monkeypatch, capsys):
    """Both say what was expected."""
    assert "1 to 10" in run(json.dumps(GOOD).encode(), "--limit", "11")[2]
    monkeypatch.setattr(sys, "argv", ["brain", "recommend", str(tmp_path / "none.json")])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert "cannot read" in capsys.readouterr().err
