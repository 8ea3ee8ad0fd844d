"""A policy's page, its versions, YAML out and in, back to the default, and labels."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.approval import text, versions
from access.approval.document import BUILT_IN
from access.approval.parts import Review
from access.claims import project_resource
from access.models import ApprovalPolicy, Resource
from portal.models import Project, User
from tests.access.approval.documents import decided, make_request
from tests.access.views.policy_pages import beside, counts, url
from tests.support.factories import make_connection
from tests.support.pages import INTO_DIALOG, sign_in, text_of

SHORT = replace(BUILT_IN, longest=timedelta(days=5))


def test_what_counts_where_nobody_has_said_anything(olga: User, orders: Resource) -> None:
    seen = text_of(sign_in(olga).get(url(orders)))
    assert "The portal's own: nobody has set one" in seen
    assert "Any 1 of the owners." in seen
    assert "No version has been saved here yet." in seen


def test_the_history_says_who_when_and_why(aurel: User, ada: User, orders: Resource) -> None:
    versions.save_version(orders, SHORT, by=ada, comment="Shorter")
    versions.save_version(orders, None, by=ada, comment="As the others")
    seen = text_of(sign_in(aurel).get(url(orders)))
    assert "Version 2 Back to the default" in seen
    assert "ada@example.com As the others" in seen
    assert "ada@example.com Shorter" in seen
    assert "Edit" not in seen


def test_a_long_history_has_pages(ada: User, orders: Resource) -> None:
    for number in range(1, 23):
        document = replace(BUILT_IN, review=Review(every_months=number))
        versions.save_version(orders, document, by=ada, comment=f"Change no. {number}.")
    browser = sign_in(ada)
    first = text_of(browser.get(url(orders)))
    assert "Change no. 22." in first
    assert "Change no. 2." not in first
    second = text_of(browser.get(url(orders), {"before": "3"}))
    assert "Change no. 2." in second
    assert "Change no. 3." not in second
    assert browser.get(url(orders), {"before": "9" * 30}).status_code == 200
    assert browser.get(url(orders), {"before": "x"}).status_code == 200


def test_a_version_shows_what_it_changed(olga: User, ada: User, orders: Resource) -> None:
    for days in (5, 6, 7):
        document = replace(BUILT_IN, longest=timedelta(days=days))
        versions.save_version(orders, document, by=ada, comment=f"{days} days")
    browser = sign_in(olga)
    last = text_of(browser.get(url(orders, "3/")))
    assert "longest: 6 days" in last
    assert "longest: 7 days" in last
    assert "longest: 5 days" in text_of(browser.get(url(orders, "3/"), {"against": "1"}))
    assert "It was the first." in text_of(browser.get(url(orders, "1/")))
    for wrong in ("4/", "0/", f"{'9' * 25}/"):
        assert browser.get(url(orders, wrong)).status_code == 404
    for against in ("3", "9", "x", "\u0663"):
        assert browser.get(url(orders, "3/"), {"against": against}).status_code == 404


def test_a_version_that_goes_back_to_the_default(ada: User, orders: Resource) -> None:
    versions.save_version(orders, SHORT, by=ada, comment="x")
    versions.save_version(orders, None, by=ada, comment="x")
    seen = text_of(sign_in(ada).get(url(orders, "2/")))
    assert "The project's default counts again." in seen
    assert "No policy of its own" in seen


def test_it_is_exported_as_it_counts(olga: User, ada: User, orders: Resource) -> None:
    versions.save_version(orders, SHORT, by=ada, comment="x")
    response = sign_in(olga).get(url(orders, "export/"))
    assert response.headers["Content-Type"].startswith("application/yaml")
    name = 'filename="policy-acme-analytics-us-central1-orders.yaml"'
    assert name in response.headers["Content-Disposition"]
    assert text.load(response.content.decode()) == SHORT


def paste(user: User, resource: Resource, pasted: str, **more: Any) -> Any:
    """Press Save below the YAML."""
    data = {"text": pasted, "act": "save", "comment": "Because", "seen": versions.newest_number(resource)}
    return sign_in(user).post(url(resource, "yaml/"), data | more)


def test_yaml_is_saved(ada: User, orders: Resource) -> None:
    response = paste(ada, orders, text.dump(SHORT).replace("\n", "\r\n"))
    assert (response.status_code, response.headers.get("Location")) == (302, url(orders))
    assert counts(orders) == SHORT


def test_a_file_takes_the_place_of_the_text(ada: User, orders: Resource) -> None:
    file = SimpleUploadedFile("policy.yaml", text.dump(SHORT).encode())
    checked = paste(ada, orders, "longest: 6 days", act="check", file=file)
    assert "longest: 5 days" in text_of(checked)
    file.seek(0)
    assert paste(ada, orders, "", file=file).status_code == 302
    assert counts(orders) == SHORT
    noise = SimpleUploadedFile("policy.yaml", bytes(range(256)))
    assert paste(ada, orders, "", file=noise).status_code == 422
    large = SimpleUploadedFile("policy.yaml", b"x" * 300_000)
    assert "50000 characters" in beside(paste(ada, orders, "", file=large), "text")


def test_yaml_is_checked_before(ada: User, orders: Resource, ana: User, olga: User) -> None:
    request = make_request(orders, ana, state="approved")
    decided(request, olga)
    response = paste(ada, orders, "longest: 5 days", act="check", comment="")
    seen = text_of(response)
    assert response.status_code == 200
    assert "longest: 5 days" in seen
    assert "would have been" in response.content.decode()
    assert "allows 5 days at most" in seen
    assert not ApprovalPolicy.objects.exists()


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("longest: [", "Line 1, column 11"),
        ("longest: 5", "longest: Say it like"),
        ("steps: [{people: [x]}]", "steps[0].people: “x” is not an e-mail address."),
        ("", "is missing."),
        ("a: <script>alert(1)</script>", "no such key"),
    ],
)
def test_mistakes_in_yaml_stand_beside_it(ada: User, orders: Resource, pasted: str, said: str) -> None:
    response = paste(ada, orders, pasted)
    assert response.status_code == 422
    assert said in beside(response, "text")
    assert "<script>alert" not in response.content.decode()
    assert not ApprovalPolicy.objects.exists()


def test_yaml_meets_the_same_refusals_as_the_form(ada: User, orders: Resource) -> None:
    assert "never be met" in text_of(paste(ada, orders, "steps: [{owners: true, needed: 9}]"))
    assert "project's policy" in text_of(paste(ada, orders, "owners_may_edit: true", confirm="on"))


def test_back_to_the_default(ada: User, orders: Resource) -> None:
    versions.save_version(orders, SHORT, by=ada, comment="x")
    browser = sign_in(ada)
    assert "Back to the default" in text_of(browser.get(url(orders, "default/"), headers=INTO_DIALOG))
    assert browser.post(url(orders, "default/"), {"comment": ""}).status_code == 422
    response = browser.post(url(orders, "default/"), {"comment": "As the others"}, headers=INTO_DIALOG)
    assert response.headers["HX-Redirect"] == url(orders)
    assert counts(orders) == BUILT_IN
    again = browser.post(url(orders, "default/"), {"comment": "Once more"})
    assert again.status_code == 422
    assert "The default counts already." in text_of(again)
    assert ApprovalPolicy.objects.count() == 2


def test_labels_are_set_by_administrators(ada: User, orders: Resource, project: Project) -> None:
    browser, here = sign_in(ada), f"/policies/{orders.full_name}/labels/"
    wrong = browser.post(here, {"labels": "Environment=Dev"})
    assert wrong.status_code == 422
    assert "small letters" in beside(wrong, "labels")
    assert browser.post(here, {"labels": "environment=dev, tier=3"}).status_code == 302
    orders.refresh_from_db()
    assert orders.labels == {"environment": "dev", "tier": "3"}
    assert "environment=dev" in text_of(browser.get(url(orders)))
    assert browser.get(f"/policies/projects/{project.project_id}/labels/").status_code == 404


def test_who_sees_it(
    ada: User, olga: User, ana: User, aurel: User, orders: Resource, project: Project
) -> None:
    default = project_resource(project)
    for user, own, projects in ((ada, 200, 200), (aurel, 200, 200), (olga, 200, 404), (ana, 404, 404)):
        browser = sign_in(user)
        assert browser.get(url(orders)).status_code == own
        assert browser.get(url(default)).status_code == projects
        for act in ("edit/", "yaml/", "default/"):
            assert browser.get(f"/policies/projects/no-such-project/{act}").status_code == 404
            assert (browser.get(url(default, act)).status_code == 404) is (projects == 404)
    assert sign_in(ada).get("/policies/projects/no-such-project/").status_code == 404
    assert sign_in(ada).get("/policies/projects/a/locations/b/connections/c/").status_code == 404


def test_it_is_linked_from_the_connection_and_the_project(ada: User, orders: Resource) -> None:
    browser = sign_in(ada)
    assert url(orders) in browser.get(orders.url).content.decode()
    assert "/policies/projects/acme-analytics/" in browser.get("/projects/acme-analytics/").content.decode()


def test_pages_cost_no_more_with_more_in_them(
    ada: User, orders: Resource, project: Project, ana: User
) -> None:
    default = project_resource(project)
    browser = sign_in(ada)

    def cost(*pages: str) -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(database) as seen:
                assert browser.get(page).status_code == 200
            found.append(len(seen))
        return found

    versions.save_version(orders, SHORT, by=ada, comment="x")
    versions.save_version(default, SHORT, by=ada, comment="x")
    pages = (url(orders), url(orders, "1/"), url(orders, "edit/"), url(orders, "yaml/"), url(default))
    cost(*pages)
    before = cost(*pages)
    for number in range(10):
        resource = make_connection(project, f"more{number}").resource
        versions.save_version(resource, SHORT, by=ada, comment="x")
        versions.save_version(orders, SHORT, by=ada, comment="x")
        make_request(orders, ana, f"user:p{number}@example.com")
    assert cost(*pages) == before
    assert max(before) < 12
