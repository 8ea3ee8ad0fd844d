"""Addresses that nobody follows by a link are answered all the same, on both databases."""

from __future__ import annotations

import pytest

from tests.portal import people, things

pytestmark = pytest.mark.django_db
HUGE = "9" * 40


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/audit/{HUGE}/", 404),
        (f"/people/{HUGE}/", 404),
        (f"/audit/?before={HUGE}", 200),
        ("/audit/?before=%D9%A3", 200),
        ("/audit/?q=%00", 200),
        ("/audit/?since=nonsense&outcome=nonsense", 200),
        ("/audit/?until=9999-12-31", 200),
        ("/audit/?since=0001-01-01", 200),
        (f"/projects/?q={HUGE}", 200),
        (f"/projects/?q={'9' * 5000}", 200),
        ("/projects/?q=%D9%A3", 200),
        (f"/projects/?before={'9' * 5000}", 200),
        ("/projects/?q=%00&before=%00", 200),
        ("/people/?q=%00&role=nonsense&before=%2500", 200),
        ("/operations/?q=%00&state=nonsense", 200),
        ("/operations/?before=9999-12-31T23:59:59%2B00:00+" + "f" * 32, 200),
        ("/operations/?before=0001-01-01T00:00:00%2B23:59+" + "0" * 32, 200),
        ("/reviews/?before=nonsense+9999-99-99+x", 200),
        ("/access/outside/?before=x+%2500", 200),
        (f"/databases/?before=%25%25+{HUGE}", 200),
        ("/invitations/%00/", 404),
        (f"/invitations/{HUGE * 20}/", 404),
    ],
)
def test_it_is_answered(cast: people.Cast, address: str, status: int) -> None:
    things.event()
    assert people.signed_in(cast.admin).get(address).status_code == status
