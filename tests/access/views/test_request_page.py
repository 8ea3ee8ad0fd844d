"""One request's page: who sees it, what it tells, and what can be done there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access import seen
from access.models import CONNECTION_ADMIN, AccessRequest, Comment, Grant, Resource
from access.requests import conversing, sweeps
from portal import clock
from portal.gcp.policies import PRINCIPAL_LIMIT, Policy
from portal.models import Project, User
from tests.access.requests.asked import DENY, ask, decide, grow_older, set_policy
from tests.access.requests.test_room import fill
from tests.access.views.mistakes import mistakes
from tests.support.factories import make_connection, make_grant, make_person
from tests.support.pages import HTMX, age_sign_in, sign_in, text_of

State = AccessRequest.State
POLICY = Policy.from_json(
    {
        "bindings": [
            {"role": "roles/bigquery.connectionUser", "members": ["group:finance@example.com"]},
            {"role": "roles/owner", "members": ["user:boss@example.com"]},
        ],
        "etag": "BwX",
        "version": 1,
    }
)


@pytest.fixture
def request_(orders: Resource, ana: User) -> AccessRequest:
    """Ana's request for a week."""
    return ask(orders, ana)


def page(user: User, request: AccessRequest) -> str:
    """What they read there."""
    response = sign_in(user).get(request.get_absolute_url())
    assert response.status_code == 200
    return text_of(response)


def current_place(client: Client, request: AccessRequest) -> str:
    """What the navigation marks as the place of the request's page."""
    html = client.get(request.get_absolute_url()).content.decode()
    found = re.search(r'href="([^"]*)" aria-current="page" data-go', html)
    return found.group(1) if found else ""


def test_it_belongs_to_my_access_for_who_asked_and_to_approvals_for_others(
    ana: User, olga: User, ada: User, request_: AccessRequest
) -> None:
    assert current_place(sign_in(ana), request_) == "/access/"
    for user in (olga, ada):
        assert current_place(sign_in(user), request_) == "/access/queue/"


def press(client: Client, request: AccessRequest, verdict: str = "approve", **values: Any) -> Any:
    """Press Approve or Deny, seeing the request as it is unless `revision` says otherwise."""
    request.refresh_from_db()
    data = {"revision": request.revision, "verdict": verdict, "reason": "", "duration": "", **values}
    return client.post(f"{request.get_absolute_url()}decide/", data)


def test_only_those_whose_business_it_is_see_it(
    request_: AccessRequest, ana: User, olga: User, ada: User, aurel: User, db: None
) -> None:
    for person in (ana, olga, ada, aurel):
        assert sign_in(person).get(request_.get_absolute_url()).status_code == 200, person
    bob = make_person("bob@example.com")
    other_owner = make_person("other@example.com")
    make_connection(Project.objects.get(), "other", owners=(other_owner,))
    for person in (bob, other_owner):
        client = sign_in(person)
        for act in ("", "decide/", "comment/", "withdraw/", "extend/"):
            address = request_.get_absolute_url() + act
            answer = client.post(address, {"text": "x"}) if act else client.get(address)
            assert answer.status_code == 404, (person, act)
    assert not Comment.objects.exists()


def test_an_approver_who_owns_nothing_sees_it(orders: Resource, ana: User, ada: User, aurel: User) -> None:
    bob = make_person("bob@example.com")
    set_policy(orders, ada, steps=[{"people": ["bob@example.com"]}])
    request = ask(orders, ana)
    assert "Your decision" in page(bob, request)
    assert press(sign_in(bob), request).status_code == 302
    assert "Your decision" not in page(bob, request)


def test_it_says_where_it_stands_and_who_decides(request_: AccessRequest, ana: User, olga: User) -> None:
    text = page(ana, request_)
    assert "Access to orders Pending" in text
    assert "Can decide now olga@example.com" in text
    assert "The portal's own policy" in text
    assert "Your decision" not in text
    assert "What would change" not in text, "the policy is not the requester's to read"
    assert "Withdraw" in text


def test_whoever_decides_sees_the_exact_change(request_: AccessRequest, olga: User) -> None:
    seen.keep(request_.resource, POLICY)
    text = page(olga, request_)
    assert "What would change" in text
    assert "Added: - user:ana@example.com" in text
    assert "- group:finance@example.com" in text
    assert "not read yet" not in text


def test_before_the_policy_was_read_the_portals_claims_are_shown(request_: AccessRequest, olga: User) -> None:
    make_grant(request_.resource, "group:ours@example.com")
    text = page(olga, request_)
    assert "not read yet, drawn from what the portal gave" in text
    assert "group:ours@example.com" in text
    assert "Added: - user:ana@example.com" in text


def test_what_the_policy_has_already_is_said(request_: AccessRequest, olga: User) -> None:
    pair = ("roles/bigquery.connectionUser", "user:ana@example.com")
    seen.keep(request_.resource, POLICY.with_members([pair]))
    assert "it has this already" in page(olga, request_)


def test_what_they_have_and_what_was_decided_before(orders: Resource, ana: User, olga: User) -> None:
    make_grant(orders, "user:ana@example.com", CONNECTION_ADMIN)
    decide(ask(orders, ana), olga, DENY, reason="Use the view")
    text = page(olga, ask(orders, ana))
    assert "What ana@example.com has here BigQuery Connection Admin Active" in text
    assert "Denied" in text
    assert "Use the view" in text


def test_approving(request_: AccessRequest, olga: User, ana: User) -> None:
    client = sign_in(olga)
    answer = press(client, request_, reason="Welcome")
    assert answer.headers["Location"] == request_.get_absolute_url()
    text = text_of(client.get(request_.get_absolute_url()))
    assert "Approved. ana@example.com is told" in text
    assert "olga@example.com approved it" in text
    assert "Welcome" in text
    assert Grant.objects.get().principal == "user:ana@example.com"


def test_an_approved_one_is_looked_at_until_google_has_it(request_: AccessRequest, olga: User) -> None:
    browser = sign_in(olga)
    address = request_.get_absolute_url()
    assert "every 1s" not in browser.get(address).content.decode()
    press(browser, request_)
    assert "every 1s" in browser.get(address).content.decode()
    Grant.objects.filter(request=request_).update(observed=Grant.Presence.PRESENT)
    assert "every 1s" not in browser.get(address).content.decode()


def test_denying_without_a_reason_is_a_mistake_beside_the_field(request_: AccessRequest, olga: User) -> None:
    response = press(sign_in(olga), request_, "deny")
    assert response.status_code == 422
    assert "Say why" in mistakes(response, "reason")
    assert press(sign_in(olga), request_, "deny", reason="No").status_code == 302
    assert "olga@example.com: No" in page(olga, request_)


def test_shortening(request_: AccessRequest, olga: User) -> None:
    assert "can only be made shorter" in mistakes(
        press(sign_in(olga), request_, duration="8 days"), "duration"
    )
    press(sign_in(olga), request_, duration="12 hours")
    assert "shortened to 12 hours" in page(olga, request_)


def test_the_second_is_told_and_nothing_is_kept(
    orders: Resource, request_: AccessRequest, olga: User
) -> None:
    oscar = make_person("oscar@example.com")
    orders.owners.add(oscar)
    seen_by_oscar = request_.revision
    press(sign_in(olga), request_)
    client = sign_in(oscar)
    answer = press(client, request_, "deny", reason="No", revision=seen_by_oscar)
    assert answer.status_code == 302
    text = text_of(client.get(answer.headers["Location"]))
    assert "olga@example.com has approved it meanwhile" in text
    assert AccessRequest.objects.get().state == State.APPROVED


@pytest.mark.parametrize("values", [{"verdict": "maybe"}, {"revision": ""}, {"revision": "-1"}])
def test_what_is_no_decision_decides_nothing(
    request_: AccessRequest, olga: User, values: dict[str, str]
) -> None:
    assert press(sign_in(olga), request_, **values).status_code == 422
    assert AccessRequest.objects.get().state == State.PENDING


def test_nobody_decides_their_own(orders: Resource, olga: User) -> None:
    own = ask(orders, olga)
    assert press(sign_in(olga), own).status_code == 403


def test_auditors_read_only(request_: AccessRequest, aurel: User) -> None:
    client = sign_in(aurel)
    assert press(client, request_).status_code == 403
    assert client.post(f"{request_.get_absolute_url()}comment/", {"text": "x"}).status_code == 403
    assert "Comment" not in page(aurel, request_)


def test_an_old_sign_in_is_asked_for_again(request_: AccessRequest, olga: User) -> None:
    client = sign_in(olga)
    age_sign_in(client, 3600)
    assert press(client, request_).status_code == 403
    assert AccessRequest.objects.get().state == State.PENDING


def test_comments(request_: AccessRequest, olga: User, ana: User) -> None:
    address = f"{request_.get_absolute_url()}comment/"
    assert sign_in(olga).post(address, {"text": "Which tables?"}).status_code == 302
    assert "olga@example.com wrote just now Which tables?" in page(ana, request_)
    empty = sign_in(ana).post(address, {"text": " "})
    assert empty.status_code == 422
    assert mistakes(empty, "text")


def test_a_full_conversation_says_so(request_: AccessRequest, olga: User, ana: User) -> None:
    said = {"request": request_, "by": ana, "text": "More.", "made_at": clock.now()}
    Comment.objects.bulk_create(Comment(**said) for _ in range(conversing.MOST_COMMENTS - 1))
    address = f"{request_.get_absolute_url()}comment/"
    client = sign_in(olga)
    assert "Write something" in page(olga, request_)
    assert client.post(address, {"text": "The last."}).status_code == 302
    assert "Write something" not in page(olga, request_)
    assert "holds 200 comments" in mistakes(client.post(address, {"text": "One more."}), "text")


def test_who_decided_and_lost_the_right_reads_on_and_has_no_more_say(
    orders: Resource, request_: AccessRequest, ana: User, olga: User
) -> None:
    decide(request_, olga)
    orders.owners.clear()
    assert "Write something" not in page(olga, request_)
    answer = sign_in(olga).post(f"{request_.get_absolute_url()}comment/", {"text": "x"})
    assert (answer.status_code, request_.comments.count()) == (403, 0)


def test_withdrawing_asks_first(request_: AccessRequest, ana: User) -> None:
    client = sign_in(ana)
    address = f"{request_.get_absolute_url()}withdraw/"
    assert "Withdraw the request?" in text_of(client.get(address))
    assert AccessRequest.objects.get().state == State.PENDING
    assert client.post(address, headers=HTMX).headers["HX-Redirect"] == request_.get_absolute_url()
    assert AccessRequest.objects.get().state == State.WITHDRAWN
    text = text_of(client.get(request_.get_absolute_url()))
    assert "ana@example.com withdrew it" in text
    assert "Ask again" in text


def test_extending_is_one_click(orders: Resource, request_: AccessRequest, ana: User, olga: User) -> None:
    decide(request_, olga)
    client = sign_in(ana)
    assert "Extend" in page(ana, request_)
    answer = client.post(f"{request_.get_absolute_url()}extend/")
    longer = AccessRequest.objects.get(extends__isnull=False)
    assert answer.headers["Location"] == longer.get_absolute_url()
    assert "Longer access to orders Pending" in page(olga, longer)
    assert "Only the end moves" in page(olga, longer)
    again = client.post(f"{request_.get_absolute_url()}extend/", follow=True)
    assert "waiting already" in text_of(again)
    press(sign_in(olga), longer)
    assert "moved the end of the access" in page(ana, longer)


def test_what_has_ended_is_asked_for_again(
    orders: Resource, request_: AccessRequest, ana: User, olga: User
) -> None:
    decide(request_, olga)
    Grant.objects.update(desired="absent", observed="absent", revoked_at=clock.now(), revoked_by="portal")
    text = page(ana, request_)
    assert "Ask again" in text
    assert "Extend" not in text
    answer = sign_in(ana).post(f"{request_.get_absolute_url()}extend/", follow=True)
    assert "This access has ended" in text_of(answer)


def test_it_says_why_access_could_not_be_given(request_: AccessRequest, ana: User, olga: User) -> None:
    decide(request_, olga)
    Grant.objects.update(
        desired="absent", observed="absent", observed_at=clock.now(), error="The account does not exist."
    )
    text = page(ana, request_)
    assert "The access could not be given The account does not exist." in text


def test_a_later_start_is_said(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana, starts_at=clock.now() + timedelta(days=2)), olga)
    text = page(ana, request)
    assert "It begins later" in text
    assert "Withdraw" in text


def test_a_request_that_lapsed(request_: AccessRequest, ana: User) -> None:
    grow_older(request_, timedelta(days=8))
    sweeps.sweep()
    assert "Nobody decided in time" in page(ana, request_)


def test_where_nobody_can_decide_it_is_said(orders: Resource, ada: User) -> None:
    orders.owners.clear()
    assert "Nobody can decide this" in page(ada, ask(orders, ada))


def test_hostile_words_are_escaped(orders: Resource, ana: User, olga: User) -> None:
    bad = "<script>alert(1)</script>"
    request = ask(orders, ana, reason=bad)
    conversing.comment(request, bad, by=olga)
    body = sign_in(olga).get(request.get_absolute_url()).content.decode()
    assert "<script>alert" not in body
    assert body.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 2


@pytest.mark.parametrize("who", ["olga@example.com", "ana@example.com", "bob@example.com"])
def test_queries_do_not_grow(orders: Resource, ana: User, olga: User, ada: User, who: str) -> None:
    make_person("bob@example.com")
    decide(ask(orders, ana), olga, DENY)
    set_policy(orders, ada, steps=[{"owners": True, "people": ["bob@example.com"]}])
    request_ = ask(orders, ana)
    seen.keep(orders, POLICY)
    client = sign_in(User.objects.get(email=who))
    client.get(request_.get_absolute_url())
    counts = []
    for number in range(30):
        conversing.comment(request_, f"{number}", by=ana)
        make_grant(orders, f"user:p{number}@example.com")
        if number in {0, 29}:
            with CaptureQueriesContext(database) as queries:
                client.get(request_.get_absolute_url())
            counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 12, [query["sql"][:200] for query in queries]


def test_what_has_no_room_is_not_approved_and_says_so(olga: User, request_: AccessRequest) -> None:
    fill(request_.resource, PRINCIPAL_LIMIT)
    response = press(sign_in(olga), request_)
    assert response.status_code == 422
    assert "No room for user:ana@example.com. The policy would name more than 1,500" in text_of(response)
    assert press(sign_in(olga), request_, "deny", reason="Full").status_code == 302
