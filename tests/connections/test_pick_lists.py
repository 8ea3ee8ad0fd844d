"""Pick lists: what fits comes first, how old the list is, and looking again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections.models import Asset
from connections.services import discover
from portal import clock
from portal.models import Operation, Project, User
from tests.support.factories import PROJECT, make_asset, make_discovery, make_project
from tests.support.pages import HTMX, sign_in, text_of

URL = "/add-data/alloydb/choices/"
KEY = "projects/{}/locations/{}/keyRings/portal/cryptoKeys/{}"


def instance(project: Project, region: str, name: str) -> Asset:
    uri = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/{region}/clusters/c/instances/{name}"
    return make_asset(project, uri, region, attributes={"instance": name, "cluster": "c"})


def key(project: Project, place: str, name: str, **about: str) -> Asset:
    attributes = {"key": name, "ring": "portal", "purpose": "ENCRYPT_DECRYPT", "state": "ENABLED"} | about
    full_name = KEY.format(PROJECT, place, name)
    return make_asset(project, full_name, place, type=Asset.Type.CRYPTO_KEY, attributes=attributes)


def ask(user: User, **query: str) -> str:
    response = sign_in(user).get(URL, {"project": PROJECT, "field": "instance"} | query, headers=HTMX)
    assert response.status_code == 200
    return text_of(response)


def test_instances_that_the_location_can_query_come_first(ada: User, project: Project) -> None:
    instance(project, "europe-west1", "a_far")
    instance(project, "us-central1", "z_near")
    text = ask(ada, location="us")
    assert text.index("z_near") < text.index("a_far")
    assert "needs data location europe-west1 or EU" in text


def test_keys_that_fit_the_location_come_first_and_others_say_where(ada: User, project: Project) -> None:
    key(project, "us", "a_multi")
    key(project, "us-central1", "z_regional")
    text = ask(ada, field="kms_key_name", location="us-central1")
    assert text.index("z_regional") < text.index("a_multi")
    assert "a key in us-central1 is needed" in text


def test_keys_that_cannot_encrypt_are_not_offered(ada: User, project: Project) -> None:
    key(project, "us", "signing", purpose="ASYMMETRIC_SIGN")
    key(project, "us", "switched_off", state="DISABLED")
    text = ask(ada, field="kms_key_name", location="us")
    assert "signing" not in text
    assert "switched_off" not in text


def test_a_list_that_could_not_be_read_says_why(ada: User, project: Project) -> None:
    make_discovery(project, problem="AlloyDB API is disabled. Enable it: https://example.com/enable now.")
    instance(project, "us-central1", "of_last_week")
    response = sign_in(ada).get(URL, {"project": PROJECT, "field": "instance"}, headers=HTMX)
    text = text_of(response)
    assert f"Instances in {PROJECT} could not be listed, tried just now" in text
    assert "Type the name. AlloyDB API is disabled." in text
    assert '<a href="https://example.com/enable"' in response.content.decode()
    assert "of_last_week" not in text, "plain typing: what was there once is not offered"


def test_an_old_list_says_so(ada: User, project: Project) -> None:
    make_discovery(project, looked_at=clock.now() - timedelta(hours=5))
    text = ask(ada)
    assert "This list is old" in text
    assert "5 hours ago" in text


def test_before_the_first_look_it_says_so(ada: User, project: Project) -> None:
    assert f"The portal has not looked for instances in {PROJECT} yet" in ask(ada)


def test_refresh_asks_a_worker_and_polls_until_it_has_looked(ada: User, project: Project) -> None:
    client = sign_in(ada)
    asked = {"project": PROJECT, "field": "instance", "location": "us"}
    response = client.post(f"{URL}refresh/", asked, headers=HTMX)
    operation = Operation.objects.get(task=discover.TASK)
    page = response.content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert f"operation={operation.pk}" in page
    polled = client.get(URL, asked | {"operation": str(operation.pk)}, headers=HTMX)
    assert 'hx-trigger="every 1s"' in polled.content.decode()
    Operation.objects.update(state=Operation.State.SUCCEEDED)
    instance(project, "us-central1", "fresh")
    make_discovery(project)
    over = client.get(URL, asked | {"operation": str(operation.pk)}, headers=HTMX)
    assert "every 1s" not in over.content.decode()
    assert "fresh" in text_of(over)


@pytest.mark.parametrize("operation", ["no-uuid", "00000000-0000-0000-0000-000000000000"])
def test_an_operation_that_is_none_counts_as_over(ada: User, project: Project, operation: str) -> None:
    assert "Looking for" not in ask(ada, operation=operation)


@pytest.mark.parametrize(
    "query", [{"field": "password"}, {"field": ""}, {"project": "unknown"}, {"project": "\0"}]
)
def test_what_is_not_there(ada: User, project: Project, query: dict[str, str]) -> None:
    asked = {"project": PROJECT, "field": "instance"} | query
    assert sign_in(ada).get(URL, asked, headers=HTMX).status_code == 404


def test_hostile_names_are_escaped(ada: User, project: Project) -> None:
    make_asset(project, '"><script>x</script>', "us", attributes={"instance": "<script>y</script>"})
    page = sign_in(ada).get(URL, {"project": PROJECT, "field": "instance"}, headers=HTMX).content.decode()
    assert "<script>" not in page


def test_a_projects_assets_as_a_page(ada: User, ana: User, project: Project) -> None:
    instance(project, "us-central1", "main")
    key(project, "us", "portal_key")
    make_discovery(project)
    make_discovery(project, type=Asset.Type.CRYPTO_KEY, problem="Cloud KMS API is off.")
    client = sign_in(ada)
    text = text_of(client.get(f"/projects/{PROJECT}/assets/"))
    assert "main" in text
    assert "portal_key" in text
    assert "Cloud KMS API is off." in text
    assert client.post(f"/projects/{PROJECT}/assets/refresh/").headers["Location"].endswith("/assets/")
    assert "Looking now" in text_of(client.get(f"/projects/{PROJECT}/assets/"))
    assert sign_in(ana).get(f"/projects/{PROJECT}/assets/").status_code == 403
    assert sign_in(ana).post(f"/projects/{PROJECT}/assets/refresh/").status_code == 403


def test_another_projects_assets_are_not_mixed_in(ada: User, project: Project) -> None:
    instance(make_project("acme-other", number=42), "us-central1", "theirs")
    assert "theirs" not in ask(ada)
