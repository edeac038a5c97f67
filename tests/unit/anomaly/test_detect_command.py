"""``brain detect`` on files as people have them: good, short, odd and broken."""

import csv
import io
import subprocess
import sys

import pytest

from brain.cli.app import main
from brain.testing.simulations.series import change_rows, simulate_daily, simulate_hourly

HEADER = "timestamp,value\n"


def text_of(series, stamp=str):
    """A series as the file's text."""
    return HEADER + "".join(f"{stamp(timestamp)},{value}\n" for timestamp, value in series)


OUTAGE = text_of(change_rows(simulate_daily(1, 60), 45, 46, lambda _value: 0.0))


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Run the command on a file of the given text; returns the exit code, the rows and standard error."""

    def command(text, *options):
        file = tmp_path / "series.csv"
        if text is not None:
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setattr(sys, "argv", ["brain", "detect", str(file), *options])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return stop.value.code, list(csv.DictReader(io.StringIO(out))), err

    return command


def test_every_row_comes_back_in_order_with_a_score_and_an_alarm(run):
    """Cells as they came; the outage, and only it, is an alarm."""
    code, rows, err = run(OUTAGE)
    input_rows = list(csv.DictReader(io.StringIO(OUTAGE)))
    assert (code, err) == (0, "")
    assert list(rows[0]) == ["timestamp", "value", "anomaly_score", "alarm"]
    assert [(r["timestamp"], r["value"]) for r in rows] == [(r["timestamp"], r["value"]) for r in input_rows]
    assert [index for index, row in enumerate(rows) if row["alarm"] == "1"] == [45]
    assert all(0 <= float(row["anomaly_score"]) <= 1 for row in rows)


def test_the_budget_is_the_only_setting(run):
    """A large one alarms more often than a small one."""
    series = text_of(simulate_hourly(2, 60))
    counts = [sum(row["alarm"] == "1" for row in run(series, "--budget", text)[1]) for text in ("20/1w", "1/20w")]
    assert counts[0] > 10
    assert counts[1] <= 1


@pytest.mark.parametrize(
    "stamp",
    [
        lambda timestamp: timestamp.isoformat() + "+02:00",
        lambda timestamp: timestamp.strftime("%Y-%m-%d %H:%M:%S.000"),
        lambda timestamp: str(int(timestamp.timestamp())),
        lambda timestamp: str(int(timestamp.timestamp() * 1000)),
        lambda timestamp: timestamp.strftime("%Y-%m-%dT%H:%MZ"),
    ],
)
def test_stamps_come_in_several_forms(run, stamp):
    """ISO 8601 with and without zone, seconds and milliseconds since 1970 give the same alarms."""
    series = change_rows(simulate_daily(1, 60), 45, 46, lambda _value: 0.0)
    code, rows, _ = run(text_of(series, stamp))
    assert (code, rows[45]["alarm"], rows[45]["timestamp"]) == (0, "1", stamp(series[45][0]))


def test_columns_may_stand_anywhere_and_a_byte_order_mark_does_not_matter(run):
    """A file from a spreadsheet reads the same."""
    lines = [line.split(",") for line in OUTAGE.splitlines()]
    code, rows, _ = run("\ufeff" + "\n".join(f"x, {value} , {stamp}" for stamp, value in lines))
    assert (code, rows[45]["alarm"]) == (0, "1")


@pytest.mark.parametrize("word", ["", "NaN", "null", "n/a"])
def test_missing_values_are_said_and_never_taken_for_zero(run, word):
    """Their rows come back, unjudged."""
    series = [
        (timestamp, word if row in (40, 41) else value) for row, (timestamp, value) in enumerate(simulate_daily(3, 60))
    ]
    code, rows, err = run(text_of(series))
    assert code == 0
    assert [rows[row]["alarm"] for row in (40, 41)] == ["0", "0"]
    assert "2 rows without a value: not scored, and not counted as 0" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER, "not enough data: 0 values; two days of several values per day, or two weeks of daily values"),
        (HEADER + "2026-01-05,3\n", "not enough data: 1 value; two days"),
        (text_of(simulate_daily(4, 12)), "not enough data: 12 values; enough by 2026-01-18 12:00"),
        (text_of(simulate_hourly(4, 1)), "not enough data: 24 values; enough by 2026-01-07 00:00"),
    ],
)
def test_short_files_are_answered_with_not_enough_data(run, text, message):
    """Every row comes back without an alarm, and the reader learns when there will be enough."""
    code, rows, err = run(text)
    assert code == 0
    assert len(rows) == text.count("\n") - 1
    assert message in err
    assert {row["alarm"] for row in rows} <= {"0"}


def test_a_constant_series_and_duplicates_and_gaps_are_answered(run):
    """Without an alarm and without a word."""
    constant = [(timestamp, 45.0) for timestamp, _ in simulate_hourly(5, 20)]
    doubled = [point for point in simulate_hourly(5, 20) for _ in range(2)]
    gaps = simulate_hourly(5, 10) + simulate_hourly(5, 30)[600:]
    for series in (constant, doubled, gaps):
        code, rows, err = run(text_of(series))
        assert (code, err, len(rows)) == (0, "", len(series))
        assert sum(row["alarm"] == "1" for row in rows) <= 1


def test_a_few_late_rows_are_passed_over_and_said(run):
    """One row in a hundred may come late, as when clocks are set back; it is neither judged nor learnt."""
    series = simulate_hourly(6, 20)
    series.insert(400, series[390])
    code, rows, err = run(text_of(series))
    assert (code, rows[400]["anomaly_score"], rows[400]["alarm"]) == (0, "0", "0")
    assert "skipped 1 row with a timestamp before that of an earlier row, first at line 402" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        ("", "got empty input"),
        ("timestamp\n2026-01-05\n", "add value"),
        ("time,value\n2026-01-05,1\n", "add timestamp"),
        (HEADER + "2026-01-05\n", "line 2"),
        (HEADER + "yesterday,1\n", "line 2: timestamp must be a time such as 2026-01-31 15:00:00, got 'yesterday'"),
        (HEADER + "1e300,1\n", "line 2: timestamp must be a time"),
        (HEADER + "2026-01-05,many\n", "line 2: value must be a number, got 'many'"),
        (HEADER + "2026-01-05,inf\n", "line 2: value must be finite, got 'inf'"),
        (HEADER + "2026-01-05,1\n2026-01-06T00:00Z,1\n", "must all have a time zone or none, got both"),
        (text_of(simulate_daily(7, 20)[::-1]), "line 3: timestamps must ascend"),
        (b"timestamp,value\n\xff,2\n", "UTF-8"),
    ],
)
def test_a_broken_file_is_one_sentence_and_exit_2(run, text, message):
    """What is wrong is said with its line, without a traceback, and nothing is printed as a result."""
    code, rows, err = run(text)
    assert (code, rows) == (2, [])
    assert message in err
    assert err.count("\n") == 1


def test_a_budget_that_is_none_is_refused(run):
    """With the grammar in the sentence."""
    code, rows, err = run(OUTAGE, "--budget", "often")
    assert (code, rows) == (2, [])
    assert "use for example 1/30d" in err


def test_a_series_can_come_from_standard_input():
    """As in a pipe."""
    command = [sys.executable, "-c", "from brain.cli.app import main; main()", "detect", "-"]
    done = subprocess.run(command, input=OUTAGE, capture_output=True, text=True, check=True)
    assert [line[-1] for line in done.stdout.splitlines()].index("1") == 46
