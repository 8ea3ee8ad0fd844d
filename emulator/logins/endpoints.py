"""All login endpoints of a server: a loopback address for each instance, and gRPC for AlloyDB's connector.

The ports are fixed in the connectors, so each instance has an address of its own. Connectors are used as they
are, with their options for development:

    # GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=FILE must be set before the process first uses gRPC
    google.cloud.alloydbconnector.Connector(alloydb_api_endpoint="127.0.0.1:8443", enable_iam_auth=True)
    google.cloud.sql.connector.Connector(
        sqladmin_api_endpoint="http://127.0.0.1:8085/sqladmin", enable_iam_auth=True
    )
"""

import asyncio
import ipaddress
import logging
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.logins import authority, instances, rpc
from emulator.logins.authority import pem
from emulator.logins.doors import Door
from emulator.logins.products import ALLOYDB
from emulator.serving.engine import Engine

log = logging.getLogger("emulator")
_ALLOYDB_PORT, _CLOUD_SQL_PORT = 5433, 3307


class Taken(OSError):
    """An address is in use, or not one of this machine's."""


@dataclass(frozen=True)
class Options:
    """`first` is the address of the first instance, the next ones follow; `grpc` is `host:port`.

    `roots` is the file for the certificate that clients of the gRPC endpoint must trust.
    """

    first: str
    grpc: str
    roots: Path


@dataclass
class Endpoints:
    """The endpoints of `engine`: bound at once, served between `open` and `close`."""

    engine: Engine
    options: Options
    bound: dict[str, socket.socket] = field(default_factory=dict)
    servers: list[asyncio.Server] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    grpc: rpc.Endpoint | None = None

    def bind(self) -> None:
        """Take the addresses. Raises Taken."""
        first = ipaddress.ip_address(self.options.first)
        for offset, name in enumerate(sorted(self.engine.runtime.backends)):
            found = instances.find(self.engine.world, name)
            port = _ALLOYDB_PORT if found and found.product is ALLOYDB else _CLOUD_SQL_PORT
            address = str(first + offset)
            try:
                self.bound[name] = _bound(address, port)
            except Taken:
                self._release()
                raise
            self.engine.runtime.addresses[name] = address

        self._bind_grpc()

    def _bind_grpc(self) -> None:
        try:
            root = authority.kept("Google emulator API CA", self.options.roots)
        except FileExistsError as error:
            self._release()
            raise Taken(f"{self.options.roots} is somebody else's: name another file") from error
        host = self.options.grpc.rpartition(":")[0]
        certificate = root.server("alloydb.googleapis.com", host)
        try:
            self.grpc = rpc.bind(self.engine, self.options.grpc, certificate)
        except OSError as error:
            self._release()
            raise Taken(f"The endpoint of AlloyDB's API over gRPC cannot listen: {error}") from error
        self.engine.runtime.endpoints |= {
            "alloydb_api_endpoint": self.grpc.address,
            "roots": str(self.options.roots),
        }

    async def open(self) -> None:
        """Begin to serve."""
        if self.grpc:
            self.grpc.open()
        for name, bound in self.bound.items():
            door = Door(self.engine, name, self.engine.runtime.backends[name])
            server = await asyncio.start_server(door.serve, sock=bound, ssl=self._context(name))
            self.doors.append(door)
            self.servers.append(server)
            log.info("login endpoint of %s: %s:%s", name, *bound.getsockname())

    def _context(self, name: str) -> ssl.SSLContext:
        """TLS that takes clients with a certificate of the instance's authority only."""
        found = instances.find(self.engine.world, name)
        own = self.engine.runtime.authorities.of(found.owner if found else name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=pem(own.certificate))
        chain, key = own.server(name.rsplit("/", 1)[-1], self.engine.runtime.addresses[name])
        with TemporaryDirectory() as folder:  # the only way in is by files
            path = Path(folder, "server.pem")
            path.touch(mode=0o600)
            path.write_text(chain + key, encoding="utf-8")
            context.load_cert_chain(path)
        return context

    async def close(self) -> None:
        """Hang up on everybody."""
        if self.grpc:
            self.grpc.close()
        for server in self.servers:
            server.close()
        sessions = [task for door in self.doors for task in door.sessions]
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        self._release()

    def _release(self) -> None:
        for bound in self.bound.values():
            bound.close()


def _bound(address: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
        bound.listen(64)
    except OSError as error:
        bound.close()
        raise Taken(
            f"The login endpoint cannot listen on {address}:{port} ({error.strerror}). The official "
            "connectors fix the port: end what listens there, or name another address after --logins."
        ) from error
    return bound
