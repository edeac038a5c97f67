"""``brain predict`` on files as people have them."""

import csv
import io
import json
import sys

import pytest

from brain.cli.app import main
from brain.testing.simulations.content import drop_results, simulate_posts


def _csv(rows, delimiter=","):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Run the command on two files' contents; returns the exit code, output and errors."""

    def command(history, planned, *options):
        for name, content in (("history.csv", history), ("planned.csv", planned)):
            if content is not None:
                (tmp_path / name).write_bytes(content)
        files = ["--history", str(tmp_path / "history.csv"), "--planned", str(tmp_path / "planned.csv")]
        monkeypatch.setattr(sys, "argv", ["brain", "predict", *files, "--target", "likes", *options])
        with pytest.raises(SystemExit) as stop:
            main()
        return (stop.value.code, *capsys.readouterr())

    return command


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_planned_rows_come_back_with_four_columns_more(run, delimiter):
    """In the plan's own form, in its order, with what it said and what is expected."""
    ahead = drop_results(simulate_posts(5, 2))
    code, out, err = run(_csv(simulate_posts(80, 1), delimiter), _csv(ahead, delimiter), "--time", "published")
    rows = list(csv.DictReader(io.StringIO(out), delimiter=delimiter))
    assert code == 0
    assert list(rows[0]) == ["type", "length", "published", "predicted", "lower", "upper", "confidence"]
    assert [row["length"] for row in rows] == [row["length"] for row in ahead]
    for row in rows:
        assert float(row["lower"]) <= float(row["predicted"]) <= float(row["upper"])
        assert 0 < float(row["confidence"]) < 1
    assert "Traceback" not in err


def test_a_byte_order_mark_and_quoted_cells_are_read(run):
    """As spreadsheets save them."""
    history = b"\xef\xbb\xbf" + _csv([{**row, "type": f"{row['type']}, with text"} for row in simulate_posts(40, 1)])
    code, out, _ = run(history, b'type\n"photo, with text"\n')
    assert (code, out.splitlines()[0]) == (0, "type,predicted,lower,upper,confidence")


def test_formulas_of_the_plan_are_written_as_text(run):
    """In cells and in column names; numbers stay numbers."""
    plan = b'type,"=cmd()",change\n"=HYPERLINK(""http://evil.example"")",@x,-5.5\n'
    code, out, _ = run(_csv(simulate_posts(40, 1)), plan)
    header, row = list(csv.reader(io.StringIO(out)))
    assert (code, header[:3]) == (0, ["type", "'=cmd()", "change"])
    assert row[:3] == ['\'=HYPERLINK("http://evil.example")', "'@x", "-5.5"]


def test_too_little_history_is_an_answer(run):
    """Blank predictions, confidence 0, the reason and the date on standard error, exit 0."""
    code, out, err = run(_csv(simulate_posts(4, 1)), b"type,published\nphoto,2026-03-01\n", "--time", "published")
    assert code == 0
    assert out.splitlines()[1] == "photo,2026-03-01,,,,0.0"
    assert "not enough data yet: 4 observations" in err
    assert "enough by 2026-" in err


def test_machines_get_what_is_missing_row_by_row(run):
    """JSON with the same four numbers, what is missing, and how many rows were left out."""
    history = _csv([*simulate_posts(60, 1, noise=1.5), {**simulate_posts(1, 1)[0], "likes": ""}])
    code, out, _ = run(history, b"type\nphoto\n", "--json")
    document = json.loads(out)
    assert (code, document["left_out"]) == (0, 1)
    assert document["rows"][0]["type"] == "photo"
    assert document["rows"][0]["missing"]
    assert document["data"].startswith("enough data")


def test_the_plan_may_come_from_standard_input(run, monkeypatch):
    """A hyphen names it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PLAN)))
    assert run(GOOD, None, "--planned", "-")[:2] == run(GOOD, PLAN)[:2]


def test_rows_that_were_left_out_are_told(run):
    """On standard error, since the output is for the next program."""
    history = _csv([*simulate_posts(60, 1), {**simulate_posts(1, 1)[0], "likes": ""}])
    assert "excluded 1 row of the history without likes or time" in run(history, b"type\nphoto\n")[2]


GOOD, PLAN = _csv(simulate_posts(30, 1)), b"type\nphoto\n"


@pytest.mark.parametrize(
    ("history", "planned", "options", "message"),
    [
        (b"", PLAN, (), "got empty input"),
        (b"\n\n", PLAN, (), "got empty input"),
        (GOOD, b"", (), "got empty input"),
        (None, PLAN, (), "cannot read"),
        (b"\xff\xfe\x00", PLAN, (), "must be UTF-8"),
        (b'type,likes\n"photo,3\n', PLAN, (), "expected CSV"),
        (b"type,type,likes\na,b,3\n", PLAN, (), "column 'type' must appear once"),
        (b"type,reach\nphoto,3\n", PLAN, (), "must have the column 'likes'"),
        (GOOD.replace(b"published,likes", b"published,like"), PLAN, (), "must have the column 'likes'"),
        (GOOD, PLAN, ("--time", "when"), "must have the column 'when'"),
        (b"type,likes\nphoto,lots\n", PLAN, (), "must be a number or empty"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(run, history, planned, options, message):
    """No traceback, and nothing on standard output."""
    code, out, err = run(history, planned, *options)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "history",
    [b"type,likes\n", b"type,likes\nphoto,3\n", b"type,likes\n" + b"photo,3\n" * 30, b"type,likes\nphoto,nan\n"],
)
def test_odd_histories_are_answered(run, history):
    """A header alone, one row, a constant and nothing but NaN: exit 0, one line a planned row."""
    code, out, _ = run(history, PLAN)
    assert (code, len(out.splitlines())) == (0, 2)


def test_a_plan_of_nothing_is_a_header(run):
    """No planned row, no prediction, no complaint."""
    assert run(GOOD, b"type\n")[:2] == (0, "type,predicted,lower,upper,confidence\n")


def test_ragged_rows_are_read_as_far_as_they_go(run):
    """A row with a cell too many or too few loses nothing else."""
    code, out, _ = run(GOOD + b"photo,3\nphoto,3,2026-01-01,5,6,7\n", PLAN)
    assert (code, len(out.splitlines())) == (0, 2)
