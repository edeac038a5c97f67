"""``brain serve``: every function on one port of this machine."""

import os
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated

import typer

from brain.adapters.virtual_clock import VirtualClock
from brain.cli.local_brain import open_brain
from brain.cli.local_server import run_server
from brain.entrypoints.local import LocalServer
from brain.errors import InvalidInputError


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 picks a free one.")] = 8080,
    schedule: Annotated[bool, typer.Option(help="Run the jobs on their schedules.")] = True,
    clock_rate: Annotated[
        float,
        typer.Option(
            help="Run a virtual clock from now at this many seconds per second, such as 60, time limits of jobs "
            "included. Use a store for trials: what is written is dated in the future."
        ),
    ] = 1.0,
) -> None:
    """Serve ingest, API, jobs and reports on 127.0.0.1 from the store of BRAIN_STORE, until stopped.

    Post events to /ingest/v1/clients/CLIENT/events/FEED, read /api/health, run jobs with POST /jobs/NAME.
    """
    if not (isfinite(clock_rate) and clock_rate > 0):
        raise InvalidInputError(f"--clock-rate must be a finite number above 0, got {clock_rate}")
    clock = VirtualClock(datetime.now(UTC), clock_rate) if clock_rate != 1.0 else None
    app = LocalServer(open_brain(clock), schedule=schedule).app()
    run_server(app, port, lambda url: f"The Brain listens on {url} (process {os.getpid()}); stop it with Ctrl-C")
