"""All functions on one local port, with the stored reports as pages and a local scheduler."""

import asyncio
import contextlib
import html
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as StarletteRequest
from starlette.responses import HTMLResponse
from starlette.responses import Response as StarletteResponse
from starlette.routing import Mount, Route

from brain.bootstrap import Brain
from brain.entrypoints import http
from brain.entrypoints.api import ApiHttp
from brain.entrypoints.gateway.composition import build_ingest_http
from brain.entrypoints.http import Request, Response
from brain.entrypoints.jobs.handlers import parse_job_call
from brain.entrypoints.local_scheduler import LocalScheduler
from brain.repositories.analysis.reports import Reports
from brain.settings.scheduler import read_scheduler

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>The Brain</title><style>:root{{color-scheme:light dark;font:16px/1.5 system-ui}}"
    "body{{max-width:44rem;margin:auto;padding:1rem}}</style><h1>Reports</h1>{}</html>"
)


class LocalServer:
    """The local server of one Brain; with ``schedule`` it also runs the scheduled jobs."""

    def __init__(self, brain: Brain, *, schedule: bool) -> None:
        self._brain = brain
        self._table = read_scheduler()
        self._scheduler = LocalScheduler(self._table, brain) if schedule else None
        self._ingest = build_ingest_http(brain)
        self._api = ApiHttp(brain.health, self._scheduler.failures if self._scheduler else {})

    def app(self) -> Starlette:
        """Return the ASGI application."""
        routes = [
            Mount("/ingest", routes=[Route("/{path:path}", self._handle_ingest, methods=METHODS)]),
            Mount("/api", routes=[Route("/{path:path}", self._handle_api, methods=["GET", "HEAD", "POST"])]),
            Route("/jobs/{job}", self._handle_job, methods=["POST"]),
            Route("/reports/{client}/{report}", self._show_report),
            Route("/", self._list_reports),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        scheduler = asyncio.create_task(self._scheduler.run()) if self._scheduler else None
        yield
        if scheduler:
            scheduler.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await scheduler
        await self._brain.writer.aclose()

    async def _handle_ingest(self, request: StarletteRequest) -> StarletteResponse:
        return await self._ingest(request)

    async def _handle_api(self, request: StarletteRequest) -> StarletteResponse:
        api_request = Request(request.method, "/" + request.path_params["path"], request.headers)
        return _to_starlette(await run_in_threadpool(self._api, api_request))

    async def _handle_job(self, request: StarletteRequest) -> StarletteResponse:
        job_request = Request(request.method, request.url.path, request.headers, await request.body())
        return _to_starlette(await run_in_threadpool(self._run_job, request.path_params["job"], job_request))

    def _run_job(self, name: str, request: Request) -> Response:
        job = self._table.find_job(name)
        if job is None:
            return http.not_found(request.correlation_id)
        try:
            call = parse_job_call(request, self._brain.clock)
            figures = self._brain.run_job(job, call.scheduled_at, client_id=call.client_id, dry_run=call.dry_run)
            return Response(200, figures)
        except Exception as error:  # noqa: BLE001 - the last resort: logged, and sent as a problem
            self._brain.log("job_failed", error=error, job=job)
            return http.problem(error, request.correlation_id)

    async def _list_reports(self, _request: StarletteRequest) -> StarletteResponse:
        reports = await run_in_threadpool(Reports(self._brain.store).list_weekly)
        links = "".join(
            f'<li><a href="/reports/{report.client_id}/{report.name}">{html.escape(report.title)}</a>: '
            f"{html.escape(report.headline)}</li>"
            for report in reports
        )
        empty_list = "<p>None yet. Send events, then POST /jobs/hourly-scores and /jobs/weekly-report.</p>"
        return HTMLResponse(_PAGE.format(f"<ul>{links}</ul>" if links else empty_list))

    async def _show_report(self, request: StarletteRequest) -> StarletteResponse:
        client, name = request.path_params["client"], request.path_params["report"]
        page = await run_in_threadpool(Reports(self._brain.store).load_page, client, name)
        return HTMLResponse(page) if page else HTMLResponse(_PAGE.format("<p>There is no such report.</p>"), 404)


def _to_starlette(response: Response) -> StarletteResponse:
    return StarletteResponse(response.encode(), response.status, dict(response.headers), response.content_type)
