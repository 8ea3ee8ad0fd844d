"""The pages of operations: who sees them, how they go live, and how a failed one is tried again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from portal import clock, operations, secrets
from portal.models import Operation, SealedCredential, Step
from tests.portal import people, things

pytestmark = pytest.mark.django_db
State = Operation.State
PASSWORD = "canary-database-password"


def page(operation: Operation, path: str = "") -> str:
    return f"/operations/{operation.pk}/{path}"


def test_a_running_operation_is_polled_and_one_that_is_over_is_not(cast: people.Cast) -> None:
    browser = people.signed_in(cast.admin)
    operation = things.operation(by=cast.admin, state=State.RUNNING, started_at=clock.now())
    for path in ("", "live/"):
        html = browser.get(page(operation, path)).content.decode()
        assert f'hx-get="{page(operation, "live/")}" hx-trigger="every 1s"' in html
    assert browser.get(page(operation, "live/")).status_code == 200
    Operation.objects.update(state=State.SUCCEEDED, ended_at=clock.now())
    answer = browser.get(page(operation, "live/"))
    assert answer.status_code == 286, "htmx stops at it"
    assert "hx-get" not in answer.content.decode()
    assert "hx-trigger" not in browser.get(page(operation)).content.decode().split('id="operation-live"')[1]


def test_each_step_shows_how_it_stands(cast: people.Cast) -> None:
    operation = things.failed_operation(by=cast.admin)
    operation.steps.filter(position=1).update(
        attempts=3, started_at=clock.now() - timedelta(seconds=4), ended_at=clock.now()
    )
    html = people.signed_in(cast.admin).get(page(operation)).content.decode()
    for text in ("step-failed", "Google said no.", "Say please.", "4.0 s", "attempt 3", "step-pending"):
        assert text in html
    for fact in (str(operation.pk), "Fencing token", "Lease until", operation.task):
        assert fact in html


def test_one_that_waits_for_another_says_for_which(cast: people.Cast) -> None:
    browser = people.signed_in(cast.admin)
    waiting = things.operation(by=cast.admin, lock="the connection")
    assert "It begins by itself" not in browser.get(page(waiting)).content.decode()
    running = things.operation(
        by=cast.owner, lock="the connection", state=State.RUNNING, started_at=clock.now(), title="Edit <it>"
    )
    for path in ("", "live/"):
        html = browser.get(page(waiting, path)).content.decode()
        assert "It begins by itself" in html
        assert "Edit &lt;it&gt;" in html
        assert "It begins by itself" not in browser.get(page(running, path)).content.decode()


def test_one_that_waits_says_once_when_it_gives_up(cast: people.Cast) -> None:
    """A wait that ends before patience does says so itself, in its own sentence."""
    now = clock.now()
    operation = things.operation(
        by=cast.admin,
        state=State.WAITING,
        error="Google is busy until it is not.",
        run_after=now + timedelta(seconds=9),
        patience_until=now + timedelta(minutes=20),
    )
    browser = people.signed_in(cast.admin)
    for path in ("", "live/"):
        assert "and no more after" in browser.get(page(operation, path)).content.decode()
    Operation.objects.update(wait_ends_at=now + timedelta(minutes=7))
    for path in ("", "live/"):
        html = browser.get(page(operation, path)).content.decode()
        assert "The next try comes" in html
        assert "and no more after" not in html


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("projects/acme/locations/us/connections/orders", "Go to connection"),
        ("projects/acme", "Go to project"),
        ("elsewhere", "Go to result"),
    ],
)
def test_a_success_leads_on(cast: people.Cast, target: str, words: str) -> None:
    operation = things.operation(state=State.SUCCEEDED, target=target, target_url="/there/")
    html = people.signed_in(cast.admin).get(page(operation)).content.decode()
    assert words in html
    assert 'href="/there/"' in html


def test_the_requester_and_overseers_see_it_others_do_not_learn_that_it_exists(cast: people.Cast) -> None:
    operation = things.operation(by=cast.owner)
    seen = {
        name: people.signed_in(getattr(cast, name)).get(page(operation)).status_code
        for name in ("admin", "owner", "analyst", "auditor")
    }
    assert seen == {"admin": 200, "owner": 200, "analyst": 404, "auditor": 200}


def test_the_list_is_ones_own_unless_one_oversees(cast: people.Cast) -> None:
    theirs, mine = things.operation(by=cast.admin), things.operation(by=cast.owner)
    portals = things.operation(by=None)

    def listed(who: str, query: str = "") -> set[object]:
        html = people.signed_in(getattr(cast, who)).get(f"/operations/{query}").content.decode()
        return {operation.pk for operation in (theirs, mine, portals) if page(operation) in html}

    assert listed("owner") == {mine.pk}
    assert listed("analyst", "?by=all") == set()
    assert listed("auditor") == {theirs.pk, mine.pk}
    assert listed("admin", "?by=all") == {theirs.pk, mine.pk, portals.pk}
    assert listed("admin", "?q=owner@") == {mine.pk}
    assert listed("admin", "?state=failed") == set()


def test_the_list_is_paged_without_gaps_or_repeats(cast: people.Cast) -> None:
    at = clock.now()
    made = [things.operation(by=cast.admin, created_at=at - timedelta(seconds=n // 3)) for n in range(120)]
    browser = people.signed_in(cast.admin)
    found: list[str] = []
    url = "/operations/"
    while url:
        html = browser.get(url).content.decode()
        found += re.findall(r'cell-title" href="/operations/([0-9a-f-]{36})/"', html)
        older = re.search(r'rel="next" href="([^"]+)"', html)
        url = f"/operations/{older[1].replace('&amp;', '&')}" if older else ""
    assert len(found) == 120
    assert set(found) == {str(operation.pk) for operation in made}


@pytest.mark.parametrize("key", ["nonsense", "2026-01-01_x", "2026-01-01T00:00:00_" + "0" * 32])
def test_a_broken_key_shows_the_newest(cast: people.Cast, key: str) -> None:
    things.operation(by=cast.admin)
    answer = people.signed_in(cast.admin).get("/operations/", {"before": key})
    assert answer.status_code == 200
    assert "Do something" in answer.content.decode()


def test_a_retry_starts_it_again(cast: people.Cast) -> None:
    operation = things.failed_operation(by=cast.admin)
    browser = people.signed_in(cast.admin)
    assert "Retry" in browser.get(page(operation)).content.decode()
    answer = browser.post(page(operation, "retry/"))
    assert (answer.status_code, answer.headers["Location"]) == (302, page(operation))
    operation.refresh_from_db()
    assert operation.state == State.PENDING
    assert set(operation.steps.values_list("state", flat=True)) == {Step.State.PENDING}
    answer = browser.post(page(operation, "retry/"), follow=True)
    assert "Only a failed operation can be retried." in answer.content.decode()


def test_a_retry_that_needs_the_password_asks_for_it(cast: people.Cast) -> None:
    operation = things.failed_operation(by=cast.admin, needs_credential=True)
    browser = people.signed_in(cast.admin)
    assert 'name="credential"' in browser.get(page(operation)).content.decode()
    answer = browser.post(page(operation, "retry/"), {"credential": ""})
    assert answer.status_code == 422
    assert "Database password is missing." in answer.content.decode()
    browser.post(page(operation, "retry/"), {"credential": f" {PASSWORD} "})
    operation.refresh_from_db()
    assert operation.state == State.PENDING
    assert secrets.open_sealed(operation=operation, **things.PLACE) == f" {PASSWORD} ", "spaces count"


def test_a_typed_password_never_comes_back(cast: people.Cast) -> None:
    operation = things.failed_operation(by=cast.admin, needs_credential=True)
    browser = people.signed_in(cast.admin)
    too_long = PASSWORD * 50
    answer = browser.post(page(operation, "retry/"), {"credential": too_long})
    assert answer.status_code == 422
    assert PASSWORD not in answer.content.decode()
    people.age_sign_in(browser, seconds=16 * 60)
    answer = browser.post(page(operation, "retry/"), {"credential": PASSWORD})
    assert answer.status_code == 403
    assert PASSWORD not in answer.content.decode()
    assert PASSWORD not in repr(dict(browser.session.items()))


def test_who_may_retry(cast: people.Cast) -> None:
    connection = things.connection(things.project(), cast.owner)
    others = things.failed_operation(by=cast.admin, target=connection.full_name, owners_may=True)
    own = things.failed_operation(by=cast.owner, target=connection.full_name, owners_may=True)
    making = things.failed_operation(by=cast.owner, target=connection.full_name)

    def retry(who: str, operation: Operation) -> int:
        return people.signed_in(getattr(cast, who)).post(page(operation, "retry/")).status_code

    assert retry("analyst", own) == 404
    assert retry("auditor", own) == 403
    assert retry("owner", making) == 403, "only administrators make connections"
    assert retry("owner", own) == 302
    assert retry("owner", others) == 302, "whoever may ask for it may try it again"
    assert retry("admin", making) == 302


def test_an_operation_that_a_newer_one_replaced_is_not_tried_again(cast: people.Cast) -> None:
    old = things.failed_operation(by=cast.admin, needs_credential=True)
    with transaction.atomic():
        operations.replace_earlier(things.operation(by=cast.admin))
    browser = people.signed_in(cast.admin)
    assert "retry/" not in browser.get(page(old)).content.decode()
    answer = browser.post(page(old, "retry/"), {"credential": PASSWORD}, follow=True)
    assert operations.REPLACED in answer.content.decode()
    old.refresh_from_db()
    assert old.state == State.FAILED
    assert not SealedCredential.objects.exists()


@pytest.mark.parametrize("length", [200, 201, 300])
def test_a_long_title_is_cut(length: int) -> None:
    with transaction.atomic():
        made = operations.enqueue("tests.nothing", title="x" * length, target="it", by=None, steps=[])
    made.refresh_from_db()
    assert len(made.title) == 200
    assert made.title.endswith("…") == (length > 200)


def test_who_is_no_longer_owner_may_not_retry(cast: people.Cast) -> None:
    connection = things.connection(things.project(), cast.owner)
    operation = things.failed_operation(by=cast.owner, target=connection.full_name, owners_may=True)
    connection.resource.owners.clear()
    browser: Client = people.signed_in(cast.owner)
    assert "retry/" not in browser.get(page(operation)).content.decode()
    assert browser.post(page(operation, "retry/")).status_code == 403


def test_the_address_of_a_filtered_list_is_short(cast: people.Cast) -> None:
    browser = people.signed_in(cast.admin)
    answer = browser.get("/operations/?q=x&state=&by=", headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == "/operations/?q=x"
    answer = browser.get("/audit/?q=&actor=", headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == "/audit/"


def test_a_search_looks_through_so_many_at_a_time(cast: people.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.views.operations.WALK", 4)
    for number in range(10):
        things.failed_operation(by=cast.owner, target="needle" if number in {1, 8} else "hay")
    browser, query, targets = people.signed_in(cast.owner), "?q=needle", []
    for _ in range(3):
        answer = browser.get(f"/operations/{query}")
        page = answer.context["page"]
        targets += [row.target for row in page.rows]
        in_vain = "None of the newest 4 operations match" in answer.content.decode()
        assert in_vain == (bool(page.further_url) and not page.rows)
        query = page.further_url
    assert targets == ["needle", "needle"]
    assert not query, "the third search came to the end"
