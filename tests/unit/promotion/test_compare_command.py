"""``brain compare`` on files as people have them: good, short, odd and broken."""

import io
import json
import sys

import numpy as np
import pytest

from brain.cli.app import main


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Run the command on a file of the given text; returns the exit code, standard output and standard error."""

    def command(text, *options, name="errors.csv"):
        file = tmp_path / name
        if text is not None:
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        argument = name if name == "-" else str(file)
        monkeypatch.setattr(sys, "argv", ["brain", "compare", argument, *options])
        with pytest.raises(SystemExit) as stop:
            main()
        return (stop.value.code, *capsys.readouterr())

    return command


def rows(n, gain):
    """Return a file of ``n`` pairs whose challenger is better by ``gain``."""
    errors = np.random.default_rng(3).lognormal(0, 0.5, (n, 2)) * [1, 1 - gain]
    lines = [f"{champion},{challenger}" for champion, challenger in errors.tolist()]
    return "\n".join(["champion_error,challenger_error", *lines])


def test_the_answer_has_the_agreed_shape(run):
    """A clear gain in 2 000 rows is promoted, in JSON with exactly the agreed keys."""
    code, out, _ = run(rows(2000, 0.15))
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == ["decision", "n", "improvement", "interval", "decided_at"]
    assert (answer["decision"], answer["n"]) == ("promote", 2000)
    assert answer["interval"][0] < answer["improvement"] < answer["interval"][1]


@pytest.mark.parametrize("n", [0, 1, 499])
def test_too_few_rows_continue(run, n):
    """Fewer than 500 rows are an answer, not a fault."""
    code, out, _ = run(rows(n, 0.5), "--json")
    answer = json.loads(out)
    assert (code, answer["decision"], answer["n"], answer["decided_at"]) == (0, "continue", n, None)


def test_standard_input_reads_like_a_file(run, monkeypatch):
    """A hyphen names it, in messages too."""
    text = rows(600, 0.5)
    _, from_file, _ = run(text)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(None, name="-")[1] == from_file
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert "standard input must have a header" in run(None, name="-")[2]


def test_other_columns_and_a_byte_order_mark_do_not_matter(run):
    """A file from a spreadsheet, with more columns in another order, reads the same."""
    text = "\ufeffday, challenger_error ,champion_error\nmon,1,2\n\ntue,1,2\n"
    code, out, _ = run(text)
    assert (code, json.loads(out)["improvement"]) == (0, 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        ("", "got empty input"),
        ("champion_error\n1\n", "add challenger_error"),
        ("champion_error,challenger_error,champion_error\n1,2,3\n", "must appear once"),
        ("champion_error,challenger_error\n1,2\n1\n", "line 3"),
        ("champion_error,challenger_error\n1,nan\n", "line 2: challenger_error must be a number, got 'nan'"),
        ("champion_error,challenger_error\n1,inf\n", "line 2: challenger error must be"),
        ("champion_error,challenger_error\n1,1_0\n", "got '1_0'"),
        ("champion_error,challenger_error\n1,two\n", "got 'two'"),
        ("champion_error,challenger_error\n-1,2\n", "line 2: champion error must be"),
        (b"champion_error,challenger_error\n\xff,2\n", "UTF-8"),
        ('champion_error,challenger_error\n"1,2\n', "expected CSV"),
    ],
)
def test_a_broken_file_is_one_sentence_and_exit_2(run, text, message):
    """What is wrong is said with its line, without a traceback, and nothing is printed as a result."""
    code, out, err = run(text)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_person_at_a_terminal_reads_a_table(run, monkeypatch):
    """At a terminal the figures come as a table with the reason below."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, out, _ = run(rows(600, 0.5))
    assert code == 0
    assert "promote" in out
    assert "proven lower" in out
