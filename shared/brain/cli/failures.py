"""Errors as people at a terminal need them: one sentence, the right exit code, no traceback."""

import os
import sys
from typing import Any

import typer

from brain.errors import BrainError, InvalidInputError, MisconfiguredError


def explained(app: typer.Typer) -> int:
    """Run ``app`` and return its exit code: 0 done, 1 faults found or work failed, 2 wrong usage or input."""
    try:
        outcome: Any = app(standalone_mode=False)
    except BrainError as error:
        print(f"brain: {error.message}", file=sys.stderr)
        return 2 if isinstance(error, InvalidInputError | MisconfiguredError) else 1
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:  # the reader, such as head(1), has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if hasattr(error, "format_message"):  # click's own errors of usage
            error.show() if hasattr(error, "show") else None
            return 2
        raise
    return outcome if isinstance(outcome, int) else 0
