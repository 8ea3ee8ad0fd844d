"""The pages of a connection's life: who may, what they show, what a POST starts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from html import unescape
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access import claims
from access.models import Grant
from connections import kinds
from connections.models import Connection, ConnectionSearch, FoundConnection
from connections.services import adopt, delete, diagnose, edit, refresh, repair, rotate
from portal import clock
from portal.models import AuditEvent, Operation, Project, SealedCredential, User
from tests.support.factories import AGENT, INSTANCE, PROJECT, make_connection, make_grant, make_project
from tests.support.pages import INTO_DIALOG, age_sign_in, errors_beside, sign_in, text_of

pytestmark = pytest.mark.django_db
CANARY = "s3cret-canary-#&<7"


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, friendly_name="Orders", owners=(olga,))


def form(**changes: str) -> dict[str, str]:
    """The edit form with everything as it is, but `changes`."""
    return {
        "friendly_name": "Orders",
        "description": "",
        "database": "orders",
        "username": "bq_reader",
        "instance": INSTANCE,
        "password": "",
        **changes,
    }


def test_the_page_offers_what_somebody_may_do(orders: Connection, ada: User, olga: User, aurel: User) -> None:
    for person, may in ((ada, True), (olga, True), (aurel, False)):
        page = sign_in(person).get(orders.get_absolute_url()).content.decode()
        for act in ("edit/", "password/", "delete/", "test/", "refresh/"):
            assert (f'us-central1/orders/{act}"' in page) is may, (person, act)


def test_an_analyst_is_refused(orders: Connection, ana: User) -> None:
    client = sign_in(ana)
    for act in ("edit/", "password/", "delete/", "test/", "put-back/"):
        assert client.get(orders.get_absolute_url() + act).status_code == 403
        assert client.post(orders.get_absolute_url() + act).status_code == 403
    for act in ("grant/", "grant-key/", "refresh/", "accept/"):
        assert client.post(orders.get_absolute_url() + act).status_code == 403
    assert not Operation.objects.exists()


def test_an_old_sign_in_is_asked_again(orders: Connection, olga: User) -> None:
    client = sign_in(olga)
    age_sign_in(client, 3600)
    for act in ("edit/", "password/", "delete/", "test/", "grant/", "accept/", "put-back/"):
        assert client.post(orders.get_absolute_url() + act).status_code == 403
    assert not Operation.objects.exists()


def test_the_edit_form_shows_what_is_fixed_and_what_can_change(orders: Connection, olga: User) -> None:
    response = sign_in(olga).get(orders.get_absolute_url() + "edit/")
    text = text_of(response)
    assert "Google cannot change these" in text
    for value in ("orders", "bq_reader", INSTANCE):
        assert f'value="{value}"' in response.content.decode()


def test_editing_the_name_leads_to_the_operation(orders: Connection, olga: User) -> None:
    response = sign_in(olga).post(
        orders.get_absolute_url() + "edit/", form(friendly_name="Shop"), headers=INTO_DIALOG
    )
    operation = Operation.objects.get(task=edit.TASK)
    assert response["HX-Redirect"] == operation.get_absolute_url()
    assert operation.parameters["mask"] == ["friendlyName"]


def test_a_property_asks_for_the_password_beside_its_field(orders: Connection, olga: User) -> None:
    response = sign_in(olga).post(orders.get_absolute_url() + "edit/", form(database="other"))
    assert response.status_code == 422
    assert "Google forgets the credential" in text_of(response)
    assert not Operation.objects.exists()


def test_a_password_is_nowhere(orders: Connection, olga: User) -> None:
    client = sign_in(olga)
    url = orders.get_absolute_url()
    pages = [
        client.post(url + "edit/", form(database="other", instance="wrong", password=CANARY)),
        client.post(url + "edit/", form(database="other", password=CANARY)),
        client.post(url + "edit/preview/", form(database="other", password=CANARY)),
        client.post(url + "password/", {"password": CANARY}),
        client.post(url + "delete/", {"confirm": CANARY[:3], "password": CANARY}),
    ]
    assert not [page for page in pages if CANARY in page.content.decode()]
    assert SealedCredential.objects.count() == 2
    rows = [*Operation.objects.values(), *AuditEvent.objects.values(), *Connection.objects.values()]
    assert CANARY not in repr(rows)
    assert CANARY not in repr(client.session.items())


def test_nothing_changed_is_said(orders: Connection, olga: User) -> None:
    response = sign_in(olga).post(orders.get_absolute_url() + "edit/", form())
    assert "Nothing was changed." in text_of(response)


def test_an_instance_out_of_reach_is_refused_before_google_is_asked(orders: Connection, olga: User) -> None:
    far = INSTANCE.replace("us-central1", "europe-west1")
    client = sign_in(olga)
    response = client.post(orders.get_absolute_url() + "edit/", form(instance=far, password="x"))
    assert response.status_code == 422
    assert "cannot" in text_of(response)
    assert errors_beside(response, "instance") == "" or "europe-west1" in text_of(response)


def test_the_form_shows_googles_value_and_says_ours(orders: Connection, olga: User) -> None:
    seen = {"friendlyName": "By hand", "hasCredential": True}
    Connection.objects.update(drift="changed", seen=seen | kind_body(orders))
    response = sign_in(olga).get(orders.get_absolute_url() + "edit/")
    assert 'value="By hand"' in response.content.decode()
    assert "Changed outside the portal, which had: Orders" in text_of(response)


def kind_body(orders: Connection) -> dict[str, Any]:
    return kinds.get("alloydb").body(orders.properties)


def shown(client: Client, url: str) -> str:
    """What the form that is opened now sends along."""
    page = client.get(url).content.decode()
    found = re.search(r'name="shown" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def test_of_two_tabs_neither_undoes_the_other(orders: Connection, olga: User) -> None:
    client, url = sign_in(olga), orders.get_absolute_url() + "edit/"
    then = shown(client, url)
    Connection.objects.update(friendly_name="Theirs")
    client.post(url, form(friendly_name="Orders", description="Ours", shown=then))
    assert Operation.objects.get(task=edit.TASK).parameters["mask"] == ["description"]


def test_what_both_tabs_changed_is_asked_about(orders: Connection, olga: User) -> None:
    client, url = sign_in(olga), orders.get_absolute_url() + "edit/"
    then = shown(client, url)
    Connection.objects.update(friendly_name="<Theirs>", description="Theirs too")
    response = client.post(url, form(friendly_name="Ours", shown=then))
    assert "This was changed meanwhile, to: &lt;Theirs&gt;." in response.content.decode()
    assert not Operation.objects.exists()
    again = re.search(r'name="shown" value="([^"]*)"', response.content.decode())
    assert again
    client.post(url, form(friendly_name="Ours", shown=unescape(again[1])))
    assert Operation.objects.get(task=edit.TASK).parameters["mask"] == ["friendlyName"]


@pytest.mark.parametrize(
    "nonsense", ["", "x", "[]", "null", '{"friendly_name": {"a": 1}}', '{"x": 1}', "9" * 5000, "[" * 100_000]
)
def test_a_form_that_does_not_say_what_it_showed(orders: Connection, olga: User, nonsense: str) -> None:
    client, url = sign_in(olga), orders.get_absolute_url() + "edit/"
    response = client.post(url, form(description="Ours", shown=nonsense))
    assert response.status_code in (302, 422)


def test_the_preview_is_the_command(orders: Connection, olga: User) -> None:
    client = sign_in(olga)
    url = orders.get_absolute_url() + "edit/preview/"
    assert "Nothing is changed yet" in text_of(client.post(url, form()))
    text = text_of(client.post(url, form(database="other")))
    assert "updateMask=configuration.asset.database%2Cconfiguration.authentication.usernamePassword" in text
    assert "bq update --connection --display_name=Shop" in text_of(
        client.post(url, form(friendly_name="Shop"))
    ).replace("\\ ", "")


def test_rotating_leads_to_the_operation(orders: Connection, olga: User) -> None:
    client = sign_in(olga)
    assert client.post(orders.get_absolute_url() + "password/", {"password": ""}).status_code == 422
    response = client.post(orders.get_absolute_url() + "password/", {"password": "new"})
    assert response.headers["Location"] == Operation.objects.get(task=rotate.TASK).get_absolute_url()


def test_deleting_shows_what_is_lost_and_asks_for_the_id(orders: Connection, olga: User) -> None:
    make_grant(orders.resource, "group:analysts@example.com")
    make_grant(
        claims.project_resource(orders.project),
        f"serviceAccount:{AGENT}",
        "roles/alloydb.client",
        origin=Grant.Origin.SERVICE_AGENT,
        purpose=orders.full_name,
    )
    Connection.objects.update(tested_at=datetime(2026, 3, 1, tzinfo=UTC))
    client = sign_in(olga)
    url = orders.get_absolute_url() + "delete/"
    text = text_of(client.get(url))
    for words in (
        "These lose their access: group:analysts@example.com.",
        f"serviceAccount:{AGENT} loses roles/alloydb.client",
        "Last passed a test: 2026-03-01",
        "bq rm --connection --force acme-analytics.us-central1.orders",
    ):
        assert words in text, words
    for typed in ("", "order", "ORDERS", "orders2"):
        assert client.post(url, {"confirm": typed}).status_code == 422
    assert not Operation.objects.exists()

    response = client.post(url, {"confirm": "orders"})

    assert response.headers["Location"] == Operation.objects.get(task=delete.TASK).get_absolute_url()
    orders.refresh_from_db()
    assert orders.state == "deleting"


def test_what_the_portal_had_is_shown_as_text(orders: Connection, ada: User) -> None:
    orders.friendly_name = "<img src=x><b>Shop</b>"
    orders.body = {"friendlyName": "By hand"}
    orders.save()
    page = sign_in(ada).get(orders.get_absolute_url() + "edit/", headers=INTO_DIALOG).content.decode()
    assert "which had:" in page
    assert "&lt;img src=x&gt;" in page
    assert "<img" not in page
    assert "<b>Shop" not in page


def test_deleting_says_when_it_was_last_used_where_the_logs_tell(orders: Connection, ada: User) -> None:
    client, page = sign_in(ada), orders.get_absolute_url() + "delete/"
    assert "When it was last used, the portal does not know." in text_of(client.get(page))
    for day, who in ((1, "user:ana@example.com"), (3, "group:analysts@example.com")):
        make_grant(orders.resource, who, last_used_at=datetime(2026, 3, day, 12, 0, tzinfo=UTC))
    text = text_of(client.get(page))
    assert "Last used on 2026-03-03 12:00:00 UTC by group:analysts@example.com" in text


def test_what_was_deleted_says_so_and_is_in_no_list(orders: Connection, ada: User, ana: User) -> None:
    moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    Connection.objects.update(state="deleted", deleted_by="olga@example.com", deleted_at=moment)
    client = sign_in(ada)
    response = client.get(orders.get_absolute_url())
    assert response.status_code == 410
    text = text_of(response)
    assert "On 2026-03-01 12:00:00 UTC , by olga@example.com" in text
    assert "in the audit trail" in text
    assert "in the audit trail" not in text_of(sign_in(ana).get(orders.get_absolute_url()))
    assert orders.get_absolute_url() not in client.get("/connections/").content.decode()
    for act in ("edit/", "password/", "delete/", "test/"):
        assert client.get(orders.get_absolute_url() + act).status_code == 404


def cause(code: str, title: str, state: str, action: str = "") -> dict[str, str]:
    return {"code": code, "title": title, "state": state, "message": "x", "remedy": "", "action": action}


REPORT = {
    "passed": False,
    "at": "2026-03-01T12:00:00+00:00",
    "message": "<b>BigQuery</b> says no",
    "checks": [
        cause("exists", "It exists", "passed"),
        cause("agent", "Role", "failed", "grant"),
        cause("password", "Password", "failed", "rotate"),
    ],
}


def test_the_test_page_highlights_the_first_broken_cause(orders: Connection, olga: User) -> None:
    Connection.objects.update(test_report=REPORT)
    page = sign_in(olga).get(orders.get_absolute_url() + "test/").content.decode()
    assert page.count('aria-current="true"') == 1
    assert page.index('aria-current="true"') < page.index("Role") < page.index("Password</span>")
    assert "/orders/grant/" in page
    assert "&lt;b&gt;BigQuery" in page
    assert "The last test failed" in text_of(sign_in(olga).get(orders.get_absolute_url()))


def test_a_test_starts_and_the_page_follows(orders: Connection, olga: User) -> None:
    client = sign_in(olga)
    url = orders.get_absolute_url() + "test/"
    assert client.post(url).headers["Location"] == url
    assert Operation.objects.filter(task=diagnose.TASK).count() == 1
    assert 'hx-trigger="every 1s"' in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("act", "task"), [("grant/", repair.TASK), ("refresh/", refresh.TASK), ("test/", diagnose.TASK)]
)
def test_one_button(orders: Connection, olga: User, act: str, task: str) -> None:
    sign_in(olga).post(orders.get_absolute_url() + act)
    assert Operation.objects.get().task == task


def test_what_cannot_be_now_leads_back_with_the_reason(orders: Connection, olga: User) -> None:
    client = sign_in(olga)
    for act in ("grant-key/", "accept/", "put-back/"):
        response = client.post(orders.get_absolute_url() + act, follow=True)
        assert response.redirect_chain[-1][0] == orders.get_absolute_url(), act
        assert "toast-warning" in response.content.decode(), act


def test_drift_is_shown_with_its_two_ways_on(orders: Connection, olga: User, aurel: User, ada: User) -> None:
    body = kind_body(orders) | {"hasCredential": True}
    Connection.objects.update(body=body, drift="changed", seen=body | {"friendlyName": "<i>"})
    client = sign_in(olga)
    response = client.get(orders.get_absolute_url())
    text = text_of(response)
    assert "Changed outside the portal" in text
    assert "&lt;i&gt;" in response.content.decode()
    assert "/orders/accept/" in response.content.decode()
    assert "/orders/put-back/" in response.content.decode()
    assert "/orders/accept/" not in sign_in(aurel).get(orders.get_absolute_url()).content.decode()
    assert "Changed outside" in text_of(client.get("/connections/?state=changed"))
    assert "no connections match" in text_of(client.get("/connections/?state=gone")).lower()


def test_put_back_asks_for_the_password_only_where_it_is_needed(orders: Connection, olga: User) -> None:
    body = kind_body(orders) | {"hasCredential": True, "friendlyName": "Orders"}
    Connection.objects.update(body=body, drift="changed", seen=body | {"friendlyName": "x"})
    client = sign_in(olga)
    url = orders.get_absolute_url() + "put-back/"
    shown = client.get(url)
    assert 'type="password"' not in shown.content.decode()
    assert "--display_name=Orders" in text_of(shown)
    client.post(url)
    assert Operation.objects.get(task=edit.TASK).parameters["mask"] == ["friendlyName"]
    Connection.objects.update(seen={**body, "hasCredential": False})
    assert "Database password" in text_of(client.get(url))
    assert "updateMask" in text_of(client.get(url))
    assert client.post(url, {"password": ""}).status_code == 422


def test_of_one_that_was_deleted_outside_nothing_can_be_had(
    orders: Connection, ada: User, olga: User, ana: User
) -> None:
    url = orders.get_absolute_url()
    offered = (
        *(f"{url}{act}/" for act in ("edit", "password", "test")),
        "/share/",
        "/request/",
        "EXTERNAL_QUERY(",
    )
    before = sign_in(olga).get(url).content.decode() + sign_in(ana).get(url).content.decode()
    assert all(link in before for link in offered)
    Connection.objects.update(drift="gone")
    for user in (ada, olga, ana):
        for address in (url, "/connections/"):
            page = sign_in(user).get(address).content.decode()
            assert [link for link in offered if link in page] == []
            assert "chip-active" not in page
            assert "chip-gone" in page
    assert "/refresh/" in sign_in(olga).get(url).content.decode()


def test_deleted_outside_leads_to_the_dialog_filled_in(orders: Connection, ada: User) -> None:
    make_grant(orders.resource, "group:analysts@example.com")
    Connection.objects.update(drift="gone")
    client = sign_in(ada)
    page = client.get(orders.get_absolute_url()).content.decode()
    assert f"?again={orders.pk}" in page
    dialog = client.get(f"/add-data/alloydb/?again={orders.pk}").content.decode()
    for value in ("orders", "bq_reader", INSTANCE, "group:analysts@example.com", "olga@example.com"):
        assert value in dialog
    for nonsense in ("0", "x", "9" * 40, ""):
        assert client.get(f"/add-data/alloydb/?again={nonsense}").status_code == 200


def test_of_a_kind_that_is_not_known_the_names_can_be_changed_and_no_more(
    project: Project, olga: User
) -> None:
    make_connection(project, "odd", kind="unknown", properties={}, owners=(olga,))
    client = sign_in(olga)
    url = f"/connections/{PROJECT}/us-central1/odd/"
    page = client.get(url).content.decode()
    assert "/odd/edit/" in page
    assert "/odd/password/" not in page
    edit = text_of(client.get(url + "edit/"))
    assert "Connection type Not known to the portal" in edit
    assert "credential" not in edit
    assert "Connection type Not known to the portal" in text_of(client.get(url))
    assert "changed and tested at Google" in text_of(client.get(url))
    assert "the portal does not know its kind" in text_of(client.get(url + "test/"))
    assert client.post(url + "edit/", {"database": "x", "password": "x"}).status_code == 422
    for act in ("password/", "put-back/", "test/", "grant/"):
        assert client.post(url + act, {"password": "x"}).status_code == 302, act
    assert not Operation.objects.exists()


def test_a_kind_that_no_query_can_test_says_so(project: Project, olga: User) -> None:
    shown = make_connection(project, kind="cloud_resource", properties={}, owners=(olga,))
    response = sign_in(olga).get(shown.get_absolute_url() + "test/")
    assert "No query can test this kind of connection" in text_of(response)
    assert "Test now" not in text_of(response)


def test_finding_and_taking_over(project: Project, ada: User, olga: User) -> None:
    client = sign_in(ada)
    url = f"/projects/{PROJECT}/connections/"
    assert "Not searched yet" in text_of(client.get(url))
    assert client.post(url + "find/").headers["Location"] == url
    assert Operation.objects.filter(task=adopt.FIND_TASK).count() == 1
    Operation.objects.all().delete()
    ConnectionSearch.objects.create(
        project=project, looked_at=clock.now(), problems=[{"location": "US", "problem": "<no>"}]
    )
    for number in range(3):
        found(project, number)
    response = client.get(url)
    assert "hand_0" in text_of(response)
    assert "US: &lt;no&gt;" in response.content.decode()
    assert client.post(url + "adopt/", {"chosen": ["x", "9" * 30]}).headers["Location"] == url
    assert not Operation.objects.exists()
    chosen = FoundConnection.objects.order_by("pk")[1]
    client.post(url + "adopt/", {"chosen": [chosen.pk]})
    assert Operation.objects.get().parameters["chosen"] == [["us", "hand_1"]]
    client.post(url + "adopt/", {"all": "all"})
    assert len(Operation.objects.order_by("-created_at")[0].parameters["chosen"]) == 3
    assert sign_in(olga).get(url).status_code == 403


def found(project: Project, number: int) -> None:
    FoundConnection.objects.create(
        project=project, location="us", connection_id=f"hand_{number}", kind="alloydb", seen_at=clock.now()
    )


def test_queries_do_not_grow(project: Project, orders: Connection, ada: User) -> None:
    client = sign_in(ada)
    urls: dict[str, Callable[[int], object]] = {
        f"/projects/{PROJECT}/connections/": partial(found, project),
        orders.get_absolute_url() + "delete/": lambda number: make_grant(
            orders.resource, f"user:p{number}@x.org"
        ),
        "/connections/?state=changed": lambda number: make_connection(project, f"c{number}", drift="changed"),
    }
    for url, add in urls.items():
        counts = []
        for number in range(40):
            add(number)
            if number in {0, 39}:
                client.get(url)
                with CaptureQueriesContext(database) as queries:
                    client.get(url)
                counts.append(len(queries))
        assert counts[0] == counts[1], (url, counts)
        assert counts[1] <= 12, (url, counts)
