"""Every function on one port of this machine, with the stored reports as pages and the table's clock."""

import asyncio
import contextlib
import html
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as StarletteRequest
from starlette.responses import HTMLResponse
from starlette.responses import Response as StarletteResponse
from starlette.routing import Mount, Route

from brain.bootstrap import Brain
from brain.domain.jobs.schedule import last_due
from brain.domain.json_text import parse_json
from brain.entrypoints import http
from brain.entrypoints.api import ApiHttp
from brain.entrypoints.gateway.ingest import IngestHttp
from brain.entrypoints.http import Request, Response
from brain.entrypoints.jobs.handlers import scheduled_time
from brain.repositories.analysis.reports import Reports
from brain.settings.scheduler import Scheduler, read_scheduler

TICK_SECONDS = 1.0
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>The Brain</title><style>:root{{color-scheme:light dark;font:16px/1.5 system-ui}}"
    "body{{max-width:44rem;margin:auto;padding:1rem}}</style><h1>Reports</h1>{}</html>"
)


class LocalServer:
    """The routes of one Brain on this machine."""

    def __init__(self, brain: Brain, *, schedule: bool) -> None:
        self._brain = brain
        self._table = read_scheduler()
        self._schedule = schedule
        self._ingest = IngestHttp(
            brain.ingest, brain.authenticator, brain.limits, brain.clock, brain.log, lambda: brain.verify_sender
        )
        self._api = ApiHttp(brain.health)

    def app(self) -> Starlette:
        """Return the ASGI application."""
        routes = [
            Mount(
                "/ingest", routes=[Route("/{path:path}", self._ingest_one, methods=["GET", "POST", "PUT", "DELETE"])]
            ),
            Mount("/api", routes=[Route("/{path:path}", self._api_one, methods=["GET", "HEAD", "POST"])]),
            Route("/jobs/{job}", self._job, methods=["POST"]),
            Route("/reports/{client}/{report}", self._report),
            Route("/", self._index),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        clock = asyncio.create_task(_follow(self._table, self._brain)) if self._schedule else None
        yield
        if clock:
            clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await clock
        await self._brain.writer.aclose()

    async def _ingest_one(self, request: StarletteRequest) -> StarletteResponse:
        return await self._ingest(request)

    async def _api_one(self, request: StarletteRequest) -> StarletteResponse:
        given = Request(request.method, "/" + request.path_params["path"], request.headers)
        return _starlette(await run_in_threadpool(self._api, given))

    async def _job(self, request: StarletteRequest) -> StarletteResponse:
        given = Request(request.method, request.url.path, request.headers, await request.body())
        return _starlette(await run_in_threadpool(self._run, request.path_params["job"], given))

    def _run(self, name: str, request: Request) -> Response:
        job = self._table.find_job(name)
        if job is None:
            return http.not_found(request.correlation_id)
        try:
            given: Any = parse_json(request.body) if request.body.strip() else {}
            at = scheduled_time(given.get("scheduled_at"), self._brain.clock)
            client, dry_run = given.get("client_id"), bool(given.get("dry_run"))
            return Response(200, self._brain.run_job(job, at, client_id=client, dry_run=dry_run))
        except Exception as error:  # noqa: BLE001 - the last line: told to the log and answered as a problem
            self._brain.log("job_failed", error=error, job=job)
            return http.problem(error, request.correlation_id)

    async def _index(self, _request: StarletteRequest) -> StarletteResponse:
        reports = await run_in_threadpool(Reports(self._brain.store).list_weekly)
        items = "".join(
            f'<li><a href="/reports/{r.client_id}/{r.name}">{html.escape(r.title)}</a>: {html.escape(r.headline)}</li>'
            for r in reports
        )
        none = "<p>None yet. Send events, then POST /jobs/hourly-scores and /jobs/weekly-report.</p>"
        return HTMLResponse(_PAGE.format(f"<ul>{items}</ul>" if items else none))

    async def _report(self, request: StarletteRequest) -> StarletteResponse:
        client, name = request.path_params["client"], request.path_params["report"]
        page = await run_in_threadpool(Reports(self._brain.store).load_page, client, name)
        return HTMLResponse(page) if page else HTMLResponse(_PAGE.format("<p>There is no such report.</p>"), 404)


def _starlette(response: Response) -> StarletteResponse:
    return StarletteResponse(response.encoded(), response.status, dict(response.headers), response.content_type)


async def _follow(table: Scheduler, brain: Brain, wait: Callable[[float], Any] = asyncio.sleep) -> None:
    """Run each job when its schedule comes round on the Brain's clock, as Cloud Scheduler would."""
    done: dict[str, datetime] = {job: last_due(row.schedule, brain.clock.now()) for job, row in table.scheduled.items()}
    while True:
        for job, row in table.scheduled.items():
            due = last_due(row.schedule, brain.clock.now())
            if due > done[job]:
                done[job] = due
                figures = await run_in_threadpool(brain.run_job, job, due)
                brain.log("scheduled_job_done", job=job, scheduled_at=due.isoformat(), status=figures["status"])
        await wait(TICK_SECONDS)
