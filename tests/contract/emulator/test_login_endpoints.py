"""The login endpoints themselves: whom they turn away, what they write down, which addresses they take."""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pg8000.exceptions import DatabaseError  # type: ignore[import-untyped]  # no stubs installed

from emulator import server
from emulator.__main__ import parse
from emulator.backends import Backend
from emulator.estate import LOGIN_CHECKER
from emulator.logins.doors import Door
from emulator.logins.endpoints import Options, Taken
from emulator.settings import Settings
from tests.contract.emulator.logins import CHECKER, CRM, INSTANCE, Desk, Pasted, asked
from tests.contract.emulator.traffic import NUMBER, PROJECT, Google


@pytest.mark.parametrize("port", [5433, 3307])
def test_a_client_without_a_certificate_is_turned_away(desk: Desk, port: int) -> None:
    addresses: dict[str, Any] = desk.control.logins()["addresses"]
    address = next(at for name, at in addresses.items() if ("/clusters/" in name) is (port == 5433))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # TLS 1.3: the client's handshake ends before the server has looked for a certificate.
    with (
        socket.create_connection((address, port), timeout=30) as plain,
        context.wrap_socket(plain) as secured,
        suppress(ssl.SSLError, ConnectionResetError),
    ):
        assert secured.recv(1) == b""


def test_a_certificate_of_another_instance_is_turned_away(
    desk: Desk, warehouse: Google, tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    path = f"sqladmin/v1/projects/{PROJECT}/instances/shop:generateEphemeralCert"
    made = warehouse.by(LOGIN_CHECKER).post(path, {"public_key": public}).body["ephemeralCert"]["cert"]
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = tmp_path / "client.pem"
    file.write_text(made + private)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(file)
    address = desk.control.logins()["addresses"][f"projects/{NUMBER}/instances/crm"]
    with (
        socket.create_connection((address, 3307), timeout=30) as plain,
        context.wrap_socket(plain) as secured,
        suppress(ssl.SSLError, ConnectionResetError),
    ):
        assert secured.recv(1) == b""


def test_many_logins_at_once(desk: Desk) -> None:
    with desk.alloydb() as first, desk.alloydb() as second, ThreadPoolExecutor(4) as pool:
        found = [asked(first), asked(second), *pool.map(lambda _: _one(desk), range(4))]
    assert found == [CHECKER] * 6


def _one(desk: Desk) -> Any:
    with desk.cloud_sql() as connection:
        return asked(connection)


@pytest.mark.parametrize(
    "first_words", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64, b"\0\0\0\x04\xff\xff\xff\xff"]
)
def test_whoever_speaks_another_protocol_is_hung_up_on(
    desk: Desk, database: dict[str, Backend], first_words: bytes
) -> None:
    async def talk() -> bytes:
        engine = server.build_engine(Settings(estate="demo"), {})
        door = Door(engine, INSTANCE.replace(PROJECT, NUMBER), next(iter(database.values())))
        listening = await asyncio.start_server(door.serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        writer.write(first_words)
        writer.write_eof()
        heard = await asyncio.wait_for(reader.read(), 30)
        listening.close()
        return heard

    assert b"OK" not in asyncio.run(talk())


def test_a_port_that_is_taken_is_told(database: dict[str, Backend], desk: Desk) -> None:
    logins = desk.control.logins()
    first = min(logins["addresses"].items())[1]
    with (
        pytest.raises(Taken, match=f"cannot listen on {first}:3307"),
        server.start(backends=database, logins=Options(first, "127.0.0.1:0", Path(logins["roots"]))),
    ):
        pass


def test_a_file_of_somebody_elses_roots_is_left_alone(database: dict[str, Backend], tmp_path: Path) -> None:
    theirs = tmp_path / "ca-certificates.crt"
    theirs.write_text("what the whole machine trusts")
    options = Options("127.9.8.2", "127.0.0.1:0", theirs)
    with pytest.raises(Taken, match="is somebody else's"), server.start(backends=database, logins=options):
        pass
    assert [file.name for file in tmp_path.iterdir()] == [theirs.name]
    assert theirs.read_text() == "what the whole machine trusts"


def test_options() -> None:
    assert parse([]).logins is None
    found = parse(["--logins", "--data-dir", "d", "--alloydb-endpoint", "127.0.0.1:8443"]).logins
    assert found is not None
    assert (found.first, found.grpc, str(found.roots)) == ("127.0.0.2", "127.0.0.1:8443", "d/roots.pem")
    with pytest.raises(SystemExit):
        parse(["--logins", "--no-database"])


def test_tokens_and_passwords_are_nowhere_afterwards(
    desk: Desk, warehouse: Google, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = desk.control.token(LOGIN_CHECKER), "ya29.canary-that-nobody-may-see"
    with caplog.at_level("DEBUG", "emulator"), caplog.at_level("DEBUG", "uvicorn"):
        with desk.alloydb(credentials=Pasted(good)), desk.cloud_sql(credentials=Pasted(good)):
            pass
        with pytest.raises(ValueError, match="invalid authentication"):
            desk.alloydb(login=Pasted(bad)).__enter__()
        with pytest.raises(DatabaseError):
            desk.cloud_sql(automatic=False, password=bad).__enter__()
    own = [item.getMessage() for item in caplog.records if item.name.startswith(("emulator", "uvicorn"))]
    assert any("generateClientCertificate" in line for line in own)
    order = {"resourceNames": [f"projects/{PROJECT}"]}
    everything = repr((own, desk.control.calls(), desk.control.state()))
    everything += repr(warehouse.post("logging/v2/entries:list", order).body)
    assert good not in everything
    assert bad not in everything
    assert CRM in repr(warehouse.get(f"sqladmin/v1/projects/{PROJECT}/instances").body)
