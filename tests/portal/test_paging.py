"""Paging by key: each row comes once, in order, whatever the order is; and odd keys are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.http import QueryDict

from portal.models import Operation, User
from portal.views.paging import KeyPage, ordered_page
from tests.support.plans import only_sqlite, plans

pytestmark = pytest.mark.django_db
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
ORDERS = [
    ("-created_at", "id"),
    ("created_at", "-id"),
    ("title", "id"),
    ("-title", "-created_at", "id"),
    ("id",),
    ("-id",),
]


@pytest.fixture
def operations() -> QuerySet[Operation]:
    """Eleven, of which many are alike; their titles hold what an address has to escape."""
    Operation.objects.bulk_create(
        Operation(
            task="test",
            title=("a b", "a%20b", "a+b", "ä~_")[number % 4],
            target=f"projects/acme-{number}",
            created_at=BEGAN + timedelta(seconds=number % 3),
            run_after=BEGAN,
            patience_until=BEGAN,
        )
        for number in range(11)
    )
    return Operation.objects.all()


def query_of(url: str) -> QueryDict:
    return QueryDict(url.removeprefix("?"))


def walk(found: QuerySet[Any], order: tuple[str, ...], **more: Any) -> list[KeyPage[Any]]:
    """Every page, from the first on."""
    pages = [ordered_page(found, QueryDict("q=x"), *order, **more)]
    while url := pages[-1].older_url or pages[-1].further_url:
        assert query_of(url)["q"] == "x"
        pages.append(ordered_page(found, query_of(url), *order, **more))
    return pages


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
@pytest.mark.parametrize("size", [1, 3, 4, 11])
def test_each_row_comes_once_and_in_order(
    operations: QuerySet[Operation], order: tuple[str, ...], size: int
) -> None:
    pages = walk(operations, order, size=size)
    assert [row for page in pages for row in page.rows] == list(operations.order_by(*order))
    assert [page.newest_url for page in pages] == ["", *["?q=x"] * (len(pages) - 1)]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
@pytest.mark.parametrize(("size", "most"), [(1, 3), (3, 2), (4, 11), (4, 30)])
def test_a_search_looks_through_so_many_rows_at_a_time(
    operations: QuerySet[Operation], order: tuple[str, ...], size: int, most: int
) -> None:
    wanted = operations.filter(target__in=[f"projects/acme-{number}" for number in (0, 3, 4, 5, 10)])
    pages = walk(wanted, order, size=size, walked=operations, most=most)
    assert [row for page in pages for row in page.rows] == list(wanted.order_by(*order))
    assert len(pages) >= 11 // max(most, size)


def test_a_search_that_finds_nothing_ends(operations: QuerySet[Operation]) -> None:
    pages = walk(operations.none(), ("-created_at", "id"), size=3, walked=operations, most=4)
    assert [bool(page.further_url) for page in pages] == [True, True, False]


def test_a_row_that_is_gone_still_names_its_place(operations: QuerySet[Operation]) -> None:
    first = ordered_page(operations, QueryDict(), "created_at", "id", size=4)
    first.rows[-1].delete()
    second = ordered_page(operations, query_of(first.older_url), "created_at", "id", size=7)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}
    assert len(second.rows) == 7


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        " ",
        "2026-03-01T00:00:00+00:00",
        "2026-03-01T00:00:00 " + "0" * 32,
        "0001-01-01T00:00:00+23:59 " + "0" * 32,
        "9999-99-99T00:00:00+00:00 " + "0" * 32,
        "2026-03-01T00:00:00+00:00 %00",
        "2026-03-01T00:00:00+00:00 x y",
    ],
)
def test_a_key_that_names_no_place_is_the_beginning(operations: QuerySet[Operation], key: str) -> None:
    query = QueryDict(mutable=True)
    query["before"] = key
    assert len(ordered_page(operations, query, "-created_at", "id", size=50).rows) == 11


@pytest.mark.parametrize("key", ["9" * 30, "-" + "9" * 30, "9" * 5000, "٣"])
def test_odd_numbers_break_nothing(key: str) -> None:
    query = QueryDict(mutable=True)
    query["before"] = key
    for order in ("id", "-id"):
        assert list(ordered_page(User.objects.all(), query, order, size=5).rows) == []


@only_sqlite
def test_an_index_finds_where_the_page_begins(operations: QuerySet[Operation]) -> None:
    """What comes before the place is not read: else the thousandth page would cost a thousand."""
    first = ordered_page(operations, QueryDict(), "-created_at", "id", size=2)
    with plans() as lines:
        ordered_page(operations, query_of(first.older_url), "-created_at", "id", size=2)
    assert lines == ["SEARCH portal_operation USING INDEX operation_newest (created_at<?)"]


@only_sqlite
def test_a_persons_operations_are_found_among_the_portals_own(operations: QuerySet[Operation]) -> None:
    with plans() as lines:
        ordered_page(
            operations.filter(requested_by="a@example.com"), QueryDict(), "-created_at", "id", size=2
        )
    assert lines == ["SEARCH portal_operation USING INDEX operation_of_person (requested_by=?)"]
