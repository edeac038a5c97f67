"""The API for the dashboard and tools; in this version its health."""

from dataclasses import dataclass

from brain.entrypoints import http
from brain.entrypoints.http import Request, Response
from brain.services.jobs.health import Health


@dataclass(frozen=True, slots=True)
class ApiHttp:
    """Routes requests of the API; strangers get no detail."""

    health: Health

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        routes = {"/health": self._alive, "/health/ready": self._ready}
        route = routes.get(request.path.rstrip("/"))
        if route is None:
            return http.not_found(request.correlation_id)
        if request.method not in ("GET", "HEAD"):
            return http.method_not_allowed("GET, HEAD", request.correlation_id)
        return route()

    def _alive(self) -> Response:
        """Answer that the process serves; no store is asked, so that a probe costs nothing."""
        return Response(200, {"status": "ok"})

    def _ready(self) -> Response:
        """Answer whether the store and the scorer work, without saying which does not."""
        if self.health.is_ready():
            return Response(200, {"status": "ready"})
        return Response(503, {"status": "unavailable"}, {"Retry-After": "30"})
