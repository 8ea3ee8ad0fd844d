"""Projects: register one by its ID, see what is missing and the commands that mend it, check again."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from portal import tasks
from portal.models import AuditEvent, Operation, Project
from portal.views.add_project import ProjectForm
from portal.views.project import remedies_of
from tests.portal import people, things
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(cast: people.Cast) -> Client:
    """The administrator's browser."""
    return people.signed_in(cast.admin)


def register(admin: Client, project_id: str) -> Operation:
    """Register a project and do what the worker does."""
    answer = admin.post("/projects/add/", {"project_id": project_id})
    operation = Operation.objects.get(task="portal.check_project")
    assert answer.headers["Location"] == f"/operations/{operation.pk}/"
    tasks.check_project(str(operation.pk))
    operation.refresh_from_db()
    return operation


def test_the_first_page_has_one_next_action(admin: Client) -> None:
    html = admin.get("/projects/").content.decode()
    assert "No projects yet" in html
    assert 'href="/projects/add/"' in html


def test_a_furnished_project_lacks_nothing(admin: Client, emulator: Emulator) -> None:
    operation = register(admin, "acme-analytics")
    assert operation.state == Operation.State.SUCCEEDED
    project = Project.objects.get()
    assert (project.number, project.display_name, project.missing) == (528461093377, "Acme Analytics", [])
    html = admin.get("/projects/acme-analytics/").content.decode()
    assert "Nothing is missing" in html
    assert "528461093377" in html
    assert "Check project acme-analytics" in html
    assert "Ready" in admin.get("/projects/").content.decode()
    actions = list(people.acts().values_list("action", "outcome"))
    assert actions == [("project.register", "requested"), ("project.check", "succeeded")]


def test_an_unfurnished_project_says_how_to_mend_it(admin: Client, emulator: Emulator) -> None:
    register(admin, "acme-sandbox")
    html = admin.get("/projects/acme-sandbox/").content.decode()
    assert "gcloud services enable alloydb.googleapis.com --project=acme-sandbox" in html
    assert "--role=roles/bigquery.connectionAdmin" in html
    assert html.index("What is missing") < html.index("What is there")
    project = Project.objects.get()
    remedies = remedies_of(project.missing)
    assert len({remedy.command for remedy in remedies}) == len(remedies)
    assert sum(len(remedy.findings) for remedy in remedies) == len(project.missing)
    assert html.count("gcloud services enable alloydb.googleapis.com") >= 2, "once alone, once in the script"


def test_a_project_that_google_does_not_know_fails_with_a_remedy(admin: Client, emulator: Emulator) -> None:
    operation = register(admin, "acme-unknown")
    assert operation.state == Operation.State.FAILED
    html = admin.get(f"/operations/{operation.pk}/").content.decode()
    assert "Check the project ID" in html
    assert AuditEvent.objects.latest("position").outcome == "failed"


def test_a_mistyped_project_says_so_and_can_be_removed(admin: Client, emulator: Emulator) -> None:
    register(admin, "acme-unknown")
    html = admin.get("/projects/acme-unknown/").content.decode()
    assert "This project was not found" in html
    assert "denied on resource" in html
    assert "Find connections" not in html
    answer = admin.post("/projects/acme-unknown/remove/", follow=True)
    assert "acme-unknown is removed from the portal." in answer.content.decode()
    assert not Project.objects.exists()
    assert AuditEvent.objects.latest("position").action == "project.remove"


def test_a_project_that_google_knows_stays(admin: Client) -> None:
    project = things.project("acme-analytics")
    answer = admin.post("/projects/acme-analytics/remove/", follow=True)
    assert "so it stays registered" in answer.content.decode()
    assert list(Project.objects.all()) == [project]


def test_a_check_that_fails_later_is_said(admin: Client, emulator: Emulator) -> None:
    register(admin, "acme-analytics")
    emulator.control.fault("projects.get", status=403)
    admin.post("/projects/acme-analytics/check/")
    tasks.check_project(str(Operation.objects.latest("created_at").pk))
    html = admin.get("/projects/acme-analytics/").content.decode()
    assert "The last check did not come to an end" in html
    assert "Nothing is missing" in html, "as it was seen last"
    assert "Remove from the portal" not in html


def test_a_project_that_was_removed_meanwhile_is_not_checked(admin: Client) -> None:
    admin.post("/projects/add/", {"project_id": "acme-unknown"})
    Project.objects.all().delete()
    operation = Operation.objects.get()
    tasks.check_project(str(operation.pk))
    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED
    assert "removed from the portal meanwhile" in operation.error


def test_checking_again(admin: Client, emulator: Emulator) -> None:
    things.project("acme-sandbox", checked_at=None, number=None)
    answer = admin.post("/projects/acme-sandbox/check/")
    operation = Operation.objects.get()
    assert answer.headers["Location"] == f"/operations/{operation.pk}/"
    tasks.check_project(str(operation.pk))
    assert Project.objects.get().number == 734920118846


@pytest.mark.parametrize(
    ("given_id", "message"),
    [
        ("acme-analytics", "registered already"),
        ("528461093377", "project number"),
        ("Acme", "6 to 30 lower-case"),
        ("acme", "6 to 30 lower-case"),
        ("acme-", "6 to 30 lower-case"),
        ("1acme-analytics", "6 to 30 lower-case"),
        ("acme_analytics", "6 to 30 lower-case"),
        ("acme/analytics", "6 to 30 lower-case"),
        ("", "Project ID is missing."),
    ],
)
def test_mistakes_are_named_beside_the_field(admin: Client, given_id: str, message: str) -> None:
    things.project("acme-analytics")
    answer = admin.post("/projects/add/", {"project_id": given_id})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert Project.objects.count() == 1
    assert not Operation.objects.exists()


@pytest.mark.parametrize("project_id", ["acme-analytics", "a1b2c3", "example.com:acme-legacy"])
def test_ids_of_every_age_are_taken(project_id: str) -> None:
    assert ProjectForm({"project_id": project_id}).is_valid()


@given(st.text("abz09-", min_size=6, max_size=30))
def test_the_rule_is_googles(project_id: str) -> None:
    expected = project_id[0].isalpha() and not project_id.endswith("-")
    assert ProjectForm({"project_id": project_id}).is_valid() == expected


def test_a_domain_scoped_project_has_a_page(admin: Client) -> None:
    things.project("example.com:acme-legacy")
    assert admin.get("/projects/example.com:acme-legacy/").status_code == 200


def test_registering_asks_for_a_recent_sign_in(admin: Client) -> None:
    people.age_sign_in(admin, seconds=16 * 60)
    assert admin.post("/projects/add/", {"project_id": "acme-analytics"}).status_code == 403
    assert not Project.objects.exists()


def test_the_list_searches(admin: Client) -> None:
    things.project("acme-analytics", display_name="Numbers")
    things.project("acme-sandbox")
    html = admin.get("/projects/?q=numb").content.decode()
    assert "/projects/acme-analytics/" in html
    assert "/projects/acme-sandbox/" not in html
    assert "No projects match" in admin.get("/projects/?q=zzz").content.decode()


def test_what_was_deleted_is_not_counted(admin: Client, cast: people.Cast) -> None:
    shown = things.project()
    things.connection(shown, cast.owner, "there")
    gone = things.connection(shown, cast.owner, "gone")
    gone.state = "deleted"
    gone.save()
    assert admin.get(shown.get_absolute_url()).context["connection_count"] == 1
    (row,) = admin.get("/projects/").context["page"].rows
    assert row.connection_count == 1


@pytest.mark.parametrize("act", ["", "check/"])
def test_nobody_else_learns_which_projects_there_are(cast: people.Cast, act: str) -> None:
    things.project()
    for user in (cast.owner, cast.analyst, cast.auditor):
        browser = people.signed_in(user)
        send = browser.post if act else browser.get
        for name in ("acme-analytics", "no-such-project"):
            assert send(f"/projects/{name}/{act}").status_code == 403
            policy = 200 if (user, name) == (cast.auditor, "acme-analytics") else 404
            assert browser.get(f"/policies/projects/{name}/").status_code == policy
