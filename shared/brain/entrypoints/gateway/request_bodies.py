"""Reads the body of a request within its bounds, undoes its content encoding, and makes it readable JSON or a form."""

import asyncio
import codecs
from dataclasses import dataclass, field
from typing import NamedTuple

import anyio
import anyio.to_thread
from starlette.requests import ClientDisconnect
from starlette.requests import Request as StarletteRequest

from brain.domain.gateway.bodies import GZIP, media_type
from brain.domain.gateway.cloud_event_headers import STRUCTURED_JSON, build_structured_event, is_binary_cloud_event
from brain.domain.gateway.content_encoding import decompress_gzip, read_content_size
from brain.errors import InvalidInputError, OverloadedError, PayloadTooLargeError, UnsupportedEncodingError
from brain.services.gateway.body_budget import RETRY_AFTER_SECONDS, BodyLease

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_BODY_SECONDS = 60.0
MAX_UNPROVEN_SECONDS = 10.0
"""Of a body that must be read before its sender is known, at most 4 MB."""
MAX_DISCARDING = 2
MAX_DISCARDED_BYTES = 2 * MAX_BODY_BYTES
DISCARD_SECONDS = 2.0
_RESERVED_AHEAD = 64 * 1024
_GZIP_CODINGS = ("gzip", "x-gzip")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class RequestBody(NamedTuple):
    """A body without its content encoding, and its content type.

    A gzip body that cannot be decompressed is kept as it is, with gzip as its content type.
    """

    content: bytes
    content_type: str


@dataclass(slots=True)
class UnreadBodies:
    """Discards what refused requests still send, so that their senders read the answer instead of a broken connection.

    A few at a time and for a short time: what many senders send at once would otherwise keep the event loop busy.
    """

    _turns: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(MAX_DISCARDING))

    async def discard(self, request: StarletteRequest) -> bool:
        """Return whether nothing more is to come; else the connection must be closed after the answer."""
        if getattr(request.state, "is_body_read", False):
            return True
        try:
            with anyio.move_on_after(DISCARD_SECONDS):
                async with self._turns:
                    return await _discard_stream(request)
        except (ClientDisconnect, RuntimeError):  # Starlette's error for a body that was read to its end
            return True
        return False


async def _discard_stream(request: StarletteRequest) -> bool:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_DISCARDED_BYTES:
            return False
    return True


def check_encoding(request: StarletteRequest) -> None:
    """Refuse a content encoding other than gzip.

    Raises:
        UnsupportedEncodingError: another one.
    """
    coding = _read_coding(request)
    if coding not in ("", "identity", *_GZIP_CODINGS):
        raise UnsupportedEncodingError(
            "Content-Encoding must be gzip or absent, got another one; send the body as it is"
        )


async def read_body(
    request: StarletteRequest, lease: BodyLease, limit: int = MAX_BODY_BYTES, seconds: float = MAX_BODY_SECONDS
) -> RequestBody:
    """Return the body, decompressed; ``lease`` holds its bytes until the response.

    Raises:
        PayloadTooLargeError: it is larger than ``limit``, before or after it is decompressed.
        OverloadedError: the instance holds too many other bodies; a declared body is not read at all. Or it has not
            arrived after ``seconds``, and held its bytes for nothing.
        InvalidInputError: the declared length is no number.
    """
    try:
        async with asyncio.timeout(seconds):
            body = await _read_stream(request, lease, limit)
    except TimeoutError as error:
        raise OverloadedError(
            f"expected the whole body within {seconds:.0f} seconds, got a part of it; send the request again",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        ) from error
    request.state.is_body_read = True
    content_type = request.headers.get("content-type", "")
    if _read_coding(request) not in _GZIP_CODINGS and media_type(content_type) != GZIP:
        return RequestBody(body, content_type)
    content_type = "" if media_type(content_type) == GZIP else content_type
    try:
        return RequestBody(await _decompress(body, lease, limit), content_type)
    except PayloadTooLargeError:
        raise
    except InvalidInputError:
        return RequestBody(body, GZIP)


async def _decompress(body: bytes, lease: BodyLease, limit: int) -> bytes:
    """Decompress within what ``lease`` could reserve: the size that the body states, then the limit."""
    stated_size = min(read_content_size(body), limit)
    lease.reserve(stated_size)
    try:
        return await anyio.to_thread.run_sync(decompress_gzip, body, stated_size)
    except PayloadTooLargeError:
        if stated_size == limit:
            raise
    lease.reserve(limit)
    return await anyio.to_thread.run_sync(decompress_gzip, body, limit)


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


async def _read_stream(request: StarletteRequest, lease: BodyLease, limit: int) -> bytes:
    """Read the body, and stop as soon as it is known to be too large.

    Without a declared length, ``lease`` grows with what has arrived.
    """
    declared = _parse_length(request.headers.get("content-length", "0"))
    if declared > limit:
        raise _too_large(limit)
    lease.reserve(declared)
    body = bytearray()
    async for part in request.stream():
        if len(body) + len(part) > limit:
            raise _too_large(limit)
        if len(body) + len(part) > declared:
            declared = len(body) + len(part) + _RESERVED_AHEAD
            lease.reserve(declared)
        body += part
    return bytes(body)


def _parse_length(declared: str) -> int:
    if not (declared.isascii() and declared.isdigit()):
        raise InvalidInputError("Content-Length must be a number of bytes, got something else; correct the header")
    return int(declared[:20])


def _too_large(limit: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"at most {limit} bytes per request, got more; split the request")
