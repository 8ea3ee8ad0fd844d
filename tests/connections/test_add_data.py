"""Add data: finding the source."""

from __future__ import annotations

import pytest

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
