"""Every mistake has its message beside its field, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from connections import kinds
from connections.forms import rules
from connections.models import Asset, Connection
from portal.models import Operation, Project, User
from tests.connections.dialog import GOOD, URL, submit
from tests.support.factories import NUMBER, PROJECT, make_asset, make_connection
from tests.support.pages import HTMX, errors_beside, sign_in, text_of

RING = f"projects/{PROJECT}/locations/{{}}/keyRings/portal/cryptoKeys/connections"
ELSEWHERE = "//alloydb.googleapis.com/projects/{}/locations/us-central1/clusters/c/instances/i"
FAR = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/{{}}/clusters/c/instances/i"

MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("connection_id", {"connection_id": ""}, "Connection ID is missing."),
    (
        "connection_id",
        {"connection_id": "orders-1"},
        "Letters, numbers, and underscores are allowed; not “-”",
    ),
    ("connection_id", {"connection_id": "a b"}, "not a blank"),
    ("connection_id", {"connection_id": "zürich"}, "not “ü”"),
    ("connection_id", {"connection_id": "o\u202er"}, "not an invisible character"),
    ("connection_id", {"connection_id": "x" * 201}, "at most 200 characters"),
    ("location", {"location": ""}, "Choose one."),
    ("location", {"location": "mars-north1"}, "not one of the available choices"),
    ("location", {"location": "aws-us-east-1"}, "not one of the available choices"),
    ("project", {"project": "another"}, "not one of the available choices"),
    ("project", {"project": "\0"}, "not one of the available choices"),
    ("friendly_name", {"friendly_name": "x" * 201}, "at most 200 characters"),
    ("friendly_name", {"friendly_name": "a\x07b"}, "control character"),
    ("description", {"description": "x" * 5001}, "at most 5000 characters"),
    ("database", {"database": ""}, "Database name is missing."),
    ("database", {"database": "é" * 32}, "64 bytes long; 63 are allowed"),
    ("database", {"database": "x" * 64}, "at most 63 characters"),
    ("database", {"database": "or\u200bders"}, "invisible character"),
    ("database", {"database": "or\x1bders"}, "invisible character"),
    ("username", {"username": ""}, "Database username is missing."),
    ("username", {"username": "ü" * 40}, "80 bytes long"),
    ("username", {"username": "a\tb"}, "invisible character"),
    ("instance", {"instance": ""}, "AlloyDB Instance is missing."),
    ("instance", {"instance": "orders-primary"}, "Enter the instance's URI in the form //alloydb"),
    ("instance", {"instance": f"https:{FAR.format('us-central1')}"}, "Enter the instance's URI"),
    ("instance", {"instance": FAR.format("us-central1") + "/x"}, "Enter the instance's URI"),
    ("instance", {"instance": ELSEWHERE.format("other-project")}, "in the project other-project"),
    (
        "instance",
        {"instance": FAR.format("europe-west1")},
        "cannot query an instance in europe-west1. Choose europe-west1 or EU as data location.",
    ),
    (
        "instance",
        {"location": "eu", "instance": FAR.format("us-central1")},
        "BigQuery in EU cannot query an instance in us-central1. Choose us-central1 or US",
    ),
    (
        "instance",
        {"location": "eu", "instance": FAR.format("europe-west2")},
        "Choose europe-west2 as data location.",
    ),
    (
        "instance",
        {"instance": FAR.format("mars-north1")},
        "No location of BigQuery reaches mars-north1, as far as the portal knows: is it spelled right?",
    ),
    ("kms_key_name", {"encryption": "cmek"}, "Choose a key, or enter its full name."),
    (
        "kms_key_name",
        {"encryption": "cmek", "kms_key_name": "my-key"},
        "Enter the key's full name: projects/",
    ),
    (
        "kms_key_name",
        {"encryption": "cmek", "kms_key_name": RING.format("us-central1") + "/cryptoKeyVersions/1"},
        "Leave the version out",
    ),
    (
        "kms_key_name",
        {"encryption": "cmek", "kms_key_name": RING.format("us")},
        "This key is in us. A connection in us-central1 needs a key in us-central1.",
    ),
    (
        "kms_key_name",
        {
            "encryption": "cmek",
            "location": "eu",
            "instance": FAR.format("europe-west1"),
            "kms_key_name": RING.format("us"),
        },
        "A connection in EU needs a key in europe.",
    ),
    ("encryption", {"encryption": "none"}, "not one of the available choices"),
    ("owners", {"owners": "nobody@example.com"}, "“nobody@example.com” has no account here"),
    ("principals", {"principals": "allUsers"}, "“allUsers” would open the connection to everybody"),
    ("principals", {"principals": "allAuthenticatedUsers"}, "to everybody"),
    ("principals", {"principals": "ana"}, "“ana” is not an e-mail address"),
    ("principals", {"principals": "user:ana"}, "“user:ana”: an e-mail address has to follow user:"),
    ("principals", {"principals": "robot:x@example.com"}, "“robot:x@example.com”: begin with user:, group:"),
    ("role", {"role": "roles/owner"}, "not one of the available choices"),
]


@pytest.mark.parametrize(("field", "changes", "message"), MISTAKES)
def test_beside_its_field(
    ada: User, project: Project, field: str, changes: dict[str, Any], message: str
) -> None:
    response = submit(sign_in(ada), **changes)
    assert response.status_code == 422
    if field == "project":  # a single project is no choice: the message stands for the form
        assert "This project cannot be used any more." in text_of(response)
    else:
        assert message in errors_beside(response, field)
    assert not Connection.objects.exists()
    assert not Operation.objects.exists()


def test_what_is_too_long_is_told_once(ada: User, project: Project) -> None:
    beside = errors_beside(submit(sign_in(ada), database="x" * 64), "database")
    assert beside == "Ensure this value has at most 63 characters (it has 64)."


@pytest.mark.parametrize("slug", [kind.slug for kind in kinds.all_kinds()])
def test_no_browser_cuts_what_is_pasted(ada: User, project: Project, slug: str) -> None:
    assert "maxlength" not in sign_in(ada).get(f"/add-data/{slug}/").content.decode()


@pytest.mark.parametrize("password", [None, "", "x" * 1001, "nul\0here"])
def test_a_password_that_cannot_be(ada: User, project: Project, password: str | None) -> None:
    response = submit(sign_in(ada), password=password)
    assert response.status_code == 422
    assert response.context["form"].errors["password"]
    assert not Connection.objects.exists()


def test_a_password_keeps_its_blanks(ada: User, project: Project) -> None:
    assert "HX-Redirect" in submit(sign_in(ada), password="  two blanks  ").headers


def test_an_id_that_is_taken(ada: User, project: Project) -> None:
    make_connection(project, "bq_alloydb_connection")
    response = submit(sign_in(ada))
    assert errors_beside(response, "connection_id") == (
        f"bq_alloydb_connection exists already in us-central1 of {PROJECT}. Choose another connection ID."
    )
    assert "HX-Redirect" in submit(sign_in(ada), location="us").headers


def test_the_projects_number_is_the_same_project(ada: User, project: Project) -> None:
    assert "HX-Redirect" in submit(sign_in(ada), instance=ELSEWHERE.format(NUMBER)).headers


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"purpose": "ASYMMETRIC_SIGN", "state": "ENABLED"}, "needs one of purpose ENCRYPT_DECRYPT"),
        ({"purpose": "ENCRYPT_DECRYPT", "state": "DISABLED"}, "of this key is disabled"),
    ],
)
def test_a_key_that_bigquery_cannot_use(
    ada: User, project: Project, about: dict[str, str], message: str
) -> None:
    key = RING.format("us-central1")
    make_asset(project, key, "us-central1", type=Asset.Type.CRYPTO_KEY, attributes=about)
    response = submit(sign_in(ada), encryption="cmek", kms_key_name=key)
    assert message in errors_beside(response, "kms_key_name")


def test_omni_refuses_keys() -> None:
    assert rules.key_misplaced("aws-us-east-1", RING.format("us-east-1")) == (
        "Cloud KMS keys are not supported in aws-us-east-1. Choose the Google-managed encryption key."
    )


def test_while_typing_the_field_that_changed_and_what_hangs_on_it_are_looked_at(
    ada: User, project: Project
) -> None:
    typed = GOOD | {"location": "us-east1", "connection_id": "", "username": ""}
    del typed["password"]
    headers = {**HTMX, "HX-Trigger": "id_location_errors"}
    response = sign_in(ada).post(f"{URL}validate/", typed, headers=headers)
    page = response.content.decode()
    assert "cannot query an instance in us-central1" in text_of(response)
    assert 'id="id_instance_errors" hx-swap-oob="innerHTML"' in page
    assert "id_username_errors" not in page, "what was not typed yet is not wrong yet"
    assert "id_connection_id_errors" not in page
    assert "id_password" not in page


def test_a_field_that_was_emptied_is_missed(ada: User, project: Project) -> None:
    headers = {**HTMX, "HX-Trigger": "id_database_errors"}
    response = sign_in(ada).post(f"{URL}validate/", GOOD | {"database": ""}, headers=headers)
    assert text_of(response).startswith("Database name is missing.")


def test_looking_changes_nothing(ada: User, project: Project) -> None:
    sign_in(ada).post(f"{URL}validate/", GOOD, headers=HTMX)
    assert not Connection.objects.exists()
    assert not Operation.objects.exists()


@pytest.mark.parametrize("trigger", ["", "id_password_errors", "id_<script>_errors", "external-source"])
def test_whatever_says_it_changed_is_survived(ada: User, project: Project, trigger: str) -> None:
    headers = {**HTMX, "HX-Trigger": trigger}
    response = sign_in(ada).post(f"{URL}validate/", GOOD, headers=headers)
    assert response.status_code == 200
    assert "<script>" not in response.content.decode()
