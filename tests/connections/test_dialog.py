"""The "External data source" dialog: what it shows, and what Create connection does."""

from __future__ import annotations

import re

import pytest
from django.db import IntegrityError

from access.models import CONNECTION_ADMIN, Grant
from connections.models import Connection
from connections.services import create
from portal.models import AuditEvent, Operation, Project, SealedCredential, User
from tests.connections.dialog import CANARY, GOOD, URL, submit
from tests.support.factories import PROJECT, make_asset, make_connection, make_project
from tests.support.pages import HTMX, INTO_DIALOG, age_sign_in, errors_beside, sign_in, text_of

LABELS = (
    "Connection type",
    "Connection ID",
    "Data location",
    "Friendly name",
    "Description",
    "Encryption",
    "Google-managed encryption key",
    "Customer-managed encryption key (CMEK)",
    "Database name",
    "Database username",
    "Database password",
    "Show password",
    "AlloyDB Instance",
    "Owners",
    "Grant the service agent AlloyDB Client",
    "Test with a query",
    "Share with",
    "Create connection",
)


def test_labels_and_order_are_the_documents(ada: User, project: Project) -> None:
    text = text_of(sign_in(ada).get(URL, headers=INTO_DIALOG))
    places = [text.find(label) for label in LABELS]
    assert -1 not in places
    assert places == sorted(places)
    assert "External data source" in text


def test_it_is_a_fragment_in_the_dialog_and_a_page_by_its_address(ada: User, project: Project) -> None:
    client = sign_in(ada)
    fragment = client.get(URL, headers=INTO_DIALOG).content.decode()
    page = client.get(URL).content.decode()
    assert "<html" not in fragment
    assert 'id="external-source"' in fragment
    assert "<html" in page
    assert 'id="external-source"' in page


def test_locations_are_grouped_and_omni_is_left_out(ada: User, project: Project) -> None:
    page = sign_in(ada).get(URL).content.decode()
    assert '<optgroup label="Multi-region">' in page
    assert '<optgroup label="Region">' in page
    assert '<option value="us">US (multiple regions in the United States)</option>' in page
    assert '<option value="us-central1">us-central1 (Iowa)</option>' in page
    assert "aws-us-east-1" not in page


def test_create_connection_leads_to_the_operation(ada: User, project: Project) -> None:
    response = submit(sign_in(ada))
    operation = Operation.objects.get(task=create.TASK)
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == operation.get_absolute_url()
    connection = Connection.objects.get()
    assert connection.path == f"{PROJECT}.us-central1.bq_alloydb_connection"
    assert connection.properties["database"] == "orders"
    assert list(connection.resource.owners.all()) == [ada]
    assert [step.name for step in operation.steps.all()] == [
        "create_connection",
        "wait_for_service_agent",
        "grant_service_agent",
        "test_query",
    ]
    assert SealedCredential.objects.filter(operation=operation).exists()


def test_without_htmx_it_redirects(ada: User, project: Project) -> None:
    response = submit(sign_in(ada), into_dialog=False)
    assert response.status_code == 302
    assert response.headers["Location"] == Operation.objects.get(task=create.TASK).get_absolute_url()


def test_what_is_switched_off_is_not_done(ada: User, project: Project) -> None:
    submit(sign_in(ada), grant_service_agent=None, test_query=None)
    operation = Operation.objects.get(task=create.TASK)
    assert [step.name for step in operation.steps.all()] == ["create_connection"]


def test_owners_and_principals_are_taken_as_typed(ada: User, olga: User, ana: User, project: Project) -> None:
    submit(
        sign_in(ada),
        owners="Olga@example.com, ana@example.com",
        principals="ana@example.com\nGroup:Analysts@Example.com, etl@acme.iam.gserviceaccount.com",
        role=CONNECTION_ADMIN,
    )
    connection = Connection.objects.get()
    assert set(connection.resource.owners.all()) == {olga, ana}
    assert set(Grant.objects.values_list("principal", "role")) == {
        ("user:ana@example.com", CONNECTION_ADMIN),
        ("group:analysts@example.com", CONNECTION_ADMIN),
        ("serviceAccount:etl@acme.iam.gserviceaccount.com", CONNECTION_ADMIN),
    }


def test_a_customer_managed_key_is_kept_only_when_chosen(ada: User, project: Project) -> None:
    key = f"projects/{PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/connections"
    client = sign_in(ada)
    submit(client, encryption="cmek", kms_key_name=key)
    submit(client, connection_id="other", encryption="google", kms_key_name="half a na")
    assert Connection.objects.get(connection_id="bq_alloydb_connection").kms_key_name == key
    assert Connection.objects.get(connection_id="other").kms_key_name == ""


def test_after_a_mistake_everything_is_there_but_the_password(ada: User, project: Project) -> None:
    response = submit(
        sign_in(ada), connection_id="not-allowed", description="Orders <b>&</b>", test_query=None
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert CANARY not in page
    assert "s3cret-canary" not in page
    assert "Enter the password again; it is never sent back to the page." in text_of(response)
    assert 'value="not-allowed"' in page
    assert "Orders &lt;b&gt;&amp;&lt;/b&gt;" in page
    assert 'value="bq_reader"' in page
    assert re.search(r'name="grant_service_agent"[^>]*checked', page)
    assert not re.search(r'name="test_query"[^>]*checked', page)
    assert not Connection.objects.exists()
    assert not AuditEvent.objects.filter(action="connection.create").exists()


def test_somebody_quicker_is_a_mistake_beside_the_id(
    ada: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost_the_race(*_: object, **__: object) -> None:
        make_connection(project, "bq_alloydb_connection")
        raise IntegrityError

    monkeypatch.setattr(create, "request_create", lost_the_race)
    response = submit(sign_in(ada))
    assert response.status_code == 422
    assert "exists already in us-central1" in errors_beside(response, "connection_id")


def test_what_the_database_refuses_for_another_reason_is_no_mistake_of_the_id(
    ada: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(create, "request_create", refused)
    with pytest.raises(IntegrityError):
        submit(sign_in(ada))


@pytest.mark.parametrize("chosen", ["", "no-such-project", "\0"])
def test_the_type_can_be_changed_while_no_project_is_chosen(ada: User, project: Project, chosen: str) -> None:
    make_project("acme-other", number=42)
    typed = GOOD | {"kind": "spanner", "project": chosen, "connection_id": "kept"}
    response = sign_in(ada).post("/add-data/alloydb/kind/", typed, headers=INTO_DIALOG)
    assert response.status_code == 200
    page = response.content.decode()
    assert 'action="/add-data/spanner/"' in page
    assert 'value="kept"' in page


def test_what_google_does_not_document_is_said_in_the_dialog(ada: User, project: Project) -> None:
    for kind in ("sap_hana", "spark"):
        assert "Not certain" in text_of(sign_in(ada).get(f"/add-data/{kind}/", headers=INTO_DIALOG))
    assert "Not certain" not in text_of(sign_in(ada).get(URL, headers=INTO_DIALOG))


def test_a_failed_connection_gives_way_to_a_new_try(ada: User, project: Project) -> None:
    make_connection(project, "bq_alloydb_connection", state=Connection.State.FAILED)
    assert "HX-Redirect" in submit(sign_in(ada)).headers
    assert Connection.objects.get().state == Connection.State.CREATING


def test_an_old_sign_in_is_asked_for_again(ada: User, project: Project) -> None:
    client = sign_in(ada)
    age_sign_in(client, 3600)
    shown = client.get(URL)
    assert shown.status_code == 302
    assert "reauthenticate" in shown.headers["Location"]
    assert "reauthenticate" in client.get(URL, headers=INTO_DIALOG).headers["HX-Redirect"]
    refused = submit(client)
    assert CANARY not in refused.content.decode()
    assert not Connection.objects.exists()


def test_several_projects_can_be_chosen_from(ada: User, project: Project) -> None:
    make_project("acme-other", number=42)
    page = sign_in(ada).get(URL, {"project": "acme-other"}).content.decode()
    assert '<option value="acme-other" selected>' in page
    assert f'<option value="{PROJECT}">' in page


def test_a_single_project_needs_no_choice(ada: User, project: Project) -> None:
    make_project("acme-waiting", number=None)
    page = sign_in(ada).get(URL).content.decode()
    assert f'<input type="hidden" name="project" value="{PROJECT}"' in page
    assert "acme-waiting" not in page


def test_every_owned_endpoint_hides_its_parameters_from_error_reports(ada: User, project: Project) -> None:
    client = sign_in(ada)
    for url in (URL, f"{URL}validate/", f"{URL}preview/", f"{URL}kind/"):
        response = client.post(url, {"password": CANARY}, headers=HTMX)
        assert vars(response.wsgi_request)["sensitive_post_parameters"] == "__ALL__"
        assert CANARY not in response.content.decode()


def test_the_equivalent_command_follows_what_is_typed(ada: User, project: Project) -> None:
    typed = {"project": PROJECT, "connection_id": "orders", "database": "it's", "password": CANARY}
    response = sign_in(ada).post(f"{URL}preview/", typed, headers=HTMX)
    text = text_of(response)
    assert "bq mk" in text
    assert "orders" in text
    assert "LOCATION" in text
    assert CANARY not in response.content.decode()


def test_swapping_the_kind_keeps_what_was_typed(ada: User, project: Project) -> None:
    typed = {"project": PROJECT, "kind": "alloydb", "connection_id": "orders", "location": "eu"}
    response = sign_in(ada).post(f"{URL}kind/", typed | {"password": CANARY}, headers=INTO_DIALOG)
    page = response.content.decode()
    assert 'value="orders"' in page
    assert '<option value="eu" selected>' in page
    assert CANARY not in page


def test_the_pick_list_shows_cluster_region_and_type(ada: User, project: Project) -> None:
    name = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/us-central1/clusters/c1/instances/i1"
    about = {"cluster": "c1", "instance": "i1", "instance_type": "READ_POOL", "state": "READY"}
    make_asset(project, name, "us-central1", attributes=about)
    page = sign_in(ada).get(URL)
    assert f'data-pick="{name}"' in page.content.decode()
    assert "Read pool instance · cluster c1" in text_of(page)
