"""The pages of database instances: what each person sees there, and what their buttons ask for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access import claims
from access.models import ENDING, AccessRequest, Grant, Resource
from connections.logins import claiming, ending, looking
from connections.models import DatabaseInstance, DatabaseUser
from portal import clock
from portal.models import AuditEvent, Notice, Operation, Project, User
from tests.support import pages
from tests.support.factories import make_asset, make_connection, make_grant, make_instance, make_login

pytestmark = pytest.mark.django_db
ANA, BEN = "user:ana@example.com", "user:ben@example.com"
CRM = "/databases/projects/acme-analytics/instances/crm/"


@pytest.fixture
def crm(project: Project, olga: User) -> DatabaseInstance:
    """A Cloud SQL instance that is Olga's."""
    return make_instance(project, owners=(olga,))


def text(browser: Client, address: str = CRM) -> str:
    """What a page says."""
    answer = browser.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_analyst_sees_the_instance_and_nobody_elses_login(crm: DatabaseInstance, ana: User) -> None:
    make_login(crm, BEN)
    said = text(pages.sign_in(ana))
    assert "IAM authentication on" in said
    assert "You have no login here; you would log in as <code>ana@<wbr>example.<wbr>com</code>" in said
    assert "Request database login" in said
    assert "ben@" not in said
    assert "Who can log in" not in said


def test_an_analyst_sees_their_own_login_and_its_sql(crm: DatabaseInstance, ana: User) -> None:
    make_login(crm, ANA, expires_at=clock.now() + timedelta(days=3))
    said = text(pages.sign_in(ana), f"{CRM}?database=sales&schema=eu")
    assert "You log in as" in said
    assert said.count(f'href="{CRM}connect/"') == 2, "a tab, and the next thing to do"
    assert f'href="{CRM}connect/"' in text(pages.sign_in(ana), "/access/")
    assert "GRANT USAGE ON SCHEMA &quot;eu&quot; TO &quot;ana@example.com&quot;;" in said
    assert "GRANT CONNECT ON DATABASE &quot;sales&quot;" in said


def test_the_owner_sees_who_can_log_in_and_who_lacks_what(crm: DatabaseInstance, olga: User) -> None:
    make_login(crm, ANA)
    make_login(crm, BEN, complete=False)
    DatabaseUser.objects.create(
        home=crm.home,
        name="cleo@example.com",
        type="CLOUD_IAM_USER",
        principal="user:cleo@example.com",
        observed="present",
        seen_at=clock.now(),
    )
    said = text(pages.sign_in(olga))
    for words in (
        "Who can log in",
        "No database user",
        "Not Cloud SQL Instance User itself",
        "made elsewhere",
    ):
        assert words in said
    assert said.count("Not by the portal") == 1
    assert said.count(">Restore<") == 1


def test_an_instance_whose_flag_is_off_shows_the_command(project: Project, ana: User) -> None:
    make_instance(project, flags={"max_connections": "100"})
    said = text(pages.sign_in(ana))
    assert "IAM authentication is switched off" in said
    assert (
        "gcloud sql instances patch crm --project=acme-analytics "
        "--database-flags=cloudsql.iam_authentication=on,max_connections=100" in said
    )


def test_an_instance_that_nobody_looked_at_says_so(project: Project, olga: User) -> None:
    make_instance(project, looked_at=None, flags={}, owners=(olga,))
    said = text(pages.sign_in(olga))
    assert "Not looked at yet" in said
    assert "Nothing</span>" not in said


def test_a_look_that_failed_is_told(project: Project, ana: User) -> None:
    make_instance(project, problem="The API is off.")
    assert "The last look failed" in text(pages.sign_in(ana))


def test_users_that_were_left_behind_show_the_sql_that_frees_them(crm: DatabaseInstance, olga: User) -> None:
    make_login(crm, ANA, desired=Grant.Presence.ABSENT, observed=Grant.Presence.RELEASED)
    browser = pages.sign_in(olga)
    said = text(browser)
    assert "DROP OWNED BY &quot;ana@example.com&quot;;" in said
    answer = browser.post(f"{CRM}clean/")
    operation = Operation.objects.get(task=ending.TASK)
    assert answer.headers["Location"] == operation.get_absolute_url()


def test_without_anybody_left_behind_nothing_is_asked_for(crm: DatabaseInstance, olga: User) -> None:
    answer = pages.sign_in(olga).post(f"{CRM}clean/")
    assert answer.headers["Location"] == crm.get_absolute_url()
    assert not Operation.objects.exists()


def test_refresh_has_a_worker_look(crm: DatabaseInstance, aurel: User) -> None:
    answer = pages.sign_in(aurel).post(f"{CRM}refresh/")
    operation = Operation.objects.get(task=looking.TASK)
    assert answer.headers["Location"] == operation.get_absolute_url()
    assert operation.steps.count() == 3


def test_the_owner_ends_a_login_with_a_reason(crm: DatabaseInstance, olga: User) -> None:
    grant = make_login(crm, ANA)
    role = make_grant(
        _project_resource(crm), ANA, "roles/cloudsql.client", origin="login", purpose=crm.resource.full_name
    )
    browser = pages.sign_in(olga)
    dialog = text(browser, f"/databases/logins/{grant.pk}/end/")
    assert "Cloud SQL Client on acme-analytics is taken back." in dialog
    browser.post(f"/databases/logins/{grant.pk}/end/", {"reason": "Left the team."})
    assert Operation.objects.get().task == ending.TASK
    assert set(Grant.objects.filter(ENDING)) == {grant, role}
    event = AuditEvent.objects.get(action="grant.end", target=crm.resource.full_name)
    assert (event.actor, event.reason) == ("olga@example.com", "Left the team.")


def test_the_dialog_says_what_stays(crm: DatabaseInstance, olga: User) -> None:
    grant = make_login(crm, ANA)
    for purpose in (crm.resource.full_name, "projects/acme-analytics/instances/other"):
        make_grant(_project_resource(crm), ANA, "roles/cloudsql.client", origin="login", purpose=purpose)
    dialog = text(pages.sign_in(olga), f"/databases/logins/{grant.pk}/end/")
    assert "Cloud SQL Client on acme-analytics stays: something else needs it." in dialog
    make_grant(crm.resource, ANA, "database.login", origin="break_glass")
    dialog = text(pages.sign_in(olga), f"/databases/logins/{grant.pk}/end/")
    assert "Another claim lets ana@example.com log in here" in dialog


def test_a_reason_with_control_characters_is_refused(crm: DatabaseInstance, olga: User) -> None:
    grant = make_login(crm, ANA)
    answer = pages.sign_in(olga).post(f"/databases/logins/{grant.pk}/end/", {"reason": "a\0b"})
    assert answer.status_code == 422
    assert not Operation.objects.exists()


def test_restoring_leads_to_the_operation(crm: DatabaseInstance, olga: User) -> None:
    grant = make_login(crm, ANA, complete=False)
    answer = pages.sign_in(olga).post(f"/databases/logins/{grant.pk}/restore/")
    operation = Operation.objects.get(task=claiming.TASK)
    assert answer.headers["Location"] == operation.get_absolute_url()
    assert operation.parameters["grant"] == grant.pk
    Grant.objects.filter(pk=grant.pk).update(desired=Grant.Presence.ABSENT)
    answer = pages.sign_in(olga).post(f"/databases/logins/{grant.pk}/restore/")
    assert answer.headers["Location"] == crm.get_absolute_url()


def test_somebody_elses_login_is_hidden(crm: DatabaseInstance, ana: User) -> None:
    grant = make_login(crm, BEN)
    browser = pages.sign_in(ana)
    assert browser.get(f"/databases/logins/{grant.pk}/end/").status_code == 404
    assert browser.get("/databases/logins/99999999999999999999999/end/").status_code == 404
    assert browser.get("/databases/projects/acme-analytics/instances/none/").status_code == 404


def test_the_list_shows_what_there_is_and_finds_it(
    project: Project, crm: DatabaseInstance, ana: User
) -> None:
    make_instance(project, "shop", product="cloud_sql_mysql", flags={})
    make_connection(project, properties={"instance": crm.source_name, "database": "crm"})
    make_login(crm, ANA)
    browser = pages.sign_in(ana)
    said = text(browser, "/databases/")
    assert said.count("cell-title") == 2
    assert "chip-active" in said
    assert "crm" not in text(browser, "/databases/?q=shop").partition('id="results"')[2]
    assert (
        "shop" not in text(browser, "/databases/?product=cloud_sql_postgresql").partition('id="results"')[2]
    )
    assert "No databases match" in text(browser, "/databases/?q=nowhere") or "Nothing" in text(
        browser, "/databases/?q=nowhere"
    )


def test_an_empty_list_says_where_databases_come_from(ana: User, ada: User) -> None:
    assert "As soon as an administrator registers a project" in text(pages.sign_in(ana), "/databases/")
    assert "Look at the projects" in text(pages.sign_in(ada), "/databases/")


def test_a_projects_list_of_instances_leads_to_their_pages(crm: DatabaseInstance, ada: User) -> None:
    for name in (crm.source_name, f"{crm.source_name}-unknown"):
        about = {"database_version": "POSTGRES_18", "instance": name.rpartition(":")[2]}
        make_asset(
            crm.project, name, "us-central1", type="sqladmin.googleapis.com/Instance", attributes=about
        )
    listed = pages.sign_in(ada).get(f"/projects/{crm.project.project_id}/assets/").content.decode()
    assert listed.count(f'href="{crm.get_absolute_url()}"') >= 1
    assert "-unknown/" not in listed


def test_a_login_is_asked_for_as_all_access_is(crm: DatabaseInstance, ana: User, olga: User) -> None:
    """Reason, duration, the owner's approval; then the login is claimed and a worker has it to do."""
    address = f"/access/{crm.resource.full_name}/request/"
    browser = pages.sign_in(ana)
    asked_for = pages.text_of(browser.get(address))
    assert "Request database login" in asked_for
    assert "Instance Cloud SQL for PostgreSQL, in us-central1" in asked_for
    assert "Database user ana@example.com" in asked_for
    assert "Cloud SQL Instance User, Cloud SQL Client on acme-analytics" in asked_for
    form = {"role": "database.login", "whose": "me", "duration": "3 days", "reason": "On call."}
    assert browser.post(address, form).status_code == 302
    request = AccessRequest.objects.get()
    assert (request.principal, request.state) == (ANA, "pending")
    for who in (browser, pages.sign_in(olga)):
        told = pages.text_of(who.get(request.get_absolute_url()))
        assert "Database login to crm Pending" in told
        assert "Database user ana@example.com" in told
    notice = Notice.objects.get(subject="ana@example.com asks for a database login to crm")
    assert "Database user: ana@example.com" in notice.text
    decision = {"verdict": "approve", "revision": str(request.revision)}
    assert pages.sign_in(olga).post(f"/access/requests/{request.pk}/decide/", decision).status_code == 302
    request.refresh_from_db()
    operation = Operation.objects.get(task=claiming.TASK)
    assert (request.state, request.operation) == ("approved", str(operation.pk))
    grant = Grant.objects.get(role="database.login")
    assert (grant.principal, grant.origin, grant.request) == (ANA, "request", request)
    assert grant.expires_at


def test_who_cannot_be_a_database_user_is_told_at_the_form(project: Project, ana: User) -> None:
    shop = make_instance(
        project, "shop", product="cloud_sql_mysql", flags={"cloudsql_iam_authentication": "on"}
    )
    make_login(shop, "user:ana@partner.example", "ana")
    address = f"/access/{shop.resource.full_name}/request/"
    form = {"role": "database.login", "whose": "me", "duration": "3 days", "reason": "On call."}
    answer = pages.sign_in(ana).post(address, form)
    assert answer.status_code == 422
    assert "ana is the database user of ana@partner.example there already" in answer.content.decode()


@pytest.mark.parametrize("address", ["/databases/", CRM])
def test_queries_do_not_grow(project: Project, crm: DatabaseInstance, ada: User, address: str) -> None:
    make_asset(project, crm.source_name, "us-central1", type="sqladmin.googleapis.com/Instance")
    make_connection(project, properties={"instance": crm.source_name, "database": "crm"})
    make_login(crm, ANA)
    browser = pages.sign_in(ada)
    few = _queries(browser, address)
    for number in range(40):
        make_login(crm, f"user:p{number}@example.com")
        make_login(make_instance(project, f"more-{number}"), ANA)
    assert _queries(browser, address) == few
    assert few <= 13


def _queries(browser: Client, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def _project_resource(instance: DatabaseInstance) -> Resource:
    return claims.project_resource(instance.project)
