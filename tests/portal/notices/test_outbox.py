"""Told with the change or not at all, to whom wants it, claimed once, and never sent twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from portal import clock, notices
from portal.models import Delivery, Notice, NoticePreferences, User
from portal.notices import outbox, sending
from tests.portal import people
from tests.portal.notices.telling import (
    CONNECTION,
    KIND,
    channel,
    expire_leases,
    only,
    send_all,
    tell,
    wants_webhook,
)
from tests.portal.threads import at_once
from tests.support.examples import examples

pytestmark = pytest.mark.django_db
State = Delivery.State


def test_a_notice_needs_the_transaction_of_what_it_tells_of(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        notices.tell(KIND, about="/", to=[], subject="s", text="", key="k")


def test_what_did_not_happen_is_not_told(ana: User) -> None:
    with transaction.atomic():
        notices.tell(KIND, about="/", to=[ana], subject="s", text="", key="k")
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("about", ["https://evil.example/", "//evil.example/", "access/"])
def test_a_notice_leads_to_a_page_of_the_portal(ana: User, about: str) -> None:
    with pytest.raises(ValueError, match="page of the portal"), transaction.atomic():
        notices.tell(KIND, about=about, to=[ana], subject="s", text="", key="k")


def test_an_unknown_kind_is_refused(ana: User) -> None:
    with pytest.raises(ValueError, match="gossip"), transaction.atomic():
        notices.tell("gossip", about="/", to=[ana], subject="s", text="", key="k")


def test_everybody_is_told_by_e_mail_unless_they_chose_otherwise(ana: User) -> None:
    quiet = people.person("quiet@example.com")
    NoticePreferences.objects.create(person=quiet, email=[])
    gone = people.person("gone@example.com")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    tell(ana, ana, quiet, gone)
    send_all()
    assert [message.to for message in mail.outbox] == [["ana@example.com"]]
    assert "http://localhost:8000/access/" in mail.outbox[0].body


def test_a_key_is_told_once_and_whoever_comes_later_is_told_then(ana: User) -> None:
    bea = people.person("bea@example.com")
    tell(ana)
    tell(ana, bea)
    tell(ana, bea)
    send_all()
    send_all()
    assert sorted(message.to[0] for message in mail.outbox) == ["ana@example.com", "bea@example.com"]


def test_a_subject_is_one_line_and_fits(ana: User) -> None:
    with transaction.atomic():
        notices.tell(KIND, about="/", to=[ana], subject="a\r\nBcc: b" + "x" * 300, text="", key="k")
    send_all()
    assert len(Notice.objects.get().subject) == 200
    assert mail.outbox[0].recipients() == ["ana@example.com"]
    assert "\n" not in mail.outbox[0].subject


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("", True),
        ("projects/acme-analytics", True),
        (CONNECTION, True),
        ("projects/acme", False),
        (CONNECTION + "2", False),
    ],
)
def test_shared_channels_are_told_of_what_lies_in_their_scope(ana: User, scope: str, told: bool) -> None:
    channel("https://hooks.example.com/x", scope=scope)
    tell()
    assert Delivery.objects.exists() == told


def test_shared_channels_that_are_off_or_want_other_kinds_are_not_told(ana: User) -> None:
    channel("https://hooks.example.com/x", is_active=False)
    channel("https://hooks.example.com/x", name="other", kinds=[notices.Kind.BREAK_GLASS])
    tell()
    assert not Delivery.objects.exists()


def test_telling_many_costs_what_telling_one_does(
    ana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = [people.person(f"p{number}@example.com") for number in range(20)]
    with django_assert_num_queries(10):
        tell(*many)


def test_many_workers_claim_a_delivery_once(transactional_db: None) -> None:
    tell(people.person("ana@example.com"))
    pk = str(only().pk)
    assert sum(found is not None for found in at_once(8, lambda _: outbox.claim(pk))) == 1


def test_a_worker_that_died_before_the_mark_is_followed_by_another(ana: User) -> None:
    tell(ana)
    old = outbox.claim(str(only().pk))
    assert old
    assert outbox.claim(str(only().pk)) is None
    expire_leases()
    send_all()
    assert len(mail.outbox) == 1
    assert not outbox.begin(old), "the old worker must not send any more"


def test_a_worker_that_died_after_the_mark_leaves_an_unknown_that_is_not_repeated(ana: User) -> None:
    tell(ana)
    lost = outbox.claim(str(only().pk))
    assert lost
    assert outbox.begin(lost)
    expire_leases()
    outbox.sweep()
    assert (only().state, only().error) == (State.UNKNOWN, outbox.INTERRUPTED)
    send_all()
    assert not mail.outbox


def test_a_worker_slower_than_its_lease_still_tells_what_it_knows(ana: User) -> None:
    tell(ana)
    slow = outbox.claim(str(only().pk))
    assert slow
    outbox.begin(slow)
    expire_leases()
    outbox.sweep()
    outbox.settle(slow, State.SENT)
    assert only().state == State.SENT


def test_patience_ends(ana: User) -> None:
    tell(ana)
    Delivery.objects.update(patience_until=clock.now() + timedelta(seconds=5))
    held = outbox.claim(str(only().pk))
    assert held
    outbox.postpone(held, "busy", 60)
    assert (only().state, only().error) == (State.FAILED, "busy")


def test_the_sweep_wakes_each_delivery_once_until_its_lease_is_over(ana: User) -> None:
    tell(ana)
    assert [outbox.sweep(), outbox.sweep()] == [1, 0]
    Delivery.objects.update(woken_at=clock.now() - timedelta(minutes=5))
    assert outbox.sweep() == 1


def test_an_unforeseen_error_says_its_name_and_not_the_address(
    ana: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wants_webhook(ana, "https://hooks.example.com/hook-canary")
    tell(ana)

    def explode(_: Delivery) -> None:
        raise RuntimeError("https://hooks.example.com/hook-canary")

    monkeypatch.setattr(sending, "_by_its_way", explode)
    send_all()
    assert only().state == State.UNKNOWN
    assert "RuntimeError" in caplog.text
    assert "hook-canary" not in caplog.text + only().error


ACTS = st.sampled_from(["claim", "begin", "send", "settle", "die", "sweep", "expire"])


@given(steps=st.lists(st.tuples(ACTS, st.integers(0, 2)), max_size=40))
@examples(100)
def test_whatever_workers_do_and_wherever_they_die_nothing_goes_out_twice(
    ana: User, steps: list[tuple[str, int]]
) -> None:
    Notice.objects.all().delete()
    tell(ana)
    pk = str(only().pk)
    hands: dict[int, tuple[Delivery, str]] = {}
    sent = 0
    for step, who in steps:
        held, stage = hands.get(who, (None, ""))
        if step == "claim" and (taken := outbox.claim(pk)):
            hands[who] = (taken, "claimed")
        elif step == "begin" and held and stage == "claimed":
            hands[who] = (held, "sending" if outbox.begin(held) else "lost")
        elif step == "send" and held and stage == "sending":
            sent += 1
            hands[who] = (held, "sent")
        elif step == "settle" and held and stage == "sent":
            outbox.settle(held, State.SENT)
        elif step == "die":
            hands.pop(who, None)
        elif step == "sweep":
            outbox.sweep()
        elif step == "expire":
            expire_leases()
    assert sent <= 1
