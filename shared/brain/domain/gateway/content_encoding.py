"""Content encodings of requests: gzip is decompressed within a bound, whatever it would expand to."""

import zlib
from typing import Final

from brain.errors import InvalidInputError, PayloadTooLargeError

# A gzip body may consist of several members; each costs a copy of the rest.
MAX_MEMBERS: Final = 64
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_SIZE_BYTES: Final = 4


def read_content_size(body: bytes) -> int:
    """Return how many bytes a gzip body says that its last member contains (RFC 1952, ISIZE); it may be untrue.

    >>> import gzip
    >>> read_content_size(gzip.compress(b"{}"))
    2
    """
    return int.from_bytes(body[-_SIZE_BYTES:], "little")


def decompress_gzip(body: bytes, limit: int) -> bytes:
    """Return what a gzip body contains.

    Raises:
        PayloadTooLargeError: it contains more than ``limit`` bytes; no more than these are ever decompressed.
        InvalidInputError: it is cut off, or not gzip.

    >>> import gzip
    >>> decompress_gzip(gzip.compress(b"{}"), limit=10)
    b'{}'
    """
    content = b""
    rest = body
    for _ in range(MAX_MEMBERS):
        decompressor = zlib.decompressobj(_GZIP_WINDOW)
        try:
            content += decompressor.decompress(rest, limit - len(content) + 1)
        except zlib.error as error:
            raise InvalidInputError("expected a gzip body, got other bytes; send it again") from error
        if len(content) > limit:
            raise PayloadTooLargeError(f"at most {limit} bytes per decompressed request, got more; split the request")
        if not decompressor.eof:
            raise InvalidInputError("expected a whole gzip body, got one that is cut off; send it again")
        rest = decompressor.unused_data
        if not rest:
            return content
    raise InvalidInputError(f"expected at most {MAX_MEMBERS} gzip members, got more; compress the body as a whole")
