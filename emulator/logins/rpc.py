"""The AlloyDB API over gRPC, as far as its connectors call it.

google-cloud-alloydb, v1beta: GetConnectionInfo and GenerateClientCertificate. Field numbers are those of its
messages. The calls run on the event loop of the server, like those over HTTP.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc

from emulator import clock
from emulator.alloydb import connect
from emulator.calling import Call, Method
from emulator.errors import JSON, ApiError, invalid
from emulator.proto import binary
from emulator.proto.binary import Field
from emulator.serving import frontend
from emulator.serving.engine import Engine

log = logging.getLogger("emulator")
_SERVICE = "/google.cloud.alloydb.v1beta.AlloyDBAdmin/"
_CLUSTER = r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/clusters/(?P<cluster>[^/]+)"
_SECONDS = 30.0
Fields = dict[int, int | bytes]


@dataclass(frozen=True)
class Procedure:
    """A method over gRPC: which one, how its parent reads, and how its messages are made of fields."""

    method: Method
    parent: re.Pattern[str]
    read: Callable[[Fields], JSON]
    write: Callable[[JSON], dict[int, Field]]


def _read_certificate(fields: Fields) -> JSON:
    duration = fields.get(4, b"")
    seconds = binary.number(binary.decode(duration), 1) if isinstance(duration, bytes) else 0
    return {"publicKey": binary.text(fields, 5), "certDuration": seconds}


def _write_certificate(answer: JSON) -> dict[int, Field]:
    return {1: answer["pemCertificate"], 2: answer["pemCertificateChain"], 3: answer["caCert"]}


def _write_info(answer: JSON) -> dict[int, Field]:
    return {
        1: answer["name"],
        2: answer["ipAddress"],
        4: answer["instanceUid"],
        5: answer.get("publicIpAddress", ""),
    }


def _procedure(name: str, template: str, handler: Callable[[Call], JSON]) -> Method:
    return Method(name=name, api="alloydb", verb="GRPC", template=template, handler=handler)


PROCEDURES = {
    f"{_SERVICE}GetConnectionInfo": Procedure(
        _procedure("instances.getConnectionInfo", "{parent}/connectionInfo", connect.info),
        re.compile(f"{_CLUSTER}/instances/(?P<instance>[^/]+)"),
        lambda _fields: {},
        _write_info,
    ),
    f"{_SERVICE}GenerateClientCertificate": Procedure(
        _procedure(
            "clusters.generateClientCertificate", "{parent}:generateClientCertificate", connect.certificate
        ),
        re.compile(_CLUSTER),
        _read_certificate,
        _write_certificate,
    ),
}


@dataclass
class Answerer(grpc.GenericRpcHandler):
    """Answers calls by the state of a server, on its event loop."""

    engine: Engine
    loop: asyncio.AbstractEventLoop | None = None

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a procedure, or None if there is none of that name."""
        procedure = PROCEDURES.get(handler_call_details.method)
        if procedure is None:
            return None

        def handle(raw: bytes, context: Any) -> bytes:
            return self._handle(procedure, raw, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def _handle(self, procedure: Procedure, raw: bytes, context: Any) -> bytes:
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        try:
            answer = self._wait(self._run(procedure, raw, headers))
        except ApiError as error:
            context.abort(getattr(grpc.StatusCode, error.status), error.message)
        except binary.Malformed as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return binary.encode(procedure.write(answer))

    def _wait(self, task: Coroutine[Any, Any, JSON]) -> JSON:
        assert self.loop is not None  # noqa: S101 -- calls come after `open`
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(_SECONDS)

    async def _run(self, procedure: Procedure, raw: bytes, headers: dict[str, str]) -> JSON:
        fields = binary.decode(raw)
        parent, method, moment = binary.text(fields, 1), procedure.method, clock.now()
        path = method.template.format(parent=parent)
        record = self.engine.calls.arrived(method.api, method.name, method.verb, path)
        try:
            record.caller = frontend.identify(self.engine.world, self.engine.runtime, headers, method, moment)
            params = procedure.parent.fullmatch(parent)
            if params is None:
                raise invalid(f"Invalid resource name: {parent}", field="parent")
            call = Call(
                world=self.engine.world,
                runtime=self.engine.runtime,
                caller=record.caller,
                moment=moment,
                params=params.groupdict(),
                query={},
                body=procedure.read(fields),
                service="alloydb.googleapis.com",
            )
            answer = await self.engine.run(method, call)
        except ApiError as error:
            record.status = error.code
            raise
        finally:
            log.info("%s GRPC %s %s", method.name, path, record.status or 200)
        record.status = 200
        return answer


@dataclass
class Endpoint:
    """The gRPC server; `address` is where it listens, with a real port."""

    server: grpc.Server
    answerer: Answerer
    address: str

    def open(self) -> None:
        """Answer calls on the running event loop."""
        self.answerer.loop = asyncio.get_running_loop()
        self.server.start()

    def close(self) -> None:
        """End all calls."""
        self.server.stop(None)


def bind(engine: Engine, address: str, certificate: tuple[str, str]) -> Endpoint:
    """Take `host:port` for gRPC with TLS. Raises OSError if it is taken."""
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    answerer = Answerer(engine)
    server.add_generic_rpc_handlers((answerer,))
    chain, key = certificate
    credentials = grpc.ssl_server_credentials([(key.encode(), chain.encode())])
    try:
        port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise OSError(f"{address} is taken") from error
    return Endpoint(server, answerer, f"{address.rpartition(':')[0]}:{port}")
