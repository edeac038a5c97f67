"""The local server announces itself only when it serves, and says so when it does not."""

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from brain.cli.local_server import run_server
from brain.errors import BrainError


def test_a_server_that_cannot_start_is_not_announced(capsys: pytest.CaptureFixture[str]) -> None:
    """The application failed before the first request."""

    @contextlib.asynccontextmanager
    async def fail(_app: Starlette) -> AsyncIterator[None]:
        raise OSError("no store")
        yield

    with pytest.raises(BrainError, match="did not start"):
        run_server(Starlette(lifespan=fail), 0, lambda url: f"listening on {url}")
    assert "listening" not in capsys.readouterr().out


def test_a_server_is_announced_when_it_serves_and_stopped_by_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    """The announcement comes once the application has started; whether Ctrl-C is raised again is uvicorn's affair."""
    announced: list[str] = []

    @contextlib.asynccontextmanager
    async def stop_soon(_app: Starlette) -> AsyncIterator[None]:
        announced.append(capsys.readouterr().out)
        asyncio.get_running_loop().call_later(0.2, signal.raise_signal, signal.SIGINT)
        yield

    with contextlib.suppress(KeyboardInterrupt):
        run_server(Starlette(lifespan=stop_soon), 0, lambda url: f"listening on {url}")
    assert announced == [""]
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+\n", capsys.readouterr().out)
