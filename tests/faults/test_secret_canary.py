"""No password anywhere: one is sent through the whole job, a failure and a retry in it, and looked for.

On SQLite the broker is the embedded one, on PostgreSQL it is Redis. What Google's stand-in keeps is Google's.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import requests
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from connections.models import Connection
from emulator.client import Control
from emulator.estate import LOGIN_CHECKER
from portal.models import ADMINISTRATOR, Operation, Project, User
from tests.connections.kinds import samples
from tests.faults.conftest import until_over
from tests.support import factories
from tests.support.canary import Processes, disguises, found_in, read_all
from tests.support.creation import PASSWORD, demo_project
from tests.support.google_side import applied
from tests.support.pages import sign_in
from tests.support.portal_processes import celery_beat, celery_worker, web_server
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.redis import RedisServer
from tests.support.visitor import DIALOG, Visitor, dialog

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = "admin@example.com"


def new_secret() -> str:
    """Return a password that no two runs share and that every encoding changes."""
    return f"c\"a'n<a>r&y\\{secrets.token_hex(12)}%/+"


@dataclass
class Places:
    """Everywhere that a secret could be left behind."""

    folder: Path
    data_dir: Path
    google: Control
    redis: RedisServer | None
    processes: Processes = field(default_factory=Processes)
    pages: list[str] = field(default_factory=list)

    def read(self) -> dict[str, bytes]:
        """Return what is there now."""
        return {
            "database, table by table": _tables(),
            "database files": read_all(self._database_files()),
            "broker": self._broker(),
            "logs": read_all([self.folder, self.data_dir / "postgres.log"]),
            "mail": read_all([Path(settings.EMAIL_FILE_PATH)]),
            "checkpoints and keys": read_all([self.data_dir / "checkpoints", self.data_dir / "keys"]),
            "pages and exports": "\n".join(self.pages).encode(),
            "processes": self.processes.content(),
            "requests to Google": str(self.google.calls()).encode(),
        }

    def _database_files(self) -> list[Path]:
        if connection.vendor == "postgresql":
            return [self.data_dir / "postgres"]
        return list(self.data_dir.glob("portal.sqlite3*"))

    def _broker(self) -> bytes:
        if self.redis is None:
            return read_all([settings.BROKER_DIR])
        client = self.redis.client()
        values = [str(client.dump(key)).encode() + bytes(key) for key in client.scan_iter("*")]
        return read_all([self.redis.folder]) + b"\n".join(values)


def _tables() -> bytes:
    rows: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [
                str(bytes(value) if isinstance(value, memoryview) else value)
                for row in cursor
                for value in row
            ]
    return "\n".join(rows).encode()


def _text(value: object) -> str:
    return str(bytes(value) if isinstance(value, memoryview) else value)


@pytest.fixture
def places(
    google: Control, tmp_path: Path, data_dir: Path, request: pytest.FixtureRequest
) -> Iterator[Places]:
    """A running portal's places, with every process watched."""
    redis = request.getfixturevalue("redis_server") if connection.vendor == "postgresql" else None
    Path(settings.EMAIL_FILE_PATH).mkdir(exist_ok=True)
    found = Places(tmp_path, data_dir, google, redis)
    with found.processes.watched():
        yield found


@pytest.fixture
def visitor(places: Places) -> Iterator[Visitor]:
    """An administrator at a running portal."""
    call_command("collectstatic", verbosity=0, interactive=False)
    factories.make_person(ADMIN, ADMINISTRATOR)
    demo_project()
    port = free_port()
    env = {"PORTAL_BASE_URL": f"http://127.0.0.1:{port}", "PORTAL_LOG_LEVEL": "DEBUG"}
    env["PORTAL_LOGIN_CHECK_ACCOUNTS"] = LOGIN_CHECKER
    if places.redis:
        env["REDIS_URL"] = places.redis.url
    with ExitStack() as stack:
        stack.enter_context(celery_worker("worker", folder=places.folder, env=env))
        stack.enter_context(celery_beat(folder=places.folder, env=env))
        stack.enter_context(web_server(port, folder=places.folder, env=env))
        visitor = Visitor(f"http://127.0.0.1:{port}")
        places.pages = visitor.pages
        visitor.sign_in(ADMIN, factories.PASSWORD)
        yield visitor


@contextmanager
def database_password(data_dir: Path, password: str) -> Generator[None]:
    """Change the password of the demo database's user while the block lasts, as its owner could."""
    lines = (data_dir / "estate" / "postgresql" / "postmaster.pid").read_text().splitlines()

    def change(to: str) -> None:
        with psycopg.connect(
            host=lines[4], port=int(lines[3]), user="postgres", dbname="postgres"
        ) as session:
            session.execute(sql.SQL("ALTER ROLE bq_reader PASSWORD {}").format(sql.Literal(to)))

    change(password)
    try:
        yield
    finally:
        change(PASSWORD)


def the_whole_job(visitor: Visitor, secret: str, places: Places) -> None:
    """Create with a password that the database refuses, and retry when it takes it."""
    answer = visitor.post(DIALOG, dialog("orders", secret))
    assert answer.status_code == 302, answer.text[:500]
    page = answer.headers["Location"]
    operation = until_last_is_over("connections.create")
    assert operation.state == Operation.State.FAILED
    visitor.get(page)
    with database_password(places.data_dir, secret):
        again = visitor.post(f"{page}retry/", {"credential": secret}, form=page)
        assert again.status_code == 302, again.text[:500]
        until_over(operation, swept=False)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert applied(places.google, "connections.patch") == 1


def until_last_is_over(task: str) -> Operation:
    """Wait for the newest operation of a task, however it ends."""
    operation = Operation.objects.filter(task=task).latest("created_at")
    until_over(operation, swept=False)
    return operation


def every_other_kind(visitor: Visitor, secret: str) -> None:
    """Make a connection of each other kind that has a password."""
    for kind, sample in samples.SAMPLES.items():
        if kind != "alloydb" and "password" in sample.fields:
            own = {**sample.fields, "kind": kind, "location": sample.location, "test_query": ""}
            form = dialog(kind, secret) | own | {"password": secret}
            answer = visitor.post(f"/add-data/{kind}/", form)
            assert answer.status_code == 302, answer.text[:500]
            until_last_is_over("connections.create")


def its_life(visitor: Visitor, secret: str) -> None:
    """Change what needs the password again, then the password; the database takes neither."""
    page = Connection.objects.get(connection_id="orders").get_absolute_url()
    changed = dialog("orders", secret, friendly_name="Changed", database="postgres")
    for path, data, task in (
        (f"{page}edit/", changed, "connections.edit"),
        (f"{page}password/", {"password": secret}, "connections.rotate"),
    ):
        answer = visitor.post(path, data)
        assert answer.status_code == 302, answer.text[:500]
        until_last_is_over(task)


def mistakes(visitor: Visitor, secret: str) -> None:
    """Send the dialog with mistakes in it, so that it comes back; and with a field too many."""
    wrong = dialog("no spaces allowed", secret, location="nowhere")
    assert visitor.post(DIALOG, wrong).status_code == 422
    visitor.send(f"{DIALOG}validate/", wrong, visitor.token(DIALOG))
    visitor.send(f"{DIALOG}preview/", wrong, visitor.token(DIALOG))


@contextmanager
def no_place_to_seal() -> Generator[None]:
    """Have no table for sealed credentials while the block lasts."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE portal_sealedcredential RENAME TO away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO portal_sealedcredential")


def a_crash(visitor: Visitor, secret: str) -> None:
    """Have the request die with the password in its hands, in production and with DEBUG on."""
    token = visitor.token(DIALOG)
    developer = sign_in(User.objects.get(email=ADMIN), raise_request_exception=False)
    with no_place_to_seal():
        assert visitor.send(DIALOG, dialog("crash", secret), token).status_code == 500
        settings_before, settings.DEBUG = settings.DEBUG, True
        try:
            report = developer.post(DIALOG, dialog("crash", secret))
        finally:
            settings.DEBUG = settings_before
        assert report.status_code == 500
        assert "sealedcredential" in report.content.decode()
        visitor.pages.append(report.content.decode())


def every_page(visitor: Visitor) -> None:
    """Open what shows the connection, its operation and the audit trail; take the trail out."""
    operation = Operation.objects.get(task="connections.create", title__endswith=" orders")
    for path in (
        operation.get_absolute_url(),
        f"{operation.get_absolute_url()}live/",
        *(one.get_absolute_url() for one in Connection.objects.all()),
        "/connections/",
        "/operations/",
        "/audit/",
    ):
        assert visitor.get(path).status_code in {200, 286}, path
    for kind in ("csv", "jsonl"):
        visitor.post("/audit/export/", {"format": kind}, form="/audit/")


def plant(places: Places, secret: str) -> None:
    """Leave the secret in each place once, each time in other clothes."""
    looks = disguises(secret)
    # At a row's beginning: what stands further on in a long row may be cut in two by the end of a page.
    Project.objects.update(display_name=secret)
    if places.redis:
        places.redis.client().set("planted", looks["JSON"])
    else:
        (settings.BROKER_DIR / "messages" / "planted.msg").write_bytes(looks["base64 at offset 1"])
    (places.folder / "planted.log").write_bytes(looks["HTML"])
    (Path(settings.EMAIL_FILE_PATH) / "planted.log").write_bytes(looks["URL"])
    (places.data_dir / "checkpoints").mkdir(exist_ok=True)
    (places.data_dir / "checkpoints" / "planted").write_bytes(looks["hex"])
    places.pages.append(looks["HTML"].decode())
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", secret]
    sleeper = subprocess.Popen(command, stdin=subprocess.PIPE)
    # One look can miss a process, while others come and go.
    wait_until(lambda: secret.encode() in places.processes.look(), seconds=30, what="the process is seen")
    sleeper.communicate()
    address = f"{settings.GOOGLE_CLOUD_EMULATOR}/cloudresourcemanager/v3/projects/x"
    requests.get(address, params={"x": secret}, timeout=30)


def test_no_password_is_left_anywhere(visitor: Visitor, places: Places) -> None:
    secret, planted = new_secret(), new_secret()
    the_whole_job(visitor, secret, places)
    its_life(visitor, secret)
    every_other_kind(visitor, secret)
    mistakes(visitor, secret)
    a_crash(visitor, secret)
    every_page(visitor)
    assert found_in(places.read(), secret) == []
    plant(places, planted)
    everywhere = {hit.partition(":")[0] for hit in found_in(places.read(), planted)}
    assert everywhere == set(places.read()), "what is planted must be found, in every place"


@pytest.mark.one_database
@pytest.mark.parametrize("look", disguises("x"))
def test_each_disguise_is_seen(look: str) -> None:
    secret = new_secret()
    assert found_in({"there": b"..." + disguises(secret)[look] + b"..."}, secret)
    assert not found_in({"there": b"..." + disguises(new_secret())[look] + b"..."}, secret)
