"""Errors as people at a terminal need them: one sentence, the right exit code, no traceback."""

import io
import os
import sys
from typing import Any

import typer

from brain.errors import BrainError, InvalidInputError, MisconfiguredError, NotFoundError

WRONG_INPUT = (InvalidInputError, MisconfiguredError, NotFoundError)
INTERRUPTED = 130


def run_app(app: typer.Typer) -> int:
    """Run ``app`` and return its exit code: 0 success, 1 the work failed or found faults, 2 wrong usage or input."""
    _replace_unprintable_characters()
    try:
        exit_code: Any = app(standalone_mode=False)
    except (BrainError, OSError) as error:
        return _print_error(error)
    except typer.Abort:  # standard input ended at a question
        return INTERRUPTED
    except SystemExit:  # typer exits by itself when the reader, such as head(1), closed the pipe
        return _drop_output()
    except Exception as error:
        if hasattr(error, "format_message"):  # click's own usage errors
            error.show() if hasattr(error, "show") else None
            return 2
        raise
    return exit_code if isinstance(exit_code, int) else 0


def _replace_unprintable_characters() -> None:
    """Print characters that the terminal's encoding lacks as escapes, instead of losing the answer."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _print_error(error: BrainError | OSError) -> int:
    if isinstance(error, OSError):
        print(f"brain: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return 1
    print(f"brain: {error.message}", file=sys.stderr)
    return 2 if isinstance(error, WRONG_INPUT) else 1


def _drop_output() -> int:
    """Send what is still buffered nowhere, since the reader has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
