"""Add data: finding the source."""

from __future__ import annotations

import re

import pytest

from connections import kinds
from portal.models import Project, User
from tests.support.factories import make_project
from tests.support.pages import sign_in, text_of

CARD = "AlloyDB: BigQuery Federation"


@pytest.mark.parametrize("words", ["alloydb", "ALLOYDB", "postgres", "google cloud", "bigquery federation"])
def test_a_search_finds_the_card(ada: User, project: Project, words: str) -> None:
    response = sign_in(ada).get("/add-data/", {"q": words})
    assert CARD in text_of(response)
    assert 'href="/add-data/alloydb/"' in response.content.decode()


def test_a_search_that_finds_nothing_offers_to_clear_it(ada: User, project: Project) -> None:
    response = sign_in(ada).get("/add-data/", {"q": "oracle <script>"})
    assert "No data sources match" in text_of(response)
    assert CARD not in text_of(response)
    assert "<script>" not in response.content.decode().partition("<body>")[2]


def test_without_a_usable_project_there_is_only_the_way_to_one(ada: User) -> None:
    make_project(number=None)
    response = sign_in(ada).get("/add-data/")
    assert "No project is ready" in text_of(response)
    assert 'href="/projects/add/"' in response.content.decode()
    assert CARD not in text_of(response)


def test_the_dialog_without_a_usable_project_leads_back(ada: User) -> None:
    assert sign_in(ada).get("/add-data/alloydb/").headers["Location"] == "/add-data/"


def test_only_administrators_add_data(ana: User, olga: User, aurel: User, project: Project) -> None:
    for person in (ana, olga, aurel):
        client = sign_in(person)
        assert client.get("/add-data/").status_code == 403
        assert client.get("/add-data/alloydb/").status_code == 403
        assert client.post("/add-data/alloydb/", {}).status_code == 403
        for tail in ("validate/", "preview/", "kind/", "choices/refresh/"):
            assert client.post(f"/add-data/alloydb/{tail}", {}).status_code == 403
        assert client.get("/add-data/alloydb/choices/").status_code == 403


def test_an_unknown_kind_is_not_there(ada: User, project: Project) -> None:
    assert sign_in(ada).get("/add-data/oracle/").status_code == 404


@pytest.mark.parametrize(
    ("words", "cards"),
    [
        ("mysql", {"cloud_sql_mysql"}),
        ("postgres", {"alloydb", "cloud_sql_postgresql"}),
        ("for mysql", {"cloud_sql_mysql"}),
        ("spanner", {"spanner", "cloud_resource"}),
        ("omni", {"aws", "azure"}),
        ("s3", {"aws"}),
        ("vertex", {"cloud_resource"}),
        ("spark", {"spark"}),
        ("sap", {"sap_hana"}),
        ("azure", {"azure"}),
    ],
)
def test_a_search_finds_its_sources(ada: User, project: Project, words: str, cards: set[str]) -> None:
    page = sign_in(ada).get("/add-data/", {"q": words}).content.decode()
    assert {kind.slug for kind in kinds.all_kinds() if f'href="/add-data/{kind.slug}/"' in page} == cards


def test_a_group_narrows_and_keeps_the_search(ada: User, project: Project) -> None:
    client = sign_in(ada)
    page = client.get("/add-data/", {"group": "Databases"}).content.decode()
    assert 'href="/add-data/spanner/"' in page
    assert 'href="/add-data/spark/"' not in page
    assert re.search(r'group=Databases" aria-current="true"', page)
    both = client.get("/add-data/", {"group": "Databases", "q": "spark"})
    assert "No data sources match" in text_of(both)
    assert 'name="group" value="Databases"' in both.content.decode()
    assert 'href="/add-data/?q=spark"' in both.content.decode()


def test_a_group_that_is_none_narrows_nothing(ada: User, project: Project) -> None:
    page = sign_in(ada).get("/add-data/", {"group": "<script>"}).content.decode()
    assert all(f'href="/add-data/{kind.slug}/"' in page for kind in kinds.all_kinds())
