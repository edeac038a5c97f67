"""What a command raises becomes an exit code and at most a sentence, and only a bug becomes a traceback."""

import io
import sys
from collections.abc import Callable

import pytest
import typer

from brain.cli.app import app
from brain.cli.failures import run_app
from brain.errors import BrainError, InvalidInputError


def run_command(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command line whose only command does ``work``."""
    commands = typer.Typer()
    commands.command()(work)
    monkeypatch.setattr("sys.argv", ["brain"])
    return run_app(commands)


def fail_with(error: BaseException) -> Callable[[], None]:
    """Return work that raises ``error``."""

    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "exit_code", "sentence"),
    [
        (BrainError("it did not work"), 1, "brain: it did not work\n"),
        (InvalidInputError("it cannot be read"), 2, "brain: it cannot be read\n"),
        (FileNotFoundError(2, "No such file", "x.json"), 1, "brain: x.json: No such file\n"),
        (OSError("odd"), 1, "brain: output: odd\n"),
        (typer.Exit(1), 1, ""),
        (typer.Exit(0), 0, ""),
        (typer.Abort(), 130, ""),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_is_an_exit_code_and_a_sentence(
    error: BaseException,
    exit_code: int,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Work that failed is 1, wrong input 2, and a command that was stopped 130."""
    assert run_command(fail_with(error), monkeypatch) == exit_code
    assert capsys.readouterr().err == sentence


def test_a_bug_is_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reports it needs to see where it was."""
    with pytest.raises(ZeroDivisionError):
        run_command(fail_with(ZeroDivisionError()), monkeypatch)


@pytest.mark.parametrize("result", [3, "printed"])
def test_what_a_command_returns_is_its_exit_code_if_it_is_a_number(
    result: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything else is success."""
    assert run_command(lambda: result, monkeypatch) == (3 if result == 3 else 0)


def test_output_goes_to_any_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even to one without an encoding that could lack characters."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert run_command(lambda: typer.echo("naïve ☂"), monkeypatch) == 0
    assert stream.getvalue() == "naïve ☂\n"


def test_a_character_that_the_terminal_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of an error that loses the answer."""
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    assert run_command(lambda: sys.stdout.write("☂\n") and sys.stdout.flush(), monkeypatch) == 0
    assert buffer.getvalue() == b"\\u2602\n"


def test_a_reader_that_left_is_no_failure(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when ``head`` has seen enough; what is printed later goes nowhere."""
    file = tmp_path_factory.mktemp("output") / "printed"
    with file.open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        assert run_command(fail_with(BrokenPipeError(32, "Broken pipe")), monkeypatch) == 0
        stream.write("too late")
    assert file.read_text(encoding="utf-8") == ""


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else is done."""
    monkeypatch.setattr("sys.argv", ["brain", "--version"])
    assert run_app(app) == 0
    assert capsys.readouterr().out.startswith("brain 0.")
