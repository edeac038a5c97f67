"""A gRPC server of this machine that answers Firestore's calls as a test scripts them: what the emulator never does.

It gives the real client real status codes: unavailable, lost answers, a batch refused as a whole.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud.firestore_v1.types import firestore

SERVICE = "/google.firestore.v1.Firestore/"
REQUESTS = {
    "Commit": firestore.CommitRequest,
    "BatchWrite": firestore.BatchWriteRequest,
    "BatchGetDocuments": firestore.BatchGetDocumentsRequest,
    "RunQuery": firestore.RunQueryRequest,
    "RunAggregationQuery": firestore.RunAggregationQueryRequest,
}
STREAMED = ("BatchGetDocuments", "RunQuery", "RunAggregationQuery")
Answer = Any
Script = Callable[[str, Any, int], Answer | grpc.StatusCode]


class Loopback(grpc.GenericRpcHandler):
    """Answers each call as ``script(method, request, number of that method's call, from 1)`` says.

    A status code fails the call with it, anything else is the answer.
    """

    def __init__(self, script: Script) -> None:
        self.calls: Counter[str] = Counter()
        self._script = script
        self._lock = threading.Lock()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return the handler of one method."""
        method = handler_call_details.method.removeprefix(SERVICE)

        def one(request: Any, context: grpc.ServicerContext) -> Any:
            with self._lock:
                self.calls[method] += 1
                number = self.calls[method]
            answer = self._script(method, request, number)
            if isinstance(answer, grpc.StatusCode):
                context.abort(answer, f"scripted {answer.name}")
            return answer

        def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            yield one(request, context)

        kind = REQUESTS[method]
        made = grpc.unary_stream_rpc_method_handler if method in STREAMED else grpc.unary_unary_rpc_method_handler
        return made(
            stream if method in STREAMED else one,
            request_deserializer=kind.deserialize,
            response_serializer=lambda answer: type(answer).serialize(answer),
        )


@contextmanager
def loopback(script: Script) -> Iterator[tuple[str, Counter[str]]]:
    """Yield ``host:port`` and the calls counted so far by method."""
    handler = Loopback(script)
    server = grpc.server(ThreadPoolExecutor(4), handlers=[handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", handler.calls
    finally:
        server.stop(None).wait()
