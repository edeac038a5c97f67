"""A proxy before the Firestore emulator that breaks the k-th call, as a network does or as Firestore itself does.

Two real parts on 127.0.0.1: a relay of TCP connections, which can be cut, half-closed and refused, and behind it a
gRPC server that passes every method on as raw bytes and can answer with a status or lose the answer. A client connects
to ``host`` as it would to the emulator.
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
UNLIMITED = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))


class NetworkFault(StrEnum):
    """How the k-th call breaks."""

    REFUSE = "refuse"  # not applied: the connection is cut, and the next one is refused
    DROP = "drop"  # applied: the connection is cut before the answer
    HALF_CLOSE = "half_close"  # applied, while our direction of the connection is closed already
    DELAY = "delay"  # applied only after the caller has given up waiting
    CUT_SHORT = "cut_short"  # applied: UNAVAILABLE instead of the answer, or after the first part of a stream
    UNAVAILABLE = "unavailable"  # not applied
    ABORTED = "aborted"  # not applied
    OUTAGE = "outage"  # not applied: UNAVAILABLE, as is every call from then on until it is mended


class FirestoreProxy:
    """Counts calls and breaks the ``fail_at``-th (from 1) as ``fault`` says; None never breaks."""

    def __init__(
        self, emulator: str, *, fail_at: int | None = None, fault: NetworkFault = NetworkFault.UNAVAILABLE
    ) -> None:
        self.calls = 0
        self.broke = False
        self._fail_at = fail_at
        self._fault = fault
        self._lock = threading.Lock()
        self._upstream = grpc.insecure_channel(emulator, options=[*UNLIMITED, ("grpc.use_local_subchannel_pool", 1)])
        self._threads = ThreadPoolExecutor(THREADS)
        self._server = grpc.server(self._threads, handlers=[_Handler(self._call)], options=UNLIMITED)
        self._relay = _Relay(self._server.add_insecure_port("127.0.0.1:0"))
        self.host = self._relay.host

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def mend(self) -> None:
        """End an outage, if it has begun."""
        with self._lock:
            if self.broke:
                self._fail_at = None

    def stop(self) -> None:
        """Let what is on its way arrive, then close everything."""
        self._server.stop(TIMEOUT_SECONDS).wait()
        self._threads.shutdown()
        self._relay.stop()
        self._upstream.close()

    def _next(self) -> NetworkFault | None:
        with self._lock:
            self.calls += 1
            if self._fail_at is None or self.calls < self._fail_at:
                return None
            if self._fault is not NetworkFault.OUTAGE:
                self._fail_at = None
            self.broke = True
            return self._fault

    def _call(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Pass one call on, with what breaks before and after it."""
        fault = self._next()
        self._before(fault, context)
        parts = self._pass_on(method, request, context)
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

    def _before(self, fault: NetworkFault | None, context: grpc.ServicerContext) -> None:
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
            given_up = threading.Event()
            if context.add_callback(given_up.set):
                given_up.wait(TIMEOUT_SECONDS)

    def _pass_on(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Yield the emulator's answer; its errors become ours. A caller that left stops nothing."""
        metadata = [(k, v) for k, v in context.invocation_metadata() if not k.startswith(("grpc-", "user-agent"))]
        streamed = method in STREAMED
        make = self._upstream.unary_stream if streamed else self._upstream.unary_unary
        try:
            answer = make(SERVICE + method)(request, metadata=metadata, timeout=TIMEOUT_SECONDS)
            yield from (answer if streamed else [answer])
        except grpc.RpcError as error:
            if context.is_active():
                context.abort(error.code(), error.details())


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
    """Hands every method of every service over as raw bytes."""

    def __init__(self, call: Callable[[str, bytes, grpc.ServicerContext], Iterator[bytes]]) -> None:
        self._call = call

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return the handler of one method."""
        method = handler_call_details.method.removeprefix(SERVICE)

        def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            return self._call(method, request, context)

        def one(request: bytes, context: grpc.ServicerContext) -> bytes:
            return next(stream(request, context), b"")

        if method in STREAMED:
            return grpc.unary_stream_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(one)


class _Relay:
    """Passes TCP connections on to a port of this machine, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._refused = 0
        self._callers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._connect, "127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self, *, refuse_next: bool = False) -> None:
        """Break every connection at once, and the next attempt too if asked."""
        self._refused += refuse_next
        self._do(self._each(lambda caller: caller.transport.abort()))

    def half_close(self) -> None:
        """Send the end of every connection's stream to its caller; what callers send still arrives."""
        self._do(self._each(lambda caller: caller.write_eof()))

    def stop(self) -> None:
        """Close everything."""
        self._loop.call_soon_threadsafe(self._server.close)
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_SECONDS)

    async def _each(self, act: Callable[[asyncio.StreamWriter], None]) -> None:
        for caller in list(self._callers):
            with contextlib.suppress(OSError):
                act(caller)
        await asyncio.sleep(0)

    async def _connect(self, reader: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        if self._refused:
            self._refused -= 1
            caller.transport.abort()
            return
        inner_reader, inner = await asyncio.open_connection("127.0.0.1", self._port)
        self._callers.add(caller)
        try:
            await asyncio.gather(_pour(reader, inner), _pour(inner_reader, caller))
        finally:
            self._callers.discard(caller)
            caller.transport.abort()
            inner.transport.abort()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, RuntimeError):  # cut or half-closed for a test
        while part := await source.read(65536):
            target.write(part)
            await target.drain()
    target.transport.close()


@contextmanager
def run_proxy(
    emulator: str, *, fail_at: int | None = None, fault: NetworkFault = NetworkFault.UNAVAILABLE
) -> Iterator[FirestoreProxy]:
    """Yield a proxy that listens; when it ends, nothing is on its way any more."""
    proxy = FirestoreProxy(emulator, fail_at=fail_at, fault=fault)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
