"""Each kind from the dialog to its page, against the emulator: made, granted, and what is left to do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from access.models import Grant
from connections import kinds
from connections.kinds import aws
from connections.models import Connection
from connections.services import create
from portal.gcp import connections as google
from portal.models import Operation, Project, SealedCredential, User
from tests.connections.dialog import CANARY
from tests.connections.kinds.samples import SAMPLES, SLUGS, filled, properties, url
from tests.support import google_side
from tests.support.creation import carry_out
from tests.support.emulated import Emulator
from tests.support.factories import NUMBER, PROJECT, make_project
from tests.support.pages import INTO_DIALOG, sign_in, text_of

# By name too, so that the limits of earlier tests are forgotten.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("transactional_db")]


def make(user: User, slug: str, **changes: Any) -> tuple[Operation, Connection]:
    """Fill the dialog in and do what the worker does; without the test query, which needs a database."""
    data = filled(slug, **changes)
    data.pop("test_query")
    response = sign_in(user).post(url(slug), data, headers=INTO_DIALOG)
    assert "HX-Redirect" in response.headers, text_of(response)
    operation = Operation.objects.get(task=create.TASK)
    carry_out(operation, attempts=40)
    return operation, Connection.objects.get()


@pytest.mark.parametrize("slug", SLUGS)
def test_from_the_dialog_to_the_page(emulator: Emulator, ada: User, project: Project, slug: str) -> None:
    emulator.control.agent_delay(0)

    operation, connection = make(ada, slug)

    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert connection.state == Connection.State.ACTIVE
    assert not SealedCredential.objects.exists()
    sample, kind = SAMPLES[slug], kinds.get(slug)
    assert re.fullmatch(sample.identity, connection.service_account)
    assert connection.has_credential is bool(kind.secret_field)
    assert kind.seen(properties(slug), google.get(connection.full_name).body) == connection.properties
    response = sign_in(ada).get(connection.get_absolute_url())
    text = text_of(response)
    assert response.status_code == 200
    assert CANARY not in response.content.decode()
    assert f"Connection type {kind.label}" in text
    assert connection.service_account in text
    assert kind.identity_label in text
    for value in connection.properties.values():
        assert value is True or str(value) in text
    assert ("EXTERNAL_QUERY" in text) is bool(kind.test_statement)


@pytest.mark.parametrize("slug", ["alloydb", "cloud_sql_mysql", "cloud_sql_postgresql", "spark"])
def test_its_identity_gets_its_roles_and_nothing_more(
    emulator: Emulator, ada: User, project: Project, slug: str
) -> None:
    emulator.control.agent_delay(0)
    before = google_side.Picture.take(emulator.control)

    _, connection = make(ada, slug)

    needed = {role.role for role in kinds.get(slug).roles(connection.properties)}
    member = f"serviceAccount:{connection.service_account}"
    assert set(before.added(emulator.control)["bindings"]) == {(role, member, "") for role in needed}
    assert {grant.status for grant in Grant.objects.all()} == {"active"}


@pytest.mark.parametrize("slug", ["aws", "azure", "cloud_resource", "spanner", "sap_hana"])
def test_nothing_is_granted_where_nothing_is_needed(
    emulator: Emulator, ada: User, project: Project, slug: str
) -> None:
    before = google_side.Picture.take(emulator.control)
    make(ada, slug)
    assert before.added(emulator.control)["bindings"] == []


def test_the_role_is_given_in_the_project_of_the_instance(
    emulator: Emulator, ada: User, project: Project
) -> None:
    emulator.control.agent_delay(0)
    make_project("acme-sandbox", number=734920118846)
    portal = "serviceAccount:portal@acme-analytics.iam.gserviceaccount.com"
    emulator.control.outsider("projects/734920118846", "roles/resourcemanager.projectIamAdmin", portal)

    operation, connection = make(ada, "cloud_sql_mysql", instance="acme-sandbox:us-central1:shop")

    assert operation.state == Operation.State.SUCCEEDED, operation.error
    member = f"serviceAccount:{connection.service_account}"
    role = "roles/cloudsql.client"
    assert (role, member, "") in google_side.bindings(emulator.control, "projects/734920118846")
    assert (role, member, "") not in google_side.bindings(emulator.control, f"projects/{NUMBER}")
    assert "on project acme-sandbox" in text_of(sign_in(ada).get(connection.get_absolute_url()))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_create_that_was_applied_before_it_failed_is_recognised(
    emulator: Emulator, ada: User, project: Project, slug: str
) -> None:
    """For Cloud SQL too, of which Google does not give the user name back."""
    emulator.control.agent_delay(0)
    emulator.control.fault("connections.create", times=1, status=503, when="after")

    operation, _ = make(ada, slug)

    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert emulator.control.counts()["connections.create"] == 1


def test_a_kind_without_a_password_takes_none(ada: User, project: Project) -> None:
    new = create.NewConnection(project, "us", "x", "cloud_resource", {})
    with pytest.raises(ValueError, match="takes no password"):
        create.request_create(new, "secret", by=ada)
    assert not Operation.objects.exists()


def test_the_trust_policy_is_ready_to_paste(emulator: Emulator, ada: User, project: Project) -> None:
    _, connection = make(ada, "aws")
    response = sign_in(ada).get(connection.get_absolute_url())
    policy = json.loads(aws.trust_policy(connection.service_account))
    assert policy["Version"] == "2012-10-17"
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Federated": "accounts.google.com"}
    assert statement["Condition"] == {"StringEquals": {"accounts.google.com:sub": connection.service_account}}
    assert " ".join(aws.trust_policy(connection.service_account).split()) in text_of(response)
    assert "BigQuery Google identity" in text_of(response)
    assert "IAM, Roles, omni, Trust relationships" in text_of(response)


def test_azure_gets_issuer_and_subject(emulator: Emulator, ada: User, project: Project) -> None:
    _, connection = make(ada, "azure")
    text = text_of(sign_in(ada).get(connection.get_absolute_url()))
    assert "Issuer https://accounts.google.com" in text
    assert f"Subject identifier {connection.service_account}" in text


def test_azure_without_federated_identity_gets_bigquerys_application(
    emulator: Emulator, ada: User, project: Project
) -> None:
    _, connection = make(ada, "azure", federated="")
    text = text_of(sign_in(ada).get(connection.get_absolute_url()))
    assert "Subject identifier" not in text
    assert f"Application {connection.body['azure']['application']}" in text
    assert f"Client ID {connection.body['azure']['clientId']}" in text


def test_a_cloud_resource_account_gets_the_command_for_each_use(
    emulator: Emulator, ada: User, project: Project
) -> None:
    _, connection = make(ada, "cloud_resource")
    text = text_of(sign_in(ada).get(connection.get_absolute_url()))
    assert "Grant the account what its use needs" in text
    for role in ("aiplatform.user", "run.invoker", "storage.objectViewer", "spanner.databaseReader"):
        assert f"--member=serviceAccount:{connection.service_account} \\ --role=roles/{role}" in text


def test_the_list_says_what_each_reads(emulator: Emulator, ada: User, project: Project) -> None:
    make(ada, "aws")
    text = text_of(sign_in(ada).get("/connections/", {"q": "bigquery/omni", "kind": "aws"}))
    assert "BigLake on AWS" in text
    assert "omni" in text
    assert PROJECT in text
