"""Names of platforms and content types as keys of stored maps: short, and without what a key may not contain.

Anything that a sender may write becomes a key, so a name that is long or has reserved characters is replaced by a
readable beginning and a digest. Ordinary names stay as they are, and so do the keys that hold them.
"""

import hashlib
import re
from functools import lru_cache

SEPARATOR = "|"
MAX_NAME_BYTES = 64
_DIGEST_LENGTH = 12
_ORDINARY = re.compile(r"(?!__)[^|\x00-\x1f\x7f\ud800-\udfff]+(?<!__)")
_UNSUITABLE = re.compile(r"[|\x00-\x1f\x7f\ud800-\udfff]+")


@lru_cache(maxsize=4096)
def to_key_name(name: str) -> str:
    """Return a name as part of a key: itself if it is ordinary, otherwise a shorter one that is as unique.

    An ordinary name has at most 64 bytes in UTF-8, no ``|`` and no control character, and does not begin or end with
    two underscores. What this function returns is ordinary, so that it may be applied repeatedly.

    Example:
        >>> to_key_name("linkedin"), to_key_name("LEAD_FORM / mobile")
        ('linkedin', 'LEAD_FORM / mobile')
        >>> to_key_name("image|carousel"), to_key_name("__a__")
        ('image-carousel~4a7d1601b9dc', 'a~4f911bf10091')
        >>> len(to_key_name("x" * 256))
        64
    """
    encoded = _encode(name)
    if len(encoded) <= MAX_NAME_BYTES and _ORDINARY.fullmatch(name):
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:_DIGEST_LENGTH]
    readable = _UNSUITABLE.sub("-", name).strip("_")
    beginning = _encode(readable)[: MAX_NAME_BYTES - _DIGEST_LENGTH - 1].decode(errors="ignore")
    return f"{beginning.rstrip('_')}~{digest}"


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
