"""A gRPC server on the loopback, on the services' own protos: the real clients talk to it."""

from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc


@contextmanager
def grpc_server(service: str, methods: Mapping[str, tuple[Any, Any]]) -> Iterator[grpc.Channel]:
    """Serve ``methods`` (name to (handler(request, context), request type)) and yield a channel to it."""
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            handler,
            request_deserializer=kind.deserialize,
            response_serializer=lambda answer: type(answer).serialize(answer),
        )
        for name, (handler, kind) in methods.items()
    }
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield channel
    finally:
        channel.close()
        server.stop(None)
