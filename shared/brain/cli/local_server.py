"""Runs an ASGI application on a port of this machine, and says so once the port is bound."""

import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from brain.errors import BrainError, InvalidInputError

HOST = "127.0.0.1"
BACKLOG = 2048


def run_server(app: Any, port: int, announcement: Callable[[str], str]) -> None:
    """Serve ``app`` until it is stopped; print ``announcement(url)`` when it accepts requests.

    Raises:
        InvalidInputError: the port is in use, or may not be bound.
        BrainError: the application failed before its first request.
    """
    with _bind(port) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        # The server must not take the caller's address from a header that the caller sets; see trusted_hops.
        config = uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False)
        try:
            _AnnouncedServer(config, announcement(url)).run(sockets=[listener])
        except SystemExit as exc:  # uvicorn exits by itself when the application cannot start
            raise BrainError("the local server did not start; the reason is above") from exc


def _bind(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        message = (
            f"--port must be free on {HOST}, got {port}: {exc.strerror}; choose another one, or 0 for any free one"
        )
        raise InvalidInputError(message) from exc
    return listener


class _AnnouncedServer(uvicorn.Server):
    """A server that prints a sentence when its start-up is complete."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def main_loop(self) -> None:
        """Say that the server accepts connections, and serve until it is stopped."""
        print(self._announcement, flush=True)
        await super().main_loop()
