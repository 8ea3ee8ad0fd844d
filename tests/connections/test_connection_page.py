"""A connection's page: what everyone sees, and what only those who answer for it see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from access import claims
from access.models import CONNECTION_ADMIN, Grant, Review
from connections.models import Connection
from connections.services import create
from portal import audit, clock
from portal.models import Operation, Project, Step, User
from tests.connections.dialog import GOOD, submit
from tests.portal.things import operation
from tests.support.factories import AGENT, INSTANCE, PROJECT, make_connection, make_grant
from tests.support.pages import HTMX, sign_in, text_of

KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/k"


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection with everything there is, which Olga owns."""
    return make_connection(
        project,
        friendly_name="Orders",
        description="Shop orders\nread only",
        kms_key_name=KEY,
        owners=(olga,),
        tested_at=datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC),
        creation_time=datetime(2026, 2, 28, 8, 0, 0, tzinfo=UTC),
        body={
            "name": "projects/1/locations/us-central1/connections/orders",
            "creationTime": "1",
            "labelsOfTomorrow": {"team": "shop"},
            "configuration": {
                "connectorId": "google-alloydb",
                "asset": {"database": "orders", "googleCloudResource": INSTANCE},
                "authentication": {
                    "usernamePassword": {"username": "u", "password": {"secretType": "PLAINTEXT"}},
                    "serviceAccount": AGENT,
                },
                "tls": {"mode": "ENABLED"},
            },
        },
    )


def test_connection_info_has_everything_with_copy_buttons(ana: User, orders: Connection) -> None:
    response = sign_in(ana).get(orders.get_absolute_url())
    page, text = response.content.decode(), text_of(response)
    for value in (orders.full_name, orders.path, AGENT, INSTANCE, KEY, "bq_reader"):
        assert f'data-copy="{value}"' in page, value
    for words in (
        "Data location us-central1 (Iowa)",
        "Customer-managed encryption key (CMEK)",
        "BigQuery holds one",
        "Shop orders read only",
        "olga@example.com",
        "by ada@example.com",
        "Connection type AlloyDB",
    ):
        assert words in text, words
    assert 'title="2026-02-28 08:00:00 UTC"' in page
    assert 'title="2026-03-01 12:30:05 UTC"' in page


def test_what_google_sent_beyond_the_form_is_shown(ana: User, orders: Connection) -> None:
    text = text_of(sign_in(ana).get(orders.get_absolute_url()))
    assert "Other properties" in text
    assert "labelsOfTomorrow.team shop" in text
    assert "configuration.tls.mode ENABLED" in text
    assert "secretType" not in text
    assert "connectorId" not in text


def test_without_anything_beyond_there_is_no_such_heading(ana: User, project: Project) -> None:
    text = text_of(sign_in(ana).get(make_connection(project).get_absolute_url()))
    assert "Other properties" not in text


def test_a_query_to_copy(ana: User, orders: Connection) -> None:
    text = text_of(sign_in(ana).get(orders.get_absolute_url()))
    assert f"SELECT * FROM EXTERNAL_QUERY('{orders.path}', '''SELECT 1''')" in text


def test_analysts_see_only_their_own_access(ana: User, orders: Connection) -> None:
    make_grant(orders.resource, "user:someone.else@example.com")
    client = sign_in(ana)
    text = text_of(client.get(orders.get_absolute_url()))
    assert "You have no access of your own" in text
    make_grant(orders.resource, "user:ana@example.com", CONNECTION_ADMIN)
    response = client.get(orders.get_absolute_url())
    text = text_of(response)
    assert "BigQuery Connection Admin Active" in text
    for hidden in ("someone.else", "Who has access", "Recent", "Equivalent commands"):
        assert hidden not in text, hidden
    assert "/share/" not in response.content.decode()


@pytest.mark.parametrize(("who", "may_share"), [("ada", True), ("olga", True), ("aurel", False)])
def test_who_answers_for_it_sees_who_has_access(
    request: pytest.FixtureRequest, orders: Connection, who: str, may_share: bool
) -> None:
    make_grant(orders.resource, "group:analysts@example.com", reason="quarterly report")
    with transaction.atomic():
        audit.record("connection.create", by="ada", target=orders.full_name, outcome=audit.Outcome.SUCCEEDED)
    person = request.getfixturevalue(who)
    response = sign_in(person).get(orders.get_absolute_url())
    text = text_of(response)
    assert "Who has access" in text
    assert "analysts@example.com" in text
    assert "quarterly report" in text
    assert "connection.create" in text
    assert ("/share/" in response.content.decode()) is may_share
    sees_audit = who != "olga"
    assert ("All events" in text) is sees_audit


def test_each_status_of_a_claim(ada: User, orders: Connection) -> None:
    gone: dict[str, Any] = {"desired": Grant.Presence.ABSENT}
    make_grant(orders.resource, "user:active@example.com")
    make_grant(orders.resource, "user:pending@example.com", seen=False)
    make_grant(orders.resource, "user:going@example.com", **gone)
    make_grant(orders.resource, "user:gone@example.com", observed=Grant.Presence.ABSENT, **gone)
    make_grant(
        orders.resource,
        "user:refused@example.com",
        observed=Grant.Presence.ABSENT,
        error="User refused@example.com does not exist.",
        **gone,
    )
    text = text_of(sign_in(ada).get(orders.get_absolute_url()))
    assert "active@example.com Connection User Active" in text
    assert "pending@example.com Connection User Pending" in text
    assert "going@example.com Connection User Revoking" in text
    assert "refused@example.com Connection User Failed User refused@example.com does not exist." in text
    assert "gone@example.com" not in text


def test_where_nobody_answers_for_it_that_is_said(project: Project, ana: User, ada: User) -> None:
    page = make_connection(project, "nobodys").get_absolute_url()
    assert "Owners Nobody yet: administrators decide" in text_of(sign_in(ana).get(page))
    assert "Owners Nobody yet: administrators decide Change" in text_of(sign_in(ada).get(page))


def test_a_review_begins_on_the_page(olga: User, aurel: User, orders: Connection) -> None:
    make_grant(orders.resource, "user:active@example.com")
    client = sign_in(olga)
    address = f"/access/{orders.full_name}/review/"
    assert f'action="{address}"' in client.get(orders.get_absolute_url()).content.decode()
    answer = client.post(address)
    assert answer.headers["Location"] == Review.objects.get().get_absolute_url()
    assert "active@example.com" in text_of(client.get(answer.headers["Location"]))
    assert address not in sign_in(aurel).get(orders.get_absolute_url()).content.decode()


def test_the_service_agents_role_is_shown_and_explained(ada: User, orders: Connection) -> None:
    make_grant(
        claims.project_resource(orders.project),
        f"serviceAccount:{AGENT}",
        "roles/alloydb.client",
        origin=Grant.Origin.SERVICE_AGENT,
        purpose=orders.full_name,
    )
    text = text_of(sign_in(ada).get(orders.get_absolute_url()))
    assert "The service agent: BigQuery reaches the database as this account." in text
    assert f"roles/alloydb.client on project {PROJECT}" in text


def test_equivalent_commands_for_creating_granting_and_sharing(ada: User, orders: Connection) -> None:
    make_grant(orders.resource, "group:analysts@example.com")
    response = sign_in(ada).get(orders.get_absolute_url())
    text = text_of(response)
    for words in (
        "Create the connection",
        "Grant the service agent AlloyDB Client",
        "Share the connection",
        "bq mk",
        "gcloud projects add-iam-policy-binding",
        "google_bigquery_connection",
        "group:analysts@example.com",
    ):
        assert words in text, words
    labels = ("bq", "gcloud", "REST", "Terraform", "Python")
    assert all(f">{label}</label>" in response.content.decode() for label in labels)


def test_while_it_is_created_a_banner_leads_to_the_steps(ada: User, ana: User, project: Project) -> None:
    submit(sign_in(ada))
    made = Connection.objects.get()
    created = Operation.objects.get(task=create.TASK)
    response = sign_in(ada).get(made.get_absolute_url())
    assert "This connection is being created" in text_of(response)
    assert created.get_absolute_url() in response.content.decode()
    assert created.get_absolute_url() not in sign_in(ana).get(made.get_absolute_url()).content.decode()


def test_no_link_leads_to_an_operation_that_is_not_there_for_somebody(
    ada: User, olga: User, aurel: User, orders: Connection
) -> None:
    theirs = operation(target=orders.full_name, by=ada)
    for person in (ada, aurel):
        assert theirs.get_absolute_url() in sign_in(person).get(orders.get_absolute_url()).content.decode()
    page = sign_in(olga).get(orders.get_absolute_url())
    assert "Do something" in text_of(page)
    assert theirs.get_absolute_url() not in page.content.decode()
    assert sign_in(olga).get(theirs.get_absolute_url()).status_code == 404


def test_when_it_failed_the_page_says_what_to_do(ada: User, ana: User, project: Project) -> None:
    submit(sign_in(ada))
    Connection.objects.update(state=Connection.State.FAILED)
    Operation.objects.filter(task=create.TASK).update(state="failed", error="Google refused.")
    Step.objects.filter(name="create_connection").update(state="failed", remedy="Grant the portal a role.")
    url = Connection.objects.get().get_absolute_url()
    text = text_of(sign_in(ada).get(url))
    assert "This connection was not created" in text
    assert "Google refused. Grant the portal a role." in text
    assert "Enter it anew" in text
    anew = f"/add-data/alloydb/?again={Connection.objects.get().pk}"
    assert f'href="{anew}"' in sign_in(ada).get(url).content.decode()
    begun = sign_in(ada).get(anew).context["form"]
    assert (begun["connection_id"].value(), begun["username"].value()) == (GOOD["connection_id"], "bq_reader")
    assert not begun["password"].value()
    assert "Ask an administrator" in text_of(sign_in(ana).get(url))


def test_a_step_that_failed_after_the_creation(ada: User, project: Project) -> None:
    submit(sign_in(ada))
    Connection.objects.update(state=Connection.State.ACTIVE)
    Operation.objects.filter(task=create.TASK).update(state="failed", error="The test did not pass.")
    text = text_of(sign_in(ada).get(Connection.objects.get().get_absolute_url()))
    assert "its creation did not come to an end" in text
    assert "The test did not pass." in text


def test_a_test_that_passed_later_ends_the_alarm(ada: User, project: Project) -> None:
    submit(sign_in(ada))
    before, after = clock.now() - timedelta(minutes=2), clock.now() - timedelta(minutes=1)
    Operation.objects.filter(task=create.TASK).update(state="failed", error="No instance.", ended_at=before)
    steps = Step.objects.filter(operation__task=create.TASK)
    steps.update(state="succeeded")
    steps.filter(name="test_query").update(state="failed", remedy="Correct it.")
    Connection.objects.update(state=Connection.State.ACTIVE, tested_at=after)
    url = Connection.objects.get().get_absolute_url()
    assert "No instance." not in text_of(sign_in(ada).get(url))
    steps.filter(name="grant_service_agent").update(state="pending")
    text = text_of(sign_in(ada).get(url))
    assert "its creation stopped before the end A later test passed. Not done yet: Grant" in text
    Connection.objects.update(tested_at=before - timedelta(minutes=1))
    assert "No instance. Correct it." in text_of(sign_in(ada).get(url))


def test_a_kind_that_the_portal_does_not_know_is_shown_as_it_is(ada: User, project: Project) -> None:
    strange = make_connection(project, kind="oracle", properties={"sid": "X"}, body={"oracle": {"sid": "X"}})
    text = text_of(sign_in(ada).get(strange.get_absolute_url()))
    assert "Connection type oracle" in text
    assert "oracle.sid X" in text


def test_hostile_names_are_escaped(ada: User, project: Project) -> None:
    bad = "<script>alert(1)</script>"
    hostile = make_connection(
        project,
        friendly_name=bad,
        description=bad,
        properties={"database": bad, "username": bad, "instance": bad},
        body={bad: {bad: bad}},
        service_account=bad,
        created_by=bad,
    )
    make_grant(hostile.resource, f"user:{bad}", reason=bad, granted_by=bad, error=bad)
    with transaction.atomic():
        audit.record(bad, by=bad, target=hostile.full_name, outcome=audit.Outcome.FAILED, reason=bad)
    page = sign_in(ada).get(hostile.get_absolute_url()).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "url",
    [
        "/connections/acme-analytics/us-central1/none/",
        "/connections/acme-analytics/eu/orders/",
        "/connections/none/us-central1/orders/",
        "/connections/x%00/us/orders/",
    ],
)
def test_what_is_not_there(ada: User, orders: Connection, url: str) -> None:
    assert sign_in(ada).get(url).status_code == 404


def test_queries_do_not_grow(ada: User, orders: Connection) -> None:
    client = sign_in(ada)
    client.get(orders.get_absolute_url())
    counts = []
    for number in range(60):
        make_grant(orders.resource, f"user:p{number}@example.com")
        with transaction.atomic():
            audit.record("x.y", by="ada", target=orders.full_name, outcome=audit.Outcome.SUCCEEDED)
        if number in {0, 59}:
            with CaptureQueriesContext(database) as queries:
                client.get(orders.get_absolute_url())
            counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[1] <= 15, counts


@pytest.mark.parametrize("state", ["creating", "deleting"])
def test_while_it_is_under_way_the_page_follows_by_itself(ana: User, project: Project, state: str) -> None:
    shown = make_connection(project, state=state)
    client, url = sign_in(ana), shown.get_absolute_url()
    poll = f"{url}?while={state}"
    assert f'hx-get="{poll}"' in client.get(url).content.decode()
    assert client.get(poll, headers=HTMX).status_code == 204, "nothing has changed"
    assert client.get(poll).status_code == 200, "an address that somebody kept is the page"

    Connection.objects.filter(pk=shown.pk).update(state=Connection.State.ACTIVE)
    then = client.get(poll, headers=HTMX)
    assert then.status_code == 200
    assert "hx-trigger" not in then.content.decode().split('id="main"')[1]


def test_a_page_that_waits_for_the_deletion_is_loaded_anew_at_its_end(ana: User, project: Project) -> None:
    gone = make_connection(project, state=Connection.State.DELETED)
    client, url = sign_in(ana), gone.get_absolute_url()
    answer = client.get(f"{url}?while=deleting", headers=HTMX)
    assert answer["HX-Refresh"] == "true", "htmx shows nothing that comes with 410"
    assert client.get(url).status_code == 410


def test_there_is_nothing_to_manage_before_it_is_there(ada: User, project: Project) -> None:
    client = sign_in(ada)
    text = text_of(client.get(make_connection(project, state="creating").get_absolute_url()))
    assert "Manage" not in text
    assert "EXTERNAL_QUERY(" not in text, "no query passes yet"
    failed = make_connection(project, "other", state="failed")
    assert "Manage" in text_of(client.get(failed.get_absolute_url()))
