"""Errors as people at a terminal need them: one sentence, the right exit code, no traceback."""

import os
import sys
from typing import Any

import typer

from brain.errors import BrainError, InvalidInputError, MisconfiguredError, NotFoundError

WRONG_INPUT = (InvalidInputError, MisconfiguredError, NotFoundError)


def run_app(app: typer.Typer) -> int:
    """Run ``app`` and return its exit code: 0 success, 1 the work failed or found faults, 2 wrong usage or input."""
    try:
        exit_code: Any = app(standalone_mode=False)
    except BrainError as error:
        print(f"brain: {error.message}", file=sys.stderr)
        return 2 if isinstance(error, WRONG_INPUT) else 1
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:  # the reader, such as head(1), closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if hasattr(error, "format_message"):  # click's own usage errors
            error.show() if hasattr(error, "show") else None
            return 2
        raise
    return exit_code if isinstance(exit_code, int) else 0
