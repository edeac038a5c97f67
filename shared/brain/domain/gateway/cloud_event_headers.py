"""CloudEvents in binary mode: the attributes in headers, the data in the body.

Source: CloudEvents, "HTTP protocol binding" 1.0.2, 3.1. The event becomes what structured mode would have sent, so that
a dead letter holds all of it.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from brain.domain.gateway.bodies import media_type

STRUCTURED: Final = "application/cloudevents"
STRUCTURED_JSON: Final = "application/cloudevents+json"
_PREFIX: Final = "ce-"
_DATA_NAMES: Final = ("data", "data_base64", "datacontenttype")


def is_binary_cloud_event(headers: Mapping[str, str], content_type: str) -> bool:
    """Whether a request is a CloudEvent in binary mode; header names are in lower case."""
    return f"{_PREFIX}specversion" in headers and not media_type(content_type).startswith(STRUCTURED)


def build_structured_event(headers: Mapping[str, str], content_type: str, body: bytes) -> bytes:
    """Return a CloudEvent in structured mode as JSON; the bytes of JSON data stay as they are."""
    attributes: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(text) for name, text in headers.items() if name.startswith(_PREFIX)
    }
    for name in _DATA_NAMES:
        attributes.pop(name, None)
    kind = media_type(content_type)
    if kind:
        attributes["datacontenttype"] = content_type
    if not body.strip():
        return _encode(attributes)
    if kind in ("", "application/json") or kind.endswith("+json"):
        return _encode(attributes)[:-1] + b',"data":' + body + b"}"
    try:
        return _encode(attributes | {"data": body.decode()})
    except UnicodeDecodeError:
        return _encode(attributes | {"data_base64": base64.b64encode(body).decode()})


def _encode(attributes: Mapping[str, Any]) -> bytes:
    return json.dumps(attributes).encode()
