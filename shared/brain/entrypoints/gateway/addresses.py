"""The network address of a caller, and the URLs that a sender may have called."""

import ipaddress
from urllib.parse import quote

from starlette.requests import Request as StarletteRequest

MAX_FORWARDED_HOSTS = 2
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


def find_remote_address(request: StarletteRequest, trusted_hops: int) -> str:
    """Return the address of the caller, as the proxy in front of the service appended it.

    Each proxy appends the address that it was called from to ``X-Forwarded-For``; everything before that was sent by
    the caller and may be anything. Without such a header, the peer is the caller.

    Args:
        request: the request.
        trusted_hops: how many proxies the service is behind; 0 ignores the header.
    """
    headers = request.headers.getlist("x-forwarded-for")
    entries = [entry.strip() for header in headers for entry in header.split(",")]
    if 0 < trusted_hops <= len(entries) and _is_address(entries[-trusted_hops]):
        return entries[-trusted_hops]
    return request.client.host if request.client else ""


def list_candidate_urls(request: StarletteRequest, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the URLs that the sender may have called and signed, undecoded.

    A proxy may have changed the scheme, the host, the default port, the beginning of the path or its last slash.
    """
    raw = request.scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(request.scope["path"])
    query = request.scope.get("query_string", b"").decode("latin-1")
    suffix = f"?{query}" if query else ""
    paths = dict.fromkeys((path, path.removesuffix("/"), path.removesuffix("/") + "/"))
    return tuple(
        f"{origin}{prefix}{variant}{suffix}"
        for origin in _list_origins(request)
        for prefix in prefixes
        for variant in paths
    )


def _list_origins(request: StarletteRequest) -> list[str]:
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    scheme = forwarded if forwarded in ("http", "https") else request.url.scheme
    forwarded_hosts = [host.strip() for host in request.headers.get("x-forwarded-host", "").split(",")]
    hosts = [*forwarded_hosts[:MAX_FORWARDED_HOSTS], request.headers.get("host", "")]
    origins = [
        f"{name}://{form}"
        for name in dict.fromkeys((scheme, "https"))
        for host in hosts
        if host
        for form in (host, host.removesuffix(_DEFAULT_PORTS[name]))
    ]
    return list(dict.fromkeys(origins))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
