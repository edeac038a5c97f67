"""Talks to the Firestore emulator as a browser does: REST with an ID token, which the emulator does not verify.

The Python client sends no token to the emulator, so a rules test written with it would test nothing.
"""

import base64
import http.client
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SERVER_TIME = "the server's time"  # stands for a field that the server fills in
OWNER: Mapping[str, Any] = {"owner": True}  # stands for the emulator's administrator, whom no rule binds

# Where the server fills a time in, the emulator evaluates twice; the first time it cannot know the value yet.
_CLEAN_NO = re.compile(
    r"(?:evaluation error at L\d+:\d+ for '(?:create|update)' @ L\d+, )?"
    r"false for '(?:get|list|create|update|delete)' @ L\d+|No matching allow statements|[\s,]"
)
_LOCAL = threading.local()


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status with what the emulator said."""

    status: int
    text: str

    @property
    def is_allowed(self) -> bool:
        """Whether the rules let the call through; an absent document may be read as absent."""
        return self.status in (200, 404)

    @property
    def is_denied(self) -> bool:
        """Whether a rule said no, cleanly: no line of it failed to evaluate."""
        if self.status != 403:
            return False
        message = json.loads(self.text)["error"]["message"]
        return message != "" and not _CLEAN_NO.sub("", message)


def token(claims: Mapping[str, Any]) -> str:
    """Return an unsigned ID token of the person ``uid-1`` with these custom claims."""
    payload = {"sub": "uid-1", "user_id": "uid-1", "iat": 1, **claims}
    parts = ({"alg": "none", "typ": "JWT"}, payload)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."


_ENCODED: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    type(None): lambda plain: {"nullValue": plain},
    bool: lambda plain: {"booleanValue": plain},
    int: lambda plain: {"integerValue": str(plain)},
    float: lambda plain: {"doubleValue": plain},
    str: lambda plain: {"stringValue": plain},
    datetime: lambda plain: {"timestampValue": plain.astimezone(UTC).isoformat().replace("+00:00", "Z")},
    list: lambda plain: {"arrayValue": {"values": [value(item) for item in plain]}},
    dict: lambda plain: {"mapValue": {"fields": {key: value(item) for key, item in plain.items()}}},
}


def value(plain: Any) -> dict[str, Any]:
    """Return a value in the REST encoding."""
    return _ENCODED[type(plain)](plain)


class Project:
    """One project of the emulator; data and rules are its own."""

    def __init__(self, host: str, name: str) -> None:
        self._host = host
        self._name = name
        self._root = f"projects/{name}/databases/(default)/documents"

    def put_rules(self, source: str) -> None:
        """Set the project's rules."""
        body = {"rules": {"files": [{"name": "security.rules", "content": source}]}}
        answer = self._call("PUT", f"/emulator/v1/projects/{self._name}:securityRules", body, OWNER)
        assert answer.status == 200, answer.text

    def coverage(self) -> list[dict[str, Any]]:
        """Return the trees of the rules' expressions, each with the values it had."""
        answer = self._call("GET", f"/emulator/v1/projects/{self._name}:ruleCoverage", None, OWNER)
        report: list[dict[str, Any]] = json.loads(answer.text)["report"]
        return report

    def index_usage(self) -> list[dict[str, Any]]:
        """Return the composite indexes that the queries so far would need."""
        database = f"projects/{self._name}/databases/(default)"
        path = f"/emulator/v1/projects/{self._name}:indexUsage?database={database}"
        answer = self._call("GET", path, None, OWNER)
        reports: list[dict[str, Any]] = json.loads(answer.text).get("reports", [])
        return reports

    def get(self, path: str, claims: Mapping[str, Any] | None) -> Answer:
        """Read one document."""
        return self._call("GET", f"/v1/{self._root}/{path}", None, claims)

    def list_collection(
        self,
        path: str,
        claims: Mapping[str, Any] | None,
        *,
        limit: int | None = 100,
        offset: int | None = None,
        group: bool = False,
    ) -> Answer:
        """Query the collection at ``path``; with ``group``, all collections of its name."""
        parent, _, collection = path.rpartition("/")
        source = {"collectionId": collection, "allDescendants": group}
        bounds = {"limit": limit, "offset": offset}
        query = {"from": [source]} | {name: bound for name, bound in bounds.items() if bound is not None}
        place = f"{self._root}/{parent}" if parent and not group else self._root
        return self._call("POST", f"/v1/{place}:runQuery", {"structuredQuery": query}, claims)

    def write(
        self, path: str, document: Mapping[str, Any], claims: Mapping[str, Any] | None, *, exists: bool
    ) -> Answer:
        """Create the document, or replace the one that ``exists``."""
        return self._commit([self._write(path, document) | {"currentDocument": {"exists": exists}}], claims)

    def delete(self, path: str, claims: Mapping[str, Any] | None) -> Answer:
        """Delete one document."""
        return self._commit([{"delete": f"{self._root}/{path}"}], claims)

    def seed(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Write documents as the administrator."""
        answer = self._commit([self._write(path, document) for path, document in documents.items()], OWNER)
        assert answer.status == 200, answer.text

    def _write(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        stamped = [name for name, plain in document.items() if plain == SERVER_TIME]
        fields = {name: value(plain) for name, plain in document.items() if name not in stamped}
        transforms = [{"fieldPath": name, "setToServerValue": "REQUEST_TIME"} for name in stamped]
        return {"update": {"name": f"{self._root}/{path}", "fields": fields}, "updateTransforms": transforms}

    def _commit(self, writes: Sequence[Mapping[str, Any]], claims: Mapping[str, Any] | None) -> Answer:
        return self._call("POST", f"/v1/{self._root}:commit", {"writes": writes}, claims)

    def _call(self, method: str, path: str, body: Any, claims: Mapping[str, Any] | None) -> Answer:
        headers = {"content-type": "application/json"}
        if claims is not None:
            headers["authorization"] = "Bearer " + ("owner" if claims is OWNER else token(claims))
        connection = _connection(self._host)
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read().decode())


def _connection(host: str) -> http.client.HTTPConnection:
    """Return this thread's own connection, kept open between calls."""
    found: http.client.HTTPConnection | None = getattr(_LOCAL, "connection", None)
    if found is None or f"{found.host}:{found.port}" != host:
        found = _LOCAL.connection = http.client.HTTPConnection(host, timeout=60)
    return found
