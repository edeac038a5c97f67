"""The API for the dashboard and tools; this version serves health checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from brain.entrypoints import http
from brain.entrypoints.http import Request, Response
from brain.services.jobs.health import Health


@dataclass(frozen=True, slots=True)
class ApiHttp:
    """Routes the requests of the API; responses contain no details, because callers are not authenticated.

    ``failed_jobs`` describes each scheduled job of this process whose last run failed: an error code, since when, and
    at how many clients.
    """

    health: Health
    failed_jobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Response:
        """Respond to one request."""
        routes = {"/health": self._respond_alive, "/health/ready": self._respond_ready}
        route = routes.get(request.path.rstrip("/"))
        if route is None:
            return http.not_found(request.correlation_id)
        if request.method not in ("GET", "HEAD"):
            return http.method_not_allowed(request.method, "GET, HEAD", request.correlation_id)
        return route()

    def _respond_alive(self) -> Response:
        """Respond that the process serves, and which jobs failed; no store is read, so that a probe costs nothing."""
        if self.failed_jobs:
            return Response(200, {"status": "degraded", "failed_jobs": dict(self.failed_jobs)})
        return Response(200, {"status": "ok"})

    def _respond_ready(self) -> Response:
        """Respond whether the store and the scorer work, without saying which of them does not."""
        if self.health.is_ready():
            return Response(200, {"status": "ready"})
        return Response(503, {"status": "unavailable"}, {"Retry-After": "30"})
