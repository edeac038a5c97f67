"""What the deployed functions call: the framework's requests into ours, on this process's Brain."""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from brain import bootstrap
from brain.entrypoints.http import Request, Response

if TYPE_CHECKING:
    from brain.entrypoints.api import ApiHttp
    from brain.entrypoints.gateway.ingest import IngestHttp
    from brain.entrypoints.jobs.handlers import ScheduledHttp, WorkerHttp

Answer = tuple[bytes, int, dict[str, str]]


async def ingest(request: Any) -> Any:
    """Take events in; ``request`` and the answer are Starlette's."""
    return await _ingest()(request)


def api(request: Any) -> Answer:
    """Answer the dashboard and tools."""
    return _answer(_api()(_request(request)))


def scheduled(job: str, request: Any) -> Answer:
    """Dispatch a scheduled job."""
    return _answer(_scheduled(job)(_request(request)))


def worker(request: Any) -> Answer:
    """Perform one task."""
    return _answer(_worker()(_request(request)))


@cache
def _ingest() -> "IngestHttp":
    from brain.entrypoints.gateway.ingest import IngestHttp

    brain = bootstrap.shared()
    return IngestHttp(
        brain.ingest, brain.authenticator, brain.limits, brain.clock, brain.log, lambda: brain.verify_sender
    )


@cache
def _api() -> "ApiHttp":
    from brain.entrypoints.api import ApiHttp

    return ApiHttp(bootstrap.shared().health)


@cache
def _scheduled(job: str) -> "ScheduledHttp":
    from brain.entrypoints.jobs.handlers import ScheduledHttp
    from brain.settings.scheduler import read_scheduler

    brain = bootstrap.shared()
    jitter = timedelta(seconds=read_scheduler().scheduled[job].jitter_seconds)
    return ScheduledHttp(job, jitter, brain.dispatch(brain.cloud_tasks()), brain.clock, brain.log)


@cache
def _worker() -> "WorkerHttp":
    from brain.entrypoints.jobs.handlers import WorkerHttp
    from brain.settings.scheduler import read_scheduler

    brain = bootstrap.shared()
    return WorkerHttp(brain.perform, brain.give_up, read_scheduler().retry.retries, brain.clock, brain.log)


def _request(request: Any) -> Request:
    """Return a Flask request as ours."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.path, headers, request.get_data(), dict(request.args))


def _answer(response: Response) -> Answer:
    return response.encoded(), response.status, {"Content-Type": response.content_type, **response.headers}
