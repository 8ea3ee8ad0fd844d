"""Real logins through Google's own connectors, and every way to be refused: when, in whose words, and what
Troubleshoot makes of exactly these words, of the message and of the log line.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django import Settings

from connections.logins.troubles import recognise
from emulator.estate import DEMO_INSTANCE, LOGIN_CHECKER
from portal import clock
from portal.gcp import log_entries, login_tokens, logins
from portal.gcp.login_tokens import ALLOYDB_LOGIN, CLOUD_PLATFORM, CLOUD_SQL_LOGIN
from portal.gcp.logins import Door, LoginFailed, Stage, Tokens
from tests.contract.gateway.conftest import NUMBER, PROJECT
from tests.support.emulated import Emulator

CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")
ALLOYDB = Door(True, DEMO_INSTANCE.replace(str(NUMBER), PROJECT), "orders", CHECKER, "PUBLIC")
CLOUD_SQL = Door(False, f"{PROJECT}:us-central1:crm", "crm", CHECKER, "PRIVATE")
ALERTS = 'resource.type="alloydb.googleapis.com/Instance" AND severity>=ALERT'
pytestmark = pytest.mark.django_db
# AlloyDB's four, in the order in which they are produced below.
FOUR = [
    ("invalid-token", "connect"),
    ("insufficient-scopes", "connect"),
    ("principal-mismatch", "check"),
    ("permission-missing", "request"),
]


def tokens(emulator: Emulator, login: str) -> Tokens:
    """A token for the API, and the one for the database."""
    api = emulator.control.token(LOGIN_CHECKER, CLOUD_PLATFORM)
    return Tokens(api, login, clock.now() + timedelta(hours=1))


def narrow(emulator: Emulator, door: Door) -> Tokens:
    """Tokens as the portal makes them: the second is good for logging in only."""
    scope = ALLOYDB_LOGIN if door.alloydb else CLOUD_SQL_LOGIN
    return tokens(emulator, emulator.control.token(LOGIN_CHECKER, scope))


def refused(door: Door, used: Tokens) -> LoginFailed:
    """How the login fails; neither token is in it or in what it came from."""
    with pytest.raises(LoginFailed) as caught:
        logins.log_in(door, used)
    assert caught.value.__context__ is None
    assert used.login not in str(caught.value)
    return caught.value


def cause(message: str) -> tuple[str, str]:
    """As what Troubleshoot recognises a message, and what mends it."""
    found = recognise(message)
    assert found is not None, message
    assert found.cause
    assert found.fix
    return found.code, found.mend.value


@pytest.mark.parametrize("door", [ALLOYDB, CLOUD_SQL])
@pytest.mark.parametrize("network", ["PUBLIC", "PRIVATE"])
def test_a_narrow_token_logs_in(emulator: Emulator, door: Door, network: str) -> None:
    assert logins.log_in(replace(door, network=network), narrow(emulator, door)) == CHECKER


def test_the_emulators_roots_are_its_own_file_and_named_in_this_process_only(emulator: Emulator) -> None:
    logins.log_in(ALLOYDB, narrow(emulator, ALLOYDB))
    assert os.environ[logins.GRPC_ROOTS] == emulator.control.logins()["roots"]


def test_alloydbs_four_messages(emulator: Emulator) -> None:
    invalid = refused(ALLOYDB, tokens(emulator, "ya29.none"))
    assert "Request had invalid authentication credentials." in invalid.message
    scopes = refused(ALLOYDB, tokens(emulator, emulator.control.token(LOGIN_CHECKER, CLOUD_SQL_LOGIN)))
    assert "Request had insufficient scopes." in scopes.message
    principal = refused(replace(ALLOYDB, user="bq_reader"), narrow(emulator, ALLOYDB))
    assert "IAM principal does not match database user." in principal.message
    role = "roles/alloydb.databaseUser"
    emulator.control.outsider(f"projects/{PROJECT}", role, f"serviceAccount:{LOGIN_CHECKER}", "remove")
    permission = refused(ALLOYDB, narrow(emulator, ALLOYDB))
    assert "Caller does not have required permission to use project." in permission.message
    assert role in permission.message
    failures = [invalid, scopes, principal, permission]
    assert {found.stage for found in failures} == {Stage.LOGIN}
    assert [cause(found.message) for found in failures] == FOUR
    named = recognise(permission.message)
    assert named is not None
    assert named.named == role, "the role that is missing is read out of the message"

    told = [entry.text for entry in log_entries.newest(PROJECT, ALERTS, 10)]
    assert len(told) == 4
    assert "required permission" in told[0], "newest first"
    assert [cause(line) for line in reversed(told)] == FOUR, "the log's lines are recognised as well"
    assert len(log_entries.newest(PROJECT, ALERTS, 2)) == 2


def test_cloud_sqls_messages(emulator: Emulator) -> None:
    other = refused(replace(CLOUD_SQL, user="ana@example.com"), narrow(emulator, CLOUD_SQL))
    assert 'Cloud SQL IAM user authentication failed for user "ana@example.com"' in other.message
    role = f"projects/{PROJECT}", "roles/cloudsql.instanceUser", f"serviceAccount:{LOGIN_CHECKER}", "remove"
    emulator.control.outsider(*role)
    missing = refused(CLOUD_SQL, narrow(emulator, CLOUD_SQL))
    assert f'Cloud SQL IAM service account authentication failed for user "{CHECKER}"' in missing.message
    assert other.stage is missing.stage is Stage.LOGIN
    assert cause(other.message) == ("cloud-sql-user-refused", "check")
    assert cause(missing.message) == ("cloud-sql-account-refused", "check")


@pytest.mark.parametrize(("door", "role"), [(ALLOYDB, "alloydb.client"), (CLOUD_SQL, "cloudsql.client")])
def test_no_certificate_without_the_client_role(emulator: Emulator, door: Door, role: str) -> None:
    member = f"serviceAccount:{LOGIN_CHECKER}"
    emulator.control.outsider(f"projects/{PROJECT}", f"roles/{role}", member, "remove")
    failed = refused(door, narrow(emulator, door))
    assert failed.stage is Stage.CERTIFICATE
    assert "instances.connect" in failed.message
    assert cause(failed.message) == ("client-role-missing", "request")


@pytest.mark.parametrize("door", [ALLOYDB, CLOUD_SQL])
def test_a_database_that_is_not_there(emulator: Emulator, door: Door) -> None:
    failed = refused(replace(door, database="nowhere"), narrow(emulator, door))
    assert (failed.stage, failed.message) == (Stage.LOGIN, 'FATAL: database "nowhere" does not exist')
    assert cause(failed.message) == ("database-missing", "connect")


def test_a_flag_that_is_off(emulator: Emulator) -> None:
    emulator.control.edit_instance(ALLOYDB.instance, databaseFlags={"alloydb.iam_authentication": "off"})
    emulator.control.edit_instance(f"projects/{PROJECT}/instances/crm", settings={"databaseFlags": []})
    for door in (ALLOYDB, CLOUD_SQL):
        failed = refused(door, narrow(emulator, door))
        assert cause(failed.message) == ("flag-off", "instance"), failed.message


def test_an_address_that_the_instance_does_not_have(emulator: Emulator) -> None:
    for door in (ALLOYDB, CLOUD_SQL):
        failed = refused(replace(door, network="PSC"), narrow(emulator, door))
        assert failed.stage is Stage.CERTIFICATE


def test_nobody_answers(emulator: Emulator, settings: Settings) -> None:
    """The second cluster has no database behind it: its address leads nowhere."""
    settings.GOOGLE_CALL_TIMEOUT = 0.5
    far = ALLOYDB.instance.replace("us-central1", "europe-west1").replace("orders", "orders-eu")
    used = narrow(emulator, ALLOYDB)
    assert refused(replace(ALLOYDB, instance=far), used).stage is Stage.TLS


def test_an_emulator_without_login_endpoints(settings: Settings, control: object, emulator: Emulator) -> None:
    """The gateway's own emulator has none."""
    failed = refused(ALLOYDB, Tokens("one", "two", clock.now()))
    assert failed.message == logins.NO_ENDPOINTS


def test_whose_a_token_is(emulator: Emulator) -> None:
    person = login_tokens.info(emulator.control.token("ana@example.com", ALLOYDB_LOGIN, lifetime=600))
    assert person is not None
    assert (person.member, person.scopes) == ("user:ana@example.com", frozenset({ALLOYDB_LOGIN}))
    assert timedelta(minutes=9) < person.expires_at - clock.now() <= timedelta(minutes=10)
    account = login_tokens.info(emulator.control.token(LOGIN_CHECKER))
    assert account is not None
    assert account.member == f"serviceAccount:{LOGIN_CHECKER}"


@pytest.mark.parametrize("token", ["ya29.none", "x", "é\n", ""])
def test_what_is_no_token(emulator: Emulator, token: str) -> None:
    assert login_tokens.info(token) is None
    assert login_tokens.info(emulator.control.token("ana@example.com", lifetime=0)) is None
