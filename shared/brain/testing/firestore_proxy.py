"""A proxy in front of the Firestore emulator that fails a chosen call, as a network or Firestore itself fails.

It listens on 127.0.0.1 and has two parts: a relay of TCP connections, which can cut, half-close and refuse them, and
behind it a gRPC server that forwards every method as raw bytes and can respond with a status or drop the response. A
client connects to ``host`` as it would to the emulator.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import grpc

from brain.testing.loopback_firestore import SERVICE, STREAMED

THREADS = 16
TIMEOUT_SECONDS = 20.0
GRPC_OPTIONS = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))


class NetworkFault(StrEnum):
    """How a call fails on the network or in Firestore."""

    REFUSE = "refuse"  # not applied; the connection is cut and the next one is refused
    DROP = "drop"  # applied; the connection is cut before the response
    HALF_CLOSE = "half_close"  # applied; the proxy has already closed its direction of the connection
    DELAY = "delay"  # applied only after the caller has timed out
    CUT_SHORT = "cut_short"  # applied; UNAVAILABLE instead of the response, or after the first part of a stream
    UNAVAILABLE = "unavailable"  # not applied
    ABORTED = "aborted"  # not applied
    OUTAGE = "outage"  # not applied; UNAVAILABLE for this call and every later one until ``repair``


class FirestoreProxy:
    """A proxy in front of the Firestore emulator; use ``run_proxy`` to start and stop it.

    ``host`` is the ``host:port`` to connect to, ``calls`` the number of calls so far, and ``has_failed`` tells whether
    the chosen call has come.

    Args:
        emulator: The ``host:port`` of the emulator.
        fail_at: The number of the call that fails, from 1; with None no call fails.
        fault: How that call fails.
    """

    def __init__(
        self, emulator: str, *, fail_at: int | None = None, fault: NetworkFault = NetworkFault.UNAVAILABLE
    ) -> None:
        self.calls = 0
        self.has_failed = False
        self._fail_at = fail_at
        self._fault = fault
        self._lock = threading.Lock()
        self._upstream = grpc.insecure_channel(emulator, options=[*GRPC_OPTIONS, ("grpc.use_local_subchannel_pool", 1)])
        self._threads = ThreadPoolExecutor(THREADS)
        self._server = grpc.server(self._threads, handlers=[_Handler(self._call)], options=GRPC_OPTIONS)
        self._relay = _Relay(self._server.add_insecure_port("127.0.0.1:0"))
        self.host = self._relay.host

    def start(self) -> None:
        """Start to listen."""
        self._server.start()

    def repair(self) -> None:
        """End an outage that has begun."""
        with self._lock:
            if self.has_failed:
                self._fail_at = None

    def stop(self) -> None:
        """Wait for the calls in flight, then close all connections and threads."""
        self._server.stop(TIMEOUT_SECONDS).wait()
        self._threads.shutdown()
        self._relay.stop()
        self._upstream.close()

    def _next_fault(self) -> NetworkFault | None:
        with self._lock:
            self.calls += 1
            if self._fail_at is None or self.calls < self._fail_at:
                return None
            if self._fault is not NetworkFault.OUTAGE:
                self._fail_at = None
            self.has_failed = True
            return self._fault

    def _call(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Forward one call, with the fault before or after it."""
        fault = self._next_fault()
        self._apply_fault_before_forwarding(fault, context)
        parts = self._forward(method, request, context)
        if fault is NetworkFault.CUT_SHORT:
            if method in STREAMED:
                yield next(iter(parts))
            else:
                list(parts)
            context.abort(grpc.StatusCode.UNAVAILABLE, "cut short for a test")
        if fault is NetworkFault.DROP:
            list(parts)
            self._relay.cut()
            return
        yield from parts

    def _apply_fault_before_forwarding(self, fault: NetworkFault | None, context: grpc.ServicerContext) -> None:
        if fault is NetworkFault.REFUSE:
            self._relay.cut(refuse_next=True)
            context.abort(grpc.StatusCode.UNAVAILABLE, "refused for a test")
        if fault in (NetworkFault.UNAVAILABLE, NetworkFault.OUTAGE):
            context.abort(grpc.StatusCode.UNAVAILABLE, "unavailable for a test")
        if fault is NetworkFault.ABORTED:
            context.abort(grpc.StatusCode.ABORTED, "aborted for a test")
        if fault is NetworkFault.HALF_CLOSE:
            self._relay.half_close()
        if fault is NetworkFault.DELAY:
            has_timed_out = threading.Event()
            if context.add_callback(has_timed_out.set):  # pragma: no branch - false if the caller left just now
                has_timed_out.wait(TIMEOUT_SECONDS)

    def _forward(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Yield the emulator's response or abort with its error; a caller that has left stops nothing."""
        metadata = [(k, v) for k, v in context.invocation_metadata() if not k.startswith(("grpc-", "user-agent"))]
        streamed = method in STREAMED
        open_method = self._upstream.unary_stream if streamed else self._upstream.unary_unary
        try:
            response = open_method(SERVICE + method)(request, metadata=metadata, timeout=TIMEOUT_SECONDS)
            yield from (response if streamed else [response])
        except grpc.RpcError as error:
            if context.is_active():  # pragma: no branch - false if the caller left just now
                context.abort(error.code(), error.details())


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
    """A handler that forwards every method of every service as raw bytes."""

    def __init__(self, forward: Callable[[str, bytes, grpc.ServicerContext], Iterator[bytes]]) -> None:
        self._forward = forward

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return the handler of one method."""
        method = handler_call_details.method.removeprefix(SERVICE)

        def stream_response(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            return self._forward(method, request, context)

        def read_response(request: bytes, context: grpc.ServicerContext) -> bytes:
            return next(stream_response(request, context), b"")

        if method in STREAMED:
            return grpc.unary_stream_rpc_method_handler(stream_response)
        return grpc.unary_unary_rpc_method_handler(read_response)


class _Relay:
    """A relay of TCP connections to a port of this machine, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._refused = 0
        self._callers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._connect, "127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self, *, refuse_next: bool = False) -> None:
        """Abort every connection, and with ``refuse_next`` the next connection attempt too."""
        self._refused += refuse_next
        self._run(self._for_each_caller(lambda caller: caller.transport.abort()))

    def half_close(self) -> None:
        """Close the direction to every caller; what callers send still arrives."""
        self._run(self._for_each_caller(lambda caller: caller.write_eof()))

    def stop(self) -> None:
        """Close the server, all connections and the thread."""
        self._loop.call_soon_threadsafe(self._server.close)
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(TIMEOUT_SECONDS)

    async def _for_each_caller(self, action: Callable[[asyncio.StreamWriter], None]) -> None:
        for caller in list(self._callers):
            with contextlib.suppress(OSError):
                action(caller)
        await asyncio.sleep(0)

    async def _connect(self, reader: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        if self._refused:
            self._refused -= 1
            caller.transport.abort()
            return
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._port)
        self._callers.add(caller)
        try:
            await asyncio.gather(_copy_stream(reader, upstream), _copy_stream(upstream_reader, caller))
        finally:
            self._callers.discard(caller)
            caller.transport.abort()
            upstream.transport.abort()


async def _copy_stream(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, RuntimeError):  # cut or half-closed for a test
        while chunk := await source.read(65536):
            target.write(chunk)
            await target.drain()
    target.transport.close()


@contextmanager
def run_proxy(
    emulator: str, *, fail_at: int | None = None, fault: NetworkFault = NetworkFault.UNAVAILABLE
) -> Iterator[FirestoreProxy]:
    """Start a proxy in front of the emulator; on exit, wait for the calls in flight and stop it.

    Args:
        emulator: The ``host:port`` of the emulator.
        fail_at: The number of the call that fails, from 1; with None no call fails.
        fault: How that call fails.

    Yields:
        The proxy, which listens at ``proxy.host``.

    Example:
        Set ``FIRESTORE_EMULATOR_HOST`` to ``proxy.host`` before the client connects::

            with run_proxy("127.0.0.1:8080", fail_at=3, fault=NetworkFault.DROP) as proxy:
                os.environ["FIRESTORE_EMULATOR_HOST"] = proxy.host
                ...  # the third call is applied, but its response is lost
    """
    proxy = FirestoreProxy(emulator, fail_at=fail_at, fault=fault)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
