"""Connections made elsewhere: Google tells less of them than the portal asks for, and takes more."""

from __future__ import annotations

from typing import Any

import pytest

from connections import kinds
from connections.models import Connection, FoundConnection
from connections.services import adopt, edit, living, refresh, rotate
from portal.gcp import connections as google
from portal.models import Operation, User
from tests.connections.life.acts import at_google, carry_out, made, succeed
from tests.support.creation import PASSWORD, PROJECT, demo_project
from tests.support.emulated import Emulator
from tests.support.pages import sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
CRM = {"instance": f"{PROJECT}:us-central1:crm", "database": "crm", "username": "crm_reader"}
CRM_PASSWORD = "crm-demo-password"
AGENT = "serviceAccount:service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"


def adopted(ada: User, body: dict[str, Any], location: str = "us") -> Connection:
    """Make a connection without the portal, and take it over."""
    project = demo_project()
    google.create(PROJECT, location, "elsewhere", body)
    succeed(adopt.request_find(project, by=ada))
    succeed(adopt.request_adopt(project, FoundConnection.objects.all(), by=ada))
    return Connection.objects.get(connection_id="elsewhere")


@pytest.fixture
def crm(emulator: Emulator, ada: User) -> Connection:
    """A Cloud SQL connection whose user Google does not tell."""
    emulator.control.agent_delay(0)
    emulator.control.outsider(f"projects/{PROJECT}", "roles/cloudsql.client", AGENT)
    found = adopted(ada, kinds.get("cloud_sql_postgresql").body(CRM, CRM_PASSWORD))
    assert found.properties["username"] == ""
    return found


def form(connection: Connection, **changes: str) -> dict[str, str]:
    names: dict[str, str] = {"friendly_name": connection.friendly_name, "description": connection.description}
    properties: dict[str, str] = connection.properties
    return names | properties | {"password": ""} | changes


def test_a_password_without_its_user_is_never_sent(crm: Connection, ada: User) -> None:
    """Google would take it, and keep no credential at all."""
    with pytest.raises(living.NotNowError, match="does not tell the database username"):
        rotate.request_rotate(crm, CRM_PASSWORD, by=ada)
    assert not Operation.objects.filter(task=rotate.TASK).exists()
    assert at_google(crm).has_credential


def test_a_change_that_left_no_credential_is_no_success(crm: Connection, ada: User) -> None:
    operation = rotate.request_rotate(crm, CRM_PASSWORD, told={"username": "crm_reader"}, by=ada)
    Operation.objects.update(parameters={**operation.parameters, "told": {}})
    carry_out(operation)
    assert (operation.state, operation.error) == ("failed", rotate.HOLDS_NONE)


def test_rotating_asks_for_the_user_once(crm: Connection, ada: User) -> None:
    client, url = sign_in(ada), crm.get_absolute_url() + "password/"
    assert "Database username" in text_of(client.get(url))
    assert '"username": "USERNAME"' in text_of(client.get(url))
    refused = client.post(url, {"password": CRM_PASSWORD})
    assert "Database username is missing." in text_of(refused)

    client.post(url, {"password": CRM_PASSWORD, "username": "crm_reader"})
    operation = carry_out(Operation.objects.get(task=rotate.TASK))

    assert operation.state == "succeeded", operation.error
    crm.refresh_from_db()
    assert (crm.properties["username"], crm.has_credential) == ("crm_reader", True)
    assert "crm_reader" in crm.search_text
    assert at_google(crm).has_credential
    assert "Database username" not in text_of(client.get(url))


def test_its_names_are_edited_without_the_user(crm: Connection, ada: User) -> None:
    client, url = sign_in(ada), crm.get_absolute_url() + "edit/"
    assert client.post(url, form(crm, friendly_name="Customers")).status_code == 302
    carry_out(Operation.objects.get(task=edit.TASK))
    assert at_google(crm).friendly_name == "Customers"
    assert at_google(crm).has_credential


def test_its_database_is_edited_with_user_and_password(crm: Connection, ada: User) -> None:
    client, url = sign_in(ada), crm.get_absolute_url() + "edit/"
    refused = client.post(url, form(crm, database="postgres", password=CRM_PASSWORD))
    assert "enter the user too" in text_of(refused)
    client.post(url, form(crm, database="postgres", password=CRM_PASSWORD, username="crm_reader"))
    carry_out(Operation.objects.get(task=edit.TASK))
    assert at_google(crm).body["cloudSql"]["database"] == "postgres"
    assert at_google(crm).has_credential


def test_putting_its_database_back_asks_for_both(emulator: Emulator, crm: Connection, ada: User) -> None:
    emulator.control.edit_connection(crm.full_name, fields={"cloudSql": {"database": "postgres"}})
    succeed(refresh.request_refresh(crm, by=ada))
    client, url = sign_in(ada), crm.get_absolute_url() + "put-back/"
    refused = client.post(url, {"password": CRM_PASSWORD})
    assert "Database username is missing." in text_of(refused)
    client.post(url, {"password": CRM_PASSWORD, "username": "crm_reader"})
    carry_out(Operation.objects.get(task=edit.TASK))
    assert at_google(crm).body["cloudSql"]["database"] == "crm"
    assert at_google(crm).has_credential


def test_the_service_refuses_a_credential_without_its_user(
    emulator: Emulator, crm: Connection, ada: User
) -> None:
    emulator.control.edit_connection(crm.full_name, fields={"cloudSql": {"database": "postgres"}})
    succeed(refresh.request_refresh(crm, by=ada))
    with pytest.raises(living.NotNowError, match="enter it with the password"):
        edit.request_put_back(crm, CRM_PASSWORD, by=ada)


def test_what_nobody_touches_stays_though_the_portal_would_not_take_it(emulator: Emulator, ada: User) -> None:
    """A longer name than the dialog's, in a place that does not reach the instance: Google took both."""
    emulator.control.agent_delay(0)
    far = kinds.get("cloud_sql_mysql").body(CRM | {"instance": f"{PROJECT}:us-central1:shop"}, "secret")
    found = adopted(ada, far | {"friendlyName": "x" * 600}, "eu")
    client, url = sign_in(ada), found.get_absolute_url() + "edit/"
    typed = form(found, friendly_name="x" * 600, description="Ours now")
    assert client.post(url, typed).status_code == 302
    operation = Operation.objects.get(task=edit.TASK)
    assert operation.parameters["mask"] == ["description"]
    carry_out(operation)
    assert at_google(found).friendly_name == "x" * 600
    assert client.post(url, typed | {"friendly_name": "y" * 600}).status_code == 422


def test_a_password_replaces_nothing_beside_it(emulator: Emulator, ada: User) -> None:
    """A connector's authentication may have parameters of its own."""
    emulator.control.agent_delay(0)
    orders = made("orders")
    own = {"authentication": {"parameters": {"region": {"stringValue": "eu"}}}}
    emulator.control.edit_connection(orders.full_name, fields={"configuration": own})
    succeed(refresh.request_refresh(orders, by=ada))
    succeed(rotate.request_rotate(orders, PASSWORD, by=ada))
    kept = at_google(orders).body["configuration"]["authentication"]
    assert kept["parameters"] == own["authentication"]["parameters"]
    assert at_google(orders).has_credential


def test_its_page_says_what_google_does_not_tell(crm: Connection, ada: User) -> None:
    text = text_of(sign_in(ada).get(crm.get_absolute_url()))
    assert "Database username Not set Google does not tell it" in text


def test_what_the_portal_has_no_field_for_stays_and_is_named(
    emulator: Emulator, crm: Connection, ada: User
) -> None:
    fields = {"friendlyName": "By hand", "cloudSql": {"ofTomorrow": {"deep": 7}}}
    emulator.control.edit_connection(crm.full_name, fields=fields)
    succeed(refresh.request_refresh(crm, by=ada))
    client = sign_in(ada)
    page = text_of(client.get(crm.get_absolute_url()))
    assert "The portal has no field for cloudSql" in page
    assert "accept it, or change it where it was changed" in page
    dialog = text_of(client.get(crm.get_absolute_url() + "put-back/"))
    assert "This stays as Google has it" in dialog
    client.post(crm.get_absolute_url() + "put-back/")
    carry_out(Operation.objects.get(task=edit.TASK))
    body = at_google(crm).body
    assert body["cloudSql"]["ofTomorrow"] == {"deep": 7}
    assert "friendlyName" not in body


def test_the_commands_have_the_role_on_its_key(crm: Connection, ada: User) -> None:
    key = f"projects/{PROJECT}/locations/us/keyRings/portal/cryptoKeys/connections-us"
    Connection.objects.update(kms_key_name=key)
    text = text_of(sign_in(ada).get(crm.get_absolute_url()))
    assert "Let BigQuery use the customer-managed key" in text
    assert "--member=serviceAccount:bq-528461093377@bigquery-encryption.iam.gserviceaccount.com" in text
