"""The retail commands explain themselves to a stranger, and read their files from a pipe."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from brain.cli.app import app
from brain.cli.failures import run_app
from brain.cli.retail.app import retail
from brain.domain.retail.imports.csv_reader import EVENT_COLUMNS, SALES_COLUMNS, WEATHER_COLUMNS

GROUP: Any = typer.main.get_command(retail)
SALES = "store_id,sold_at,product_id,revenue\nkiel,2026-01-01,bread,2\nkiel,soon,bread,2\n"
DECISIONS = "kind,start,end,cost,note\npost,2026-01-01,2026-01-02,10,flyers\n"


def run_retail(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str, standard_input: str
) -> tuple[int, Any]:
    """Run a command with ``--json`` and return its exit code and document."""
    monkeypatch.setattr("sys.argv", ["brain", "retail", *words, "--json"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(standard_input.encode())))
    code = run_app(app)
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_every_command_and_parameter_has_a_help_text(name: str) -> None:
    """A summary of a sentence, and a text for each option and argument."""
    command = GROUP.commands[name]
    assert command.help.splitlines()[0].endswith(".")
    for parameter in command.params:
        assert parameter.help, parameter.name
        assert parameter.help.endswith("."), parameter.name


def test_the_help_of_import_names_every_column() -> None:
    """Of all three kinds of files."""
    command = GROUP.commands["import"]
    texts = {parameter.name: parameter.help for parameter in command.params}
    for kind, columns in (("sales", SALES_COLUMNS), ("weather", WEATHER_COLUMNS), ("events", EVENT_COLUMNS)):
        assert ", ".join(columns) in texts[kind]


def test_files_are_read_from_a_pipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dash stands for standard input, with bad lines by number as in a file."""
    database = ("--database", f"sqlite:///{tmp_path / 'shop.db'}")
    code, report = run_retail(capsys, monkeypatch, "import", "--sales", "-", *database, standard_input=SALES)
    assert (code, report["tables"]) == (1, [{"table": "sales", "new": 1, "already_there": 0}])
    assert report["files"][0]["file"] == "standard input"
    assert [line["line"] for line in report["files"][0]["bad_lines"]] == [3]
    code, recorded = run_retail(capsys, monkeypatch, "decide", "--file", "-", *database, standard_input=DECISIONS)
    assert (code, recorded) == (
        0,
        {"new": 1, "changed": 0, "already_there": 0, "decisions": ["post:*:*:2026-01-01"]},
    )
