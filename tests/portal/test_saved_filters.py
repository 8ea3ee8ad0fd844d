"""Filters that people keep: their own, by a name, as the page's address holds them."""

from __future__ import annotations

import pytest

from portal import filters
from portal.models import SavedFilter
from tests.portal import people, things

pytestmark = pytest.mark.django_db
REFUSED = {"page": "audit", "name": "Refused", "query": "outcome=refused&actor=&before=12"}


def test_a_filter_is_kept_and_leads_to_what_it_filters(cast: people.Cast) -> None:
    browser = people.signed_in(cast.auditor)
    things.event()
    assert "Save these filters" not in browser.get("/audit/").content.decode()
    assert "Save these filters" in browser.get("/audit/?outcome=refused").content.decode()
    answer = browser.post("/filters/save/", REFUSED)
    assert answer["Location"] == "/audit/?outcome=refused", "neither the place in the list nor what is empty"
    html = browser.get("/audit/?outcome=refused").content.decode()
    assert 'href="/audit/?outcome=refused" aria-current="true"' in html
    assert "Remove the filter Refused" in html


def test_the_same_name_again_replaces_it(cast: people.Cast) -> None:
    browser = people.signed_in(cast.auditor)
    browser.post("/filters/save/", REFUSED)
    browser.post("/filters/save/", REFUSED | {"query": "outcome=failed"})
    browser.post("/filters/save/", REFUSED | {"page": "holdings"})
    kept = SavedFilter.objects.filter(owner=cast.auditor).values_list("page", "query")
    assert set(kept) == {("audit", "outcome=failed"), ("holdings", "outcome=refused")}


def test_everybody_has_their_own(cast: people.Cast) -> None:
    mine = things.saved_filter(cast.auditor)
    admin = people.signed_in(cast.admin)
    assert "Remove the filter" not in admin.get("/audit/").content.decode()
    assert admin.post(f"/filters/{mine.pk}/remove/").status_code == 404
    auditor = people.signed_in(cast.auditor)
    assert auditor.post(f"/filters/{mine.pk}/remove/")["Location"] == "/audit/"
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"page": "people"}, {"page": ""}, {"query": "x" * 2001}], ids=["page", "no page", "long"]
)
def test_what_no_page_sends_is_not_kept(cast: people.Cast, wrong: dict[str, str]) -> None:
    assert people.signed_in(cast.auditor).post("/filters/save/", REFUSED | wrong).status_code == 404
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_filter_needs_a_name(cast: people.Cast, name: str) -> None:
    browser = people.signed_in(cast.auditor)
    answer = browser.post("/filters/save/", REFUSED | {"name": name}, follow=True)
    assert "Give the filter a name" in answer.content.decode()
    assert not SavedFilter.objects.exists()


def test_so_many_and_no_more(cast: people.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MOST", 1)
    browser = people.signed_in(cast.auditor)
    browser.post("/filters/save/", REFUSED)
    answer = browser.post("/filters/save/", REFUSED | {"name": "Another"}, follow=True)
    assert "Only 1 filters are kept" in answer.content.decode()
    browser.post("/filters/save/", REFUSED | {"query": "outcome=failed"})
    assert SavedFilter.objects.get().query == "outcome=failed", "one that is there may change"
