"""``brain serve``: every function on one port of this machine."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer
import uvicorn

from brain.adapters.virtual_clock import VirtualClock
from brain.cli.local_brain import open_brain
from brain.entrypoints.local import LocalServer


def serve(
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 8080,
    schedule: Annotated[bool, typer.Option(help="Run the jobs when their schedules come round.")] = True,
    clock_rate: Annotated[
        float, typer.Option(help="Virtual seconds a second, such as 3600 for an hour a second.")
    ] = 1.0,
) -> None:
    """Serve ingest, API, jobs and reports on 127.0.0.1, with the store of BRAIN_STORE, until stopped."""
    clock = VirtualClock(datetime.now(UTC), clock_rate) if clock_rate != 1.0 else None
    brain = open_brain(clock)
    app = LocalServer(brain, schedule=schedule).app()
    print(f"The Brain listens on http://127.0.0.1:{port} (process {os.getpid()}); stop it with Ctrl-C", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
