"""`manage.py check`: settings that do not go together, and what Google says is missing."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from emulator.iam.role_data import PREDEFINED
from portal import checks, requirements
from portal.gcp import session
from tests.portal import things
from tests.support.emulated import Emulator
from tests.support.ports import free_port

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "google-cloud.md"


def check(*options: str) -> str:
    out, err = StringIO(), StringIO()
    call_command("check", *options, stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def test_an_unfurnished_project_is_told_what_is_missing(db: None, emulator: Emulator) -> None:
    things.project("acme-sandbox")
    said = check()
    assert "(portal.W101) acme-sandbox: the API alloydb.googleapis.com is off" in said
    assert "gcloud services enable alloydb.googleapis.com --project=acme-sandbox" in said
    assert "(portal.W102) acme-sandbox: the portal lacks bigquery.connections.create" in said
    assert "--role=roles/bigquery.connectionAdmin" in said
    assert "bigquery.googleapis.com is off" not in said, "that one is on"


def test_a_furnished_project_is_fine(db: None, emulator: Emulator) -> None:
    things.project("acme-analytics")
    assert "no issues" in check()


def test_a_project_can_be_named(db: None, emulator: Emulator) -> None:
    said = check("--project", "acme-sandbox", "--project", "acme-unknown")
    assert "portal.W101" in said
    assert "(portal.W103) acme-unknown: Google refuses to say" in said


def test_without_projects_it_says_how_to_go_on(db: None, emulator: Emulator) -> None:
    assert "manage.py check --project ID" in check()


def test_a_google_that_does_not_answer_is_a_warning(db: None, settings: Settings) -> None:
    settings.GOOGLE_CLOUD_EMULATOR = f"http://127.0.0.1:{free_port()}"
    things.project("acme-analytics")
    things.project("acme-sandbox")
    assert check().count("portal.W104") == 1


def test_without_credentials_it_is_an_error(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.GOOGLE_CLOUD_EMULATOR = ""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(SystemCheckError, match=r"portal\.E101"):
        check()


PROJECT_IAM = next(item for item in requirements.PERMISSIONS if item.role.endswith("projectIamAdmin"))


def test_a_command_names_the_account_that_the_credentials_are_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(session._local, "session", None, raising=False)  # and give back what was there
    settings.GOOGLE_CLOUD_EMULATOR = settings.SERVICE_ACCOUNT = ""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": "portal@acme-ops.iam.gserviceaccount.com",
        "private_key": key.decode(),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    assert "serviceAccount:portal@acme-ops.iam.gserviceaccount.com " in requirements.command("p", PROJECT_IAM)
    settings.SERVICE_ACCOUNT = "other@acme-ops.iam.gserviceaccount.com"
    assert "serviceAccount:other@acme-ops" in requirements.command("p", PROJECT_IAM)


def test_a_command_has_a_placeholder_where_nobody_knows(settings: Settings, emulator: Emulator) -> None:
    settings.SERVICE_ACCOUNT = ""
    assert "serviceAccount:PORTAL_SERVICE_ACCOUNT " in requirements.command("p", PROJECT_IAM)


def test_google_is_left_out_when_asked_and_by_every_other_command(db: None, settings: Settings) -> None:
    settings.GOOGLE_CLOUD_EMULATOR = f"http://127.0.0.1:{free_port()}"
    things.project("acme-analytics")
    for options in (["--no-google"], ["--tag", "models"], ["portal"]):
        assert "W104" not in check(*options)
    assert not [found for found in run_checks() if "W104" in str(found.id)]


FILES = "django.core.mail.backends.filebased.EmailBackend"


def identifiers(settings_now: Settings) -> set[str | None]:
    return {message.id for message in checks.deployment(None)}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"HTTPS": True, "DEMO": False, "REQUIRE_MFA": True}, set()),
        ({"HTTPS": False, "DEMO": False, "REQUIRE_MFA": True}, {"portal.E002"}),
        ({"HTTPS": True, "DEMO": False, "REQUIRE_MFA": False}, {"portal.W003"}),
        ({"HTTPS": True, "DEMO": False, "REQUIRE_MFA": True, "DEBUG": True}, {"portal.E003"}),
        (
            {"HTTPS": True, "DEMO": False, "REQUIRE_MFA": True, "EMAIL_BACKEND": FILES},
            {"portal.W004"},
        ),
        ({"HTTPS": True, "DEMO": True, "REQUIRE_MFA": True}, {"portal.E001"}),
        (
            {"HTTPS": False, "DEMO": True, "REQUIRE_MFA": True, "GOOGLE_CLOUD_EMULATOR": ""},
            {"portal.E001", "portal.E002"},
        ),
    ],
)
def test_what_must_not_meet_in_production(
    settings: Settings, values: dict[str, object], expected: set[str]
) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    assert identifiers(settings) == expected


def test_a_short_secret_key_is_noticed(settings: Settings) -> None:
    assert checks.secret_key(None) == []
    settings.SECRET_KEY = "short"
    assert [message.id for message in checks.secret_key(None)] == ["portal.W001"]


def test_a_key_that_others_can_read_is_noticed(settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "keyset.json"
    key.write_text("{}")
    key.chmod(0o600)
    settings.KEYSET_FILE = key
    assert checks.key_files(None) == []
    key.chmod(0o640)
    (found,) = checks.key_files(None)
    assert (found.id, found.hint) == ("portal.W002", f"chmod 600 {key}")


def documented() -> set[tuple[str, str, str]]:
    """Return the rows (name, what for, role) of the document's tables."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|(?: `([^`]+)` \|)?$", DOCUMENT.read_text(), re.MULTILINE)
    return {(name, purpose.strip(), role) for name, purpose, role in rows}


def test_the_document_names_what_the_code_needs() -> None:
    needed = {
        (requirement.name, requirement.purpose, requirement.role)
        for requirement in (*requirements.APIS, *requirements.PERMISSIONS)
    }
    assert documented() == needed


def test_each_role_that_it_names_brings_the_permission() -> None:
    without = [
        (needed.name, needed.role)
        for needed in requirements.PERMISSIONS
        if needed.name not in PREDEFINED[needed.role][1]
    ]
    assert without == []
