"""The form of an approval policy: what is saved, what is refused, who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from access.approval import versions
from access.approval.document import BUILT_IN, PolicyDocument
from access.approval.forms import PolicyForm
from access.approval.parts import Approvers, Exempt, Next, Review, Step
from access.approval.versions import Judged
from access.claims import project_resource
from access.models import CONNECTION_ADMIN, CONNECTION_USER, ApprovalPolicy, Resource
from portal.models import AuditEvent, Notice, Project, User
from tests.access.approval.documents import documents, make_request
from tests.access.views.policy_pages import beside, check, counts, filled, save, url
from tests.support.examples import examples
from tests.support.factories import make_person
from tests.support.pages import age_sign_in, sign_in, text_of


def test_it_begins_as_what_counts(ada: User, orders: Resource, project: Project) -> None:
    versions.save_version(
        project_resource(project), replace(BUILT_IN, longest=timedelta(days=12)), by=ada, comment="x"
    )
    text = sign_in(ada).get(url(orders, "edit/"))
    assert 'value="12 days"' in text.content.decode()
    assert "It begins as a copy of the project's default" in text_of(text)


def test_saving_makes_the_next_version(ada: User, orders: Resource) -> None:
    response = save(sign_in(ada), orders, longest="8 hours", comment="Shorter")
    assert (response.status_code, response.headers["Location"]) == (302, url(orders))
    version = ApprovalPolicy.objects.get()
    assert (version.version, version.made_by, version.comment) == (1, "ada@example.com", "Shorter")
    assert counts(orders) == replace(BUILT_IN, longest=timedelta(hours=8))
    assert AuditEvent.objects.get(action="approval_policy.change").reason == "Shorter"
    assert Notice.objects.get(kind="policy_changed").about == url(orders)


@pytest.mark.usefixtures("aurel")
def test_every_rule_can_be_set(ada: User, orders: Resource) -> None:
    make_person("second@example.com", "auditor")
    response = save(
        sign_in(ada),
        orders,
        step_2_groups=["auditor"],
        step_2_people="Olga@example.com, ada@example.com",
        step_2_needed="2",
        roles=[CONNECTION_USER, CONNECTION_ADMIN],
        longest="30 days",
        exempt_groups=["auditor"],
        exempt_people="olga@example.com",
        exempt_principals="group:etl@example.com",
        exempt_labels="environment=dev\ntier=3",
        exempt_under="4 hours",
        reason="optional",
        ticket="required",
        ticket_pattern="OPS-[0-9]+",
        lapses_after="5 days",
        next_groups=["auditor"],
        next_owners="on",
        next_people="ada@example.com",
        next_after="12 hours",
        review_every_months="3",
        review_answer_within="10 days",
        review_unanswered="revoke",
        confirm="on",
    )
    assert response.status_code == 302, text_of(response)
    second = Approvers(groups=("auditor",), people=("olga@example.com", "ada@example.com"))
    following = Approvers(owners=True, groups=("auditor",), people=("ada@example.com",))
    assert counts(orders) == PolicyDocument(
        steps=(Step(Approvers(owners=True)), Step(second, 2)),
        roles=(CONNECTION_USER, CONNECTION_ADMIN),
        longest=timedelta(days=30),
        without_approval=Exempt(
            ("auditor",),
            ("olga@example.com",),
            ("group:etl@example.com",),
            (("environment", "dev"), ("tier", "3")),
            timedelta(hours=4),
        ),
        reason="optional",
        ticket="required",
        ticket_pattern="OPS-[0-9]+",
        lapses_after=timedelta(days=5),
        asked_next=Next(following, timedelta(hours=12)),
        review=Review(3, timedelta(days=10), "revoke"),
    )


@pytest.mark.django_db
@examples(40)
@given(documents())
def test_the_form_brings_back_any_document(orders: Resource, document: PolicyDocument) -> None:
    judged = Judged(document)
    form = PolicyForm(resource=orders, judged=judged)
    data = {name: form[name].field.prepare_value(form[name].value()) for name in form.fields}
    sent = PolicyForm(
        {name: value for name, value in data.items() if value is not None} | {"act": "check"},
        resource=orders,
        judged=judged,
    )
    sent.is_valid()
    assert sent.document == replace(document, owners_may_edit=False), sent.errors


def test_a_step_that_is_left_empty_is_left_out(ada: User, orders: Resource) -> None:
    changes = {"step_1_owners": None, "step_3_people": "olga@example.com", "longest": "3 days"}
    response = save(sign_in(ada), orders, confirm="on", **changes)
    assert response.status_code == 302, text_of(response)
    assert counts(orders).steps == (Step(Approvers(people=("olga@example.com",))),)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"step_1_owners": None}, "step_1_owners", "Between 1 and 5"),
        ({"step_3_people": "olga"}, "step_3_people", "“olga” is not an e-mail address"),
        ({"step_1_needed": "0"}, "step_1_needed", "greater than or equal to 1"),
        ({"longest": "soon"}, "longest", "Say it like"),
        ({"roles": None}, "roles", "Choose at least one."),
        ({"exempt_labels": "environment"}, "exempt_labels", "small letters"),
        ({"exempt_under": "30 days"}, "exempt_under", "At most 7 days"),
        ({"exempt_principals": "allUsers"}, "exempt_principals", "everybody"),
        ({"ticket": "required", "ticket_pattern": "("}, "ticket_pattern", "letters, digits"),
        ({"next_after": "9 days"}, "next_after", "has lapsed"),
        ({"next_groups": None}, "next_owners", "Name somebody"),
        ({"review_every_months": "99"}, "review_every_months", "from 0 to 36"),
        ({"comment": None}, "comment", "Say why"),
    ],
)
def test_mistakes_stand_beside_their_fields(
    ada: User, orders: Resource, changes: dict[str, Any], field: str, said: str
) -> None:
    response = save(sign_in(ada), orders, **changes)
    assert response.status_code == 422
    assert said in beside(response, field)
    assert not ApprovalPolicy.objects.exists()


def test_every_mistake_is_shown_at_once(ada: User, orders: Resource) -> None:
    response = save(sign_in(ada), orders, comment=None, longest="soon", step_2_people="olga")
    assert all(beside(response, field) for field in ("comment", "longest", "step_2_people"))


def test_a_policy_that_can_never_be_met_is_refused(ada: User, orders: Resource) -> None:
    response = save(sign_in(ada), orders, step_1_needed="5", confirm="on")
    assert response.status_code == 422
    assert "This can never be met: it needs 5 people, and 1 could decide" in text_of(response)
    assert not ApprovalPolicy.objects.exists()


def test_what_speaks_against_it_wants_a_tick(ada: User, orders: Resource) -> None:
    changes = {"exempt_people": "gone@example.com"}
    browser = sign_in(ada)
    response = save(browser, orders, **changes)
    assert "Nobody with the address gone@example.com can sign in here" in text_of(response)
    assert "Tick this" in beside(response, "confirm")
    assert not ApprovalPolicy.objects.exists()
    assert save(browser, orders, confirm="on", **changes).status_code == 302


def test_checking_shows_the_difference_and_the_dry_run(ada: User, orders: Resource, ana: User) -> None:
    make_request(orders, ana, state="approved")
    response = check(sign_in(ada), orders, longest="5 days")
    text = text_of(response)
    assert response.status_code == 200
    assert "longest: 90 days" in text
    assert "longest: 5 days" in text
    assert "The last 1 request" in text
    assert "The approval policy allows 5 days at most." in text
    assert "Say why" not in text
    assert not ApprovalPolicy.objects.exists()


def test_checking_without_requests_says_so(ada: User, orders: Resource) -> None:
    assert "nothing to try it on" in text_of(check(sign_in(ada), orders, longest="5 days"))


def test_nothing_changed_is_said(ada: User, orders: Resource) -> None:
    browser = sign_in(ada)
    save(browser, orders, longest="5 days")
    assert "Nothing was changed." in text_of(save(browser, orders))


def test_of_two_at_once_the_second_is_told(ada: User, orders: Resource) -> None:
    browser = sign_in(ada)
    stale = filled(orders, act="save", longest="5 days")
    save(browser, orders, longest="6 days")
    response = browser.post(url(orders, "edit/"), stale)
    assert response.status_code == 422
    assert "Somebody saved another version meanwhile" in text_of(response)
    assert counts(orders).longest == timedelta(days=6)


def test_owners_may_only_where_the_project_lets_them(
    ada: User, olga: User, orders: Resource, project: Project
) -> None:
    browser = sign_in(olga)
    assert browser.get(url(orders, "edit/")).status_code == 403
    assert "Edit" not in text_of(browser.get(url(orders))).replace("Edit labels", "")
    default = project_resource(project)
    versions.save_version(default, replace(BUILT_IN, owners_may_edit=True), by=ada, comment="x")
    assert save(browser, orders, longest="5 days").status_code == 302
    assert browser.get(url(default, "edit/")).status_code == 404
    assert browser.get(f"/policies/{orders.full_name}/labels/").status_code == 403
    versions.save_version(default, BUILT_IN, by=ada, comment="x")
    assert browser.get(url(orders, "edit/")).status_code == 403


def test_an_owner_cannot_let_themselves(ada: User, orders: Resource) -> None:
    assert 'name="owners_may_edit"' not in sign_in(ada).get(url(orders, "edit/")).content.decode()
    save(sign_in(ada), orders, owners_may_edit="on", longest="5 days")
    assert not counts(orders).owners_may_edit


def test_a_projects_default_is_edited_too(ada: User, project: Project, orders: Resource) -> None:
    default = project_resource(project)
    response = save(sign_in(ada), default, owners_may_edit="on", longest="7 days", confirm="on")
    assert response.status_code == 302, text_of(response)
    assert counts(orders).longest == timedelta(days=7)
    assert counts(default).owners_may_edit


def test_a_project_that_had_no_policy_gets_one(ada: User, project: Project, olga: User) -> None:
    assert not Resource.objects.exists()
    response = sign_in(ada).get("/policies/projects/acme-analytics/edit/")
    assert response.status_code == 200
    assert not Resource.objects.exists()
    unsaved = Resource(full_name="projects/acme-analytics", project_id="acme-analytics", kind="project")
    response = save(sign_in(ada), unsaved, longest="7 days", confirm="on")
    assert response.status_code == 302, text_of(response)
    assert Resource.objects.get().full_name == "projects/acme-analytics"
    assert ApprovalPolicy.objects.get().resource.kind == Resource.Kind.PROJECT


def test_changing_a_policy_wants_a_recent_sign_in(ada: User, orders: Resource) -> None:
    browser = sign_in(ada)
    age_sign_in(browser, 7200)
    assert "reauthenticate" in browser.get(url(orders, "edit/")).headers["Location"]
    save(browser, orders, longest="5 days")
    assert not ApprovalPolicy.objects.exists()
