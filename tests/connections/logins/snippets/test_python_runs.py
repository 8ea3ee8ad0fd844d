"""The Python of How to connect, run as it is shown: only the endpoint is the stand-in's.

Credentials come as they would on a machine of Google's: from the metadata server, which a test plays.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from google.cloud.sql.connector import IPTypes

from connections.logins.products import Product
from connections.logins.snippets import Login, Network
from emulator.client import Control
from emulator.estate import DEMO_INSTANCE, LOGIN_CHECKER
from tests.connections.logins.snippets.samples import login, steps
from tests.support.creation import NUMBER, PROJECT
from tests.support.emulated import Emulator

CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")
PLACES = {
    Product.ALLOYDB: (DEMO_INSTANCE.replace(str(NUMBER), PROJECT), "orders"),
    Product.POSTGRESQL: (f"{PROJECT}:us-central1:crm", "crm"),
}


class Metadata(BaseHTTPRequestHandler):
    """The metadata server of a machine that runs as the demo's account."""

    control: Control

    def do_GET(self) -> None:
        """Say who the machine is, and make tokens for the scopes that are asked for."""
        address = urlsplit(self.path)
        account = {"email": LOGIN_CHECKER, "scopes": [], "aliases": ["default"]}
        body: Any = ""
        if address.path.endswith("/token"):
            scopes = parse_qs(address.query).get("scopes", [""])[0].split(",")
            token = self.control.token(LOGIN_CHECKER, *filter(None, scopes))
            body = {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        elif address.path.endswith("/project/project-id"):
            body = PROJECT
        elif "universe" in address.path:
            body = "googleapis.com"
        elif "service-accounts" in address.path:
            body = account
        content = (json.dumps(body) if isinstance(body, dict) else body).encode()
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        kind = "application/json" if isinstance(body, dict) else "text/plain"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quietly."""


@pytest.fixture
def machine(emulator: Emulator) -> Iterator[dict[str, str]]:
    """The environment of a machine that runs as the demo's account."""
    handler = type("Machine", (Metadata,), {"control": emulator.control})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"127.0.0.1:{server.server_port}"
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    yield {
        **inherited,
        "GCE_METADATA_HOST": address,
        "GCE_METADATA_IP": address,
        "GCE_METADATA_ROOT": address,
        "CLOUDSDK_CONFIG": "/nonexistent",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": emulator.control.logins()["roots"],
    }
    server.shutdown()
    server.server_close()


def at_emulator(code: str, emulator: Emulator, product: Product) -> str:
    """The code, with the connector's endpoint option added."""
    if product is Product.ALLOYDB:
        option = f'alloydb_api_endpoint="{emulator.control.logins()["alloydb_api_endpoint"]}"'
    else:
        option = f'sqladmin_api_endpoint="{emulator.url}/sqladmin"'
    assert code.count("Connector(") == 1
    changed = code.replace("Connector(", f"Connector({option}, ").replace(", )", ")")
    assert changed != code
    return changed


def run(code: str, machine: dict[str, str]) -> str:
    """Run a program; it ends well."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=machine, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def filled(product: Product, **more: Any) -> Login:
    """The demo's account at a demo instance."""
    instance, database = PLACES[product]
    return login(product, instance=instance, database=database, email=LOGIN_CHECKER, user=CHECKER, **more)


@pytest.mark.parametrize("product", PLACES)
@pytest.mark.parametrize(
    ("network", "lazy"), [(Network.PUBLIC, True), (Network.PRIVATE, False)], ids=["lazy", "background"]
)
def test_it_connects(
    emulator: Emulator, machine: dict[str, str], product: Product, network: Network, lazy: bool
) -> None:
    code = steps(filled(product, network=network, lazy=lazy), "python")[0].code
    assert run(at_emulator(code, emulator, product), machine) == CHECKER


@pytest.mark.parametrize("product", PLACES)
def test_the_pool_connects(emulator: Emulator, machine: dict[str, str], product: Product) -> None:
    code = steps(filled(product), "python")[1].code
    code += "\nprint(pool.connect().exec_driver_sql('SELECT current_user').scalar())"
    assert run(at_emulator(code, emulator, product), machine) == CHECKER


def test_the_names_are_those_that_the_connector_for_mysql_has() -> None:
    """No MySQL stands behind the demo: the code is compiled, and its names are looked up."""
    code = steps(login(Product.MYSQL, user="ana"), "python")[0].code
    compile(code, "snippet", "exec")
    assert {network.upper() for network in Network} <= set(IPTypes.__members__)
