"""Two choices at once by one person, who never chose before: the later one stays, and neither is an error."""

from __future__ import annotations

from portal.models import NoticePreferences
from portal.notices import services
from tests.portal.threads import at_once
from tests.support.factories import make_person


def test_two_first_choices_at_once_are_one(transactional_db: None) -> None:
    ana = make_person("ana@example.com")

    def choose(number: int) -> str:
        kinds = ["access_ending"] if number % 2 else ["access_ended"]
        services.change_preferences(ana, email=kinds, webhook=[], url="", shape="")
        return kinds[0]

    chosen = at_once(8, choose)
    kept = NoticePreferences.objects.get(person=ana)
    assert kept.email in ([kind] for kind in chosen)
