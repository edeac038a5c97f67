"""The process that reads large bodies is killed, cannot start, or ends by itself; nothing is lost."""

import asyncio
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.ending_readings import end_always, end_the_first_time, exceed_memory, leave
from functions.test_ingest_http import NOW, Sender, open_sender, post

from brain.domain.feeds.context import FeedContext
from brain.domain.gateway import bodies
from brain.domain.gateway.requests import IngestRequest
from brain.domain.privacy.keys import IdentityKeys
from brain.errors import InvalidInputError, OverloadedError
from brain.services.gateway import ingest, read_request
from brain.services.gateway.read_request import DEFAULT_READING_RULES
from brain.services.gateway.reader_process import ReaderProcess

# anyio leaves the pipes of a process that did not start to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def collect_pipes() -> Iterator[None]:
    """Collect what is left of processes that did not start."""
    yield
    gc.collect()


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    """A sender whose every body is read in the process."""
    monkeypatch.setattr(ingest, "INLINE_BYTES", 0)
    yield from open_sender()


def run(read: Any, *arguments: Any) -> Any:
    """Run a reading in a process of its own."""
    return asyncio.run(ReaderProcess().run(read, *arguments))


def test_a_reading_whose_process_was_killed_is_repeated_in_a_new_one(tmp_path: Path) -> None:
    """A process may be ended by anything; its body is as readable as before."""
    assert run(end_the_first_time, str(tmp_path / "marker")) == "read"


@pytest.mark.parametrize("read", [end_always, leave, exceed_memory])
def test_a_body_that_ends_every_process_is_an_error_of_the_body(read: Any) -> None:
    """And of nothing else: the next body is read."""

    async def read_both() -> int:
        reader = ReaderProcess()
        with pytest.raises(InvalidInputError, match="fits into memory"):
            await reader.run(read)
        return await reader.run(os.getpid)

    assert asyncio.run(read_both()) != os.getpid()


@pytest.mark.parametrize("executable", ["/nonexistent/python", "/bin/false", "/bin/echo"])
def test_a_process_that_cannot_start_is_no_error_of_the_body(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    """The sender is asked to send again, and nothing of it is kept as unreadable."""
    monkeypatch.setattr(sys, "executable", executable)
    answer = sender.send([post(1)])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    monkeypatch.undo()
    assert sender.send([post(1)]).status_code == 201


def test_a_main_program_that_cannot_be_imported_is_no_error_of_the_body(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The process imports the main program of its parent when it starts."""
    program = tmp_path / "strange.py"
    program.write_text("raise RuntimeError('nobody imports me')")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(program), raising=False)
    with pytest.raises(OverloadedError, match="cannot start"):
        run(os.getpid)


class PeculiarError(Exception):
    """An error that cannot be built from its text, as several libraries have."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


def raise_peculiar(*_: Any, **__: Any) -> None:
    """Fail as a bug in a feed or in the parser may."""
    raise PeculiarError("a", "b")


@pytest.mark.parametrize(("module", "name"), [(read_request, "normalize"), (read_request, "parse_body")])
def test_an_error_that_cannot_leave_the_process_is_reported_by_its_text(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    """The request becomes a dead letter that is retried, as with any other error of the reader's code."""
    monkeypatch.setattr(module, name, raise_peculiar)
    request = IngestRequest("acme", "custom", "application/json", bodies.BYTE_ORDER_MARK + b"{}", "c")
    context = FeedContext("acme", NOW)
    reading = read_request.read_request(
        request, context, IdentityKeys(1, b"a salt, long enough for a test"), DEFAULT_READING_RULES
    )
    assert [(item.outcome, item.error_code) for item in reading.items] == [("dead_lettered", "internal")]
    assert [(type(error), str(error)) for error in reading.errors] == [(RuntimeError, "PeculiarError: a: b")]
