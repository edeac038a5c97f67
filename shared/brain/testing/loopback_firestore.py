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
REQUESTS: dict[str, Any] = {
    "Commit": firestore.CommitRequest,
    "BatchWrite": firestore.BatchWriteRequest,
    "BatchGetDocuments": firestore.BatchGetDocumentsRequest,
    "RunQuery": firestore.RunQueryRequest,
    "RunAggregationQuery": firestore.RunAggregationQueryRequest,
}
STREAMED = ("BatchGetDocuments", "RunQuery", "RunAggregationQuery")
Answer = Any
Script = Callable[[str, Any, int], Answer | grpc.StatusCode]


class LoopbackHandler(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
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

        def answer_call(request: Any, context: grpc.ServicerContext) -> Any:
            with self._lock:
                self.calls[method] += 1
                number = self.calls[method]
            answer = self._script(method, request, number)
            if isinstance(answer, grpc.StatusCode):
                context.abort(answer, f"scripted {answer.name}")
            return answer

        def stream_answer(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            yield answer_call(request, context)

        request_type = REQUESTS[method]
        streamed = method in STREAMED
        build_handler = grpc.unary_stream_rpc_method_handler if streamed else grpc.unary_unary_rpc_method_handler
        return build_handler(
            stream_answer if streamed else answer_call,
            request_deserializer=request_type.deserialize,
            response_serializer=lambda answer: type(answer).serialize(answer),
        )


@contextmanager
def run_loopback(script: Script) -> Iterator[tuple[str, Counter[str]]]:
    """Yield ``host:port`` and the calls counted so far by method."""
    handler = LoopbackHandler(script)
    server = grpc.server(ThreadPoolExecutor(4), handlers=[handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", handler.calls
    finally:
        server.stop(None).wait()
