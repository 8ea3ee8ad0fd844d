"""A stored policy that cannot be read: it says so itself, nothing is approved by it, and no page breaks."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from access.approval import approvers, judging, versions
from access.approval.document import BUILT_IN, stored
from access.models import AccessRequest, Decision, Resource
from access.requests import authority
from access.reviews import rounds
from portal.models import Operation, Project, User
from tests.access.requests.asked import ask, decide, set_policy
from tests.support.factories import make_connection
from tests.support.pages import sign_in, text_of

SAYS = "The approval policy cannot be read, so nothing can be approved by it: steps:"
BROKEN = {"steps": "none that can be read"}


@pytest.fixture
def stock(project: Project, olga: User) -> Resource:
    """Another connection of Olga's, whose policy is whole."""
    return make_connection(project, "stock", owners=(olga,)).resource


def damage(resource: Resource, ada: User) -> None:
    """Leave something in the database that no release writes."""
    set_policy(resource, ada)
    resource.approval_policies.update(document=BROKEN)


def test_what_is_whole_is_read(orders: Resource) -> None:
    assert stored(BUILT_IN.to_dict()) == BUILT_IN
    assert not stored({}).problem


def test_pages_with_other_requests_and_the_requests_own_say_so(
    orders: Resource, stock: Resource, ana: User, olga: User, ada: User
) -> None:
    bad = ask(orders, ana, reason="The bad one")
    ask(stock, ana, reason="The good one")
    AccessRequest.objects.filter(pk=bad.pk).update(policy_document=BROKEN)
    for person in (olga, ada):
        browser = sign_in(person)
        for page in ("/", "/access/queue/", "/access/queue/count/", "/reviews/"):
            assert browser.get(page).status_code == 200, page
        assert SAYS in text_of(browser.get(bad.get_absolute_url()))
        assert "The bad one" not in text_of(browser.get("/access/queue/"))
    assert "The good one" in text_of(sign_in(olga).get("/access/queue/"))
    assert "The bad one" in text_of(sign_in(ada).get("/access/queue/?show=all"))
    assert sign_in(ana).get(bad.get_absolute_url()).status_code == 200


def test_nobody_approves_by_it_even_where_somebody_had(orders: Resource, ana: User, olga: User) -> None:
    request = ask(orders, ana)
    decide(request, olga)
    operation = Operation.objects.get()
    assert authority.is_approver(olga, operation)
    AccessRequest.objects.filter(pk=request.pk).update(policy_document=BROKEN, state="pending")
    request = AccessRequest.objects.get(pk=request.pk)
    assert approvers.judgement(request).state == judging.WAITING
    assert not approvers.may_decide(olga, request)
    with pytest.raises(ValidationError):
        approvers.still_may(Decision.objects.get())
    assert not authority.is_approver(olga, operation)


def test_the_policys_pages_show_what_is_wrong_and_it_can_be_saved_anew(
    orders: Resource, ana: User, olga: User, ada: User
) -> None:
    damage(orders, ada)
    browser = sign_in(ada)
    page = f"/policies/{orders.full_name}/"
    for address in (page, f"{page}1/"):
        assert SAYS in text_of(browser.get(address)), address
    for address in (f"{page}edit/", f"{page}yaml/"):
        assert browser.get(address).status_code == 200, address
    assert "none that can be read" in browser.get(f"{page}export/").content.decode()
    assert SAYS in text_of(sign_in(ana).get(f"/access/{orders.full_name}/request/"))
    with pytest.raises(ValidationError, match="cannot be read"):
        ask(orders, ana)
    versions.save_version(orders, BUILT_IN, by=ada, comment="whole again")
    assert approvers.may_decide(olga, ask(orders, ana))


def test_reviews_of_others_begin(orders: Resource, stock: Resource, ada: User) -> None:
    damage(orders, ada)
    rounds.sweep()
    assert versions.current(orders).document.review.every_months == 0
