"""A gRPC server that responds to Firestore's methods as a test scripts them, for errors that the emulator never gives.

The real client then gets real status codes: unavailable, lost responses, a batch that is refused as a whole.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import grpc
from google.cloud.firestore_v1.types import firestore

SERVICE = "/google.firestore.v1.Firestore/"
REQUESTS: dict[str, Any] = {
    "Commit": firestore.CommitRequest,
    "BatchWrite": firestore.BatchWriteRequest,
    "BatchGetDocuments": firestore.BatchGetDocumentsRequest,
    "RunQuery": firestore.RunQueryRequest,
    "RunAggregationQuery": firestore.RunAggregationQueryRequest,
}
STREAMED = ("BatchGetDocuments", "RunQuery", "RunAggregationQuery")


class Script(Protocol):
    """The responses of a scripted Firestore."""

    def __call__(self, method: str, request: Any, call_number: int, /) -> Any:
        """Return the response to a call, or a ``grpc.StatusCode`` that fails it.

        Args:
            method: The name of the method, such as ``Commit``.
            request: The request as a message of ``google.cloud.firestore_v1``.
            call_number: The number of this call among the calls of this method, from 1.
        """


class LoopbackHandler(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
    """A gRPC handler that responds as a script says; ``calls`` counts the calls per method."""

    def __init__(self, script: Script) -> None:
        self.calls: Counter[str] = Counter()
        self._script = script
        self._lock = threading.Lock()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return the handler of one method."""
        method = handler_call_details.method.removeprefix(SERVICE)

        def respond(request: Any, context: grpc.ServicerContext) -> Any:
            with self._lock:
                self.calls[method] += 1
                call_number = self.calls[method]
            response = self._script(method, request, call_number)
            if isinstance(response, grpc.StatusCode):
                context.abort(response, f"scripted {response.name}")
            return response

        def stream_response(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            yield respond(request, context)

        request_type = REQUESTS[method]
        streamed = method in STREAMED
        build_handler = grpc.unary_stream_rpc_method_handler if streamed else grpc.unary_unary_rpc_method_handler
        return build_handler(
            stream_response if streamed else respond,
            request_deserializer=request_type.deserialize,
            response_serializer=lambda response: type(response).serialize(response),
        )


@contextmanager
def run_loopback(script: Script) -> Iterator[tuple[str, Counter[str]]]:
    """Start a scripted Firestore on 127.0.0.1; stop it on exit.

    Args:
        script: The responses.

    Yields:
        The server's ``host:port`` and the number of calls so far per method.

    Example:
        >>> import grpc
        >>> from google.cloud.firestore_v1.types import firestore
        >>> def fail_first(method: str, request: Any, call_number: int) -> Any:
        ...     return grpc.StatusCode.UNAVAILABLE if call_number == 1 else firestore.CommitResponse()
        >>> with run_loopback(fail_first) as (host, calls), grpc.insecure_channel(host) as channel:
        ...     commit = channel.unary_unary(SERVICE + "Commit")
        ...     try:
        ...         _ = commit(b"")
        ...     except grpc.RpcError as error:
        ...         print(error.details())
        ...     _ = commit(b"")
        ...     print(calls["Commit"])
        scripted UNAVAILABLE
        2
    """
    handler = LoopbackHandler(script)
    server = grpc.server(ThreadPoolExecutor(4), handlers=[handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", handler.calls
    finally:
        server.stop(None).wait()
