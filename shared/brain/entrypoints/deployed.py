"""What the deployed functions call: the framework's requests, translated and handled by this process's Brain."""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from brain import bootstrap
from brain.entrypoints.http import Request, Response

if TYPE_CHECKING:
    from brain.entrypoints.api import ApiHttp
    from brain.entrypoints.gateway.ingest import IngestHttp
    from brain.entrypoints.jobs.handlers import ScheduledHttp, WorkerHttp

FlaskResponse: TypeAlias = tuple[bytes, int, dict[str, str]]


async def handle_ingest(request: Any) -> Any:
    """Accept events; ``request`` and the response are Starlette's."""
    return await _build_ingest()(request)


def handle_api(request: Any) -> FlaskResponse:
    """Respond to the dashboard and tools."""
    return _to_flask(_build_api()(_from_flask(request)))


def handle_schedule(job: str, request: Any) -> FlaskResponse:
    """Dispatch a scheduled job."""
    return _to_flask(_build_scheduled(job)(_from_flask(request)))


def handle_task(request: Any) -> FlaskResponse:
    """Perform one task."""
    return _to_flask(_build_worker()(_from_flask(request)))


@cache
def _build_ingest() -> "IngestHttp":
    from brain.entrypoints.gateway.composition import build_ingest_http

    return build_ingest_http(bootstrap.get_brain())


@cache
def _build_api() -> "ApiHttp":
    from brain.entrypoints.api import ApiHttp

    return ApiHttp(bootstrap.get_brain().health)


@cache
def _build_scheduled(job: str) -> "ScheduledHttp":
    from brain.entrypoints.jobs.handlers import ScheduledHttp
    from brain.settings.scheduler import read_scheduler

    brain = bootstrap.get_brain()
    jitter = timedelta(seconds=read_scheduler().scheduled[job].jitter_seconds)
    return ScheduledHttp(job, jitter, brain.dispatch(brain.cloud_tasks()), brain.clock, brain.log)


@cache
def _build_worker() -> "WorkerHttp":
    from brain.entrypoints.jobs.handlers import WorkerHttp
    from brain.settings.scheduler import read_scheduler

    brain = bootstrap.get_brain()
    enqueue = brain.enqueue_runs(brain.cloud_tasks())
    retries = read_scheduler().task_retry.retries
    return WorkerHttp(brain.perform, enqueue.continue_run, brain.give_up, retries, brain.clock, brain.log)


def _from_flask(request: Any) -> Request:
    headers = {name.lower(): header for name, header in request.headers.items()}
    return Request(request.method, request.path, headers, request.get_data(), dict(request.args))


def _to_flask(response: Response) -> FlaskResponse:
    return response.encode(), response.status, {"Content-Type": response.content_type, **response.headers}
