"""Reads the body of a request within its bounds, undoes its content encoding, and makes it readable JSON or a form."""

import codecs
from typing import NamedTuple

import anyio.to_thread
from starlette.requests import Request as StarletteRequest

from brain.domain.gateway.bodies import GZIP, media_type
from brain.domain.gateway.cloud_event_headers import STRUCTURED_JSON, build_structured_event, is_binary_cloud_event
from brain.domain.gateway.content_encoding import decompress_gzip
from brain.errors import InvalidInputError, PayloadTooLargeError, UnsupportedEncodingError

MAX_BODY_BYTES = 10 * 1024 * 1024
_GZIP_CODINGS = ("gzip", "x-gzip")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class RequestBody(NamedTuple):
    """A body without its content encoding, and its content type.

    A gzip body that cannot be decompressed is kept as it is, with gzip as its content type.
    """

    content: bytes
    content_type: str


def check_encoding(request: StarletteRequest) -> None:
    """Refuse a content encoding other than gzip.

    Raises:
        UnsupportedEncodingError: another one.
    """
    coding = _read_coding(request)
    if coding not in ("", "identity", *_GZIP_CODINGS):
        raise UnsupportedEncodingError("content encoding must be gzip or none, got another one; send the body as it is")


async def read_body(request: StarletteRequest, limit: int = MAX_BODY_BYTES) -> RequestBody:
    """Return the body, decompressed.

    Raises:
        PayloadTooLargeError: it is larger than ``limit``, before or after it is decompressed.
    """
    body = await _read_stream(request, limit)
    content_type = request.headers.get("content-type", "")
    if _read_coding(request) not in _GZIP_CODINGS and media_type(content_type) != GZIP:
        return RequestBody(body, content_type)
    content_type = "" if media_type(content_type) == GZIP else content_type
    try:
        return RequestBody(await anyio.to_thread.run_sync(decompress_gzip, body, limit), content_type)
    except PayloadTooLargeError:
        raise
    except InvalidInputError:
        return RequestBody(body, GZIP)


def make_readable(request: StarletteRequest, body: RequestBody) -> RequestBody:
    """Return a body in UTF-8, with the attributes of a CloudEvent that came in headers."""
    content, content_type = body
    if content.startswith(_UTF16_MARKS):
        content = _convert_utf16(content)
    if content_type != GZIP and is_binary_cloud_event(request.headers, content_type):
        return RequestBody(build_structured_event(request.headers, content_type, content), STRUCTURED_JSON)
    return RequestBody(content, content_type)


def _convert_utf16(content: bytes) -> bytes:
    try:
        return content.decode("utf-16").encode() or content
    except UnicodeError:
        return content


def _read_coding(request: StarletteRequest) -> str:
    return request.headers.get("content-encoding", "").strip().lower()


async def _read_stream(request: StarletteRequest, limit: int) -> bytes:
    """Read the body, and stop as soon as it is known to be too large."""
    too_large = PayloadTooLargeError(f"at most {limit} bytes per request, got more; split the request")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise too_large
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large
        parts.append(part)
    return b"".join(parts)
