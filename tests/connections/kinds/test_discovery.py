"""What a project has, found by a worker and offered beside the fields; what Google denies is said there."""

from __future__ import annotations

import pytest
from django.test import Client

from connections import kinds
from connections.models import Asset, Discovery
from connections.services import discover
from portal import execution
from portal.models import Operation, Project, User
from tests.connections.kinds.samples import url
from tests.support.emulated import Emulator
from tests.support.factories import PROJECT
from tests.support.pages import HTMX, sign_in, text_of

# By name too, so that the limits of earlier tests are forgotten.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("transactional_db")]

FOUND = [
    ("cloud_sql_postgresql", "instance", f"{PROJECT}:us-central1:crm", "PostgreSQL 18"),
    ("cloud_sql_mysql", "instance", f"{PROJECT}:us-central1:shop", "MySQL 8.0"),
    ("spanner", "database", f"projects/{PROJECT}/instances/ledger/databases/ledger", "GoogleSQL"),
    ("spark", "metastore", f"projects/{PROJECT}/locations/us-central1/services/lake", "Hive 3.1.2"),
    (
        "spark",
        "history_server",
        f"projects/{PROJECT}/regions/us-central1/clusters/spark-history",
        "image 2.2",
    ),
    (
        "sap_hana",
        "network_attachment",
        f"projects/{PROJECT}/regions/us-central1/networkAttachments/sap-attachment",
        "Way to the SAP Datasphere",
    ),
]


def look(project: Project) -> Operation:
    """Search as a worker does."""
    operation = discover.request_discovery(project, by=None)
    execution.execute(str(operation.pk), discover.apply_discovery, discover.discovery_failed)
    operation.refresh_from_db()
    return operation


def ask(client: Client, slug: str, field: str, **query: str) -> tuple[str, str]:
    asked = {"project": PROJECT, "field": field, "location": "us"} | query
    response = client.get(f"{url(slug)}choices/", asked, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode(), text_of(response)


def test_everything_is_found_and_offered(emulator: Emulator, ada: User, project: Project) -> None:
    operation = look(project)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert set(Discovery.objects.values_list("problem", flat=True)) == {""}
    client = sign_in(ada)
    for slug, field, value, fact in FOUND:
        page, text = ask(client, slug, field)
        assert f'data-pick="{value}"' in page, value
        assert fact in text, fact
    page, _ = ask(client, "cloud_sql_mysql", "instance")
    assert "crm" not in page, "that is PostgreSQL"
    assets = text_of(client.get(f"/projects/{PROJECT}/assets/"))
    for kind in kinds.all_kinds():
        for pick in kind.pickers:
            assert pick.inside or pick.heading in assets


def test_databases_are_those_of_the_instance_that_was_chosen(
    emulator: Emulator, ada: User, project: Project
) -> None:
    look(project)
    client = sign_in(ada)
    page, _ = ask(client, "cloud_sql_postgresql", "database", instance=f"{PROJECT}:us-central1:crm")
    assert 'data-pick="crm"' in page
    assert 'data-pick="postgres"' in page
    page, text = ask(client, "cloud_sql_postgresql", "database", instance="another")
    assert "data-pick=" not in page
    assert "type the name" in text


def test_a_location_that_cannot_reach_it_is_said(emulator: Emulator, ada: User, project: Project) -> None:
    look(project)
    client = sign_in(ada)
    _, text = ask(client, "cloud_sql_mysql", "instance", location="eu")
    assert "needs data location us-central1 or US" in text
    _, text = ask(client, "spanner", "database", location="eu")
    assert "needs data location" not in text, "Spanner is exempt"


APIS = [
    ("sqladmin.googleapis.com", "cloud_sql_mysql", "instance"),
    ("spanner.googleapis.com", "spanner", "database"),
    ("metastore.googleapis.com", "spark", "metastore"),
    ("dataproc.googleapis.com", "spark", "history_server"),
    ("compute.googleapis.com", "sap_hana", "network_attachment"),
]


@pytest.mark.parametrize(("api", "slug", "field"), APIS)
def test_an_api_that_is_off_leaves_plain_typing_and_says_why(
    emulator: Emulator, ada: User, project: Project, api: str, slug: str, field: str
) -> None:
    emulator.control.service(PROJECT, api, enabled=False)

    operation = look(project)

    assert operation.state == Operation.State.SUCCEEDED, operation.error
    _, text = ask(sign_in(ada), slug, field)
    assert "could not be listed" in text
    assert "has not been used in project" in text
    assert "Type the name." in text
    assert Asset.objects.exclude(type=Asset.Type.ALLOYDB_INSTANCE).exists(), "the others are there"


def test_a_search_that_was_asked_for_before_there_were_more_types(
    emulator: Emulator, project: Project
) -> None:
    operation = discover.request_discovery(project, by=None)
    operation.steps.exclude(name__in=["list_alloydb_instances", "list_keys"]).delete()
    execution.execute(str(operation.pk), discover.apply_discovery, discover.discovery_failed)
    operation.refresh_from_db()
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert set(Asset.objects.values_list("type", flat=True)) == {
        Asset.Type.ALLOYDB_INSTANCE,
        Asset.Type.CRYPTO_KEY,
    }
