"""The check of a staged function in this process: what it calls, what it accepts, and what it says.

``test_staged.py`` runs it as deploy.sh does, in an interpreter of its own.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import brain
from brain.cli.deployment import staged

WSGI = "def brainApi(request):\n    return '', {status}\n"
ASGI = """
from starlette.responses import Response

async def ingest(request):
    body = await request.body()
    return Response(status_code=422 if (request.method, body) == ("POST", b"{}") else 500)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A staging folder with the library in it; the process is afterwards as it was before."""
    monkeypatch.setattr(brain, "__file__", str(tmp_path / "brain" / "__init__.py"))
    environment, modules, path = dict(os.environ), set(sys.modules), list(sys.path)
    yield tmp_path
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name == "main":
            del sys.modules[name]


def check(folder: Path, source: str, target: str, *flags: str) -> int:
    """Check a function with this source."""
    (folder / "main.py").write_text(source, encoding="utf-8")
    return staged.main([str(folder / "main.py"), target, *flags])


def test_a_function_that_responds_is_accepted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also with an error of the caller: the request was empty."""
    assert check(folder, WSGI.format(status=404), "brainApi") == 0
    assert capsys.readouterr().out.endswith("brainApi: loads and responds with 404\n")
    assert os.environ["BRAIN_STORE"] == "sqlite:///:memory:"


def test_an_asynchronous_function_is_called_through_asgi(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a POST request and an empty object."""
    assert check(folder, ASGI, "ingest", "--asgi") == 0
    assert capsys.readouterr().out.endswith("ingest: loads and responds with 422\n")


def test_a_server_error_is_a_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would be one in the cloud too."""
    assert check(folder, WSGI.format(status=503), "brainApi") == 1
    assert "brainApi: responded with 503 to an empty request" in capsys.readouterr().err


def test_a_module_that_is_imported_later_must_be_there_now(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first use would fail in the cloud."""
    monkeypatch.setattr(staged, "LAZY_IMPORTS", ("brain.nowhere",))
    with pytest.raises(ModuleNotFoundError, match=r"brain\.nowhere"):
        check(folder, WSGI.format(status=200), "brainApi")


def test_another_library_than_the_staged_one_is_a_failure(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check of the wrong copy would prove nothing."""
    monkeypatch.setattr(brain, "__file__", str(folder / "checkout" / "brain" / "__init__.py"))
    assert check(folder, WSGI.format(status=200), "brainApi") == 1
    assert f"got the one in {folder / 'checkout'}" in capsys.readouterr().err
