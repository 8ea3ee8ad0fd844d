"""Credentials under seal: for one row, operation and field; for 15 minutes; under a keyset that rotates."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from portal import clock, secrets
from portal.models import SealedCredential
from tests.portal import things

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keyset(settings: Settings, tmp_path: Path) -> Path:
    settings.KEYSET_FILE = tmp_path / "keys" / "keyset.json"
    path: Path = settings.KEYSET_FILE
    return path


def test_what_was_sealed_opens_and_is_nowhere_in_clear() -> None:
    operation = things.operation()
    things.seal(operation, "canary-ü")
    assert secrets.open_sealed(operation=operation, **things.PLACE) == "canary-ü"
    sealed = SealedCredential.objects.get()
    assert b"canary" not in bytes(sealed.ciphertext)


@pytest.mark.parametrize("place", ["table", "row", "field"])
def test_a_ciphertext_opens_in_its_own_place_alone(place: str) -> None:
    operation = things.operation()
    things.seal(operation)
    with pytest.raises(secrets.CredentialGoneError):
        secrets.open_sealed(operation=operation, **(things.PLACE | {place: "another"}))


def test_a_ciphertext_moved_to_another_operation_does_not_open() -> None:
    mine, theirs = things.operation(), things.operation()
    things.seal(mine, "canary")
    things.seal(theirs, "other")
    stolen = SealedCredential.objects.get(operation=mine).ciphertext
    SealedCredential.objects.filter(operation=theirs).update(ciphertext=stolen)
    with pytest.raises(secrets.CredentialGoneError):
        secrets.open_sealed(operation=theirs, **things.PLACE)


def test_plain_text_in_the_table_does_not_open() -> None:
    operation = things.operation()
    things.seal(operation)
    SealedCredential.objects.update(ciphertext=b"canary")
    with pytest.raises(secrets.CredentialGoneError):
        secrets.open_sealed(operation=operation, **things.PLACE)


def test_an_empty_credential_is_never_sealed() -> None:
    with pytest.raises(ValueError, match="empty"):
        things.seal(things.operation(), "")


def test_after_its_time_it_is_gone() -> None:
    operation = things.operation()
    things.seal(operation)
    SealedCredential.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert not secrets.is_kept(operation)
    with pytest.raises(secrets.CredentialGoneError):
        secrets.open_sealed(operation=operation, **things.PLACE)
    assert secrets.destroy_expired() == 1
    assert not SealedCredential.objects.exists()


def test_it_is_kept_for_15_minutes() -> None:
    things.seal(things.operation())
    left = SealedCredential.objects.get().expires_at - clock.now()
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


def test_a_second_credential_replaces_the_first() -> None:
    operation = things.operation()
    things.seal(operation, "first")
    things.seal(operation, "second")
    assert secrets.open_sealed(operation=operation, **things.PLACE) == "second"
    assert SealedCredential.objects.count() == 1


def test_the_keyset_rotates_and_old_ciphertexts_still_open(own_keyset: Path) -> None:
    before, after = things.operation(), things.operation()
    things.seal(before, "old")
    out = StringIO()
    call_command("rotate_keyset", stdout=out)
    things.seal(after, "new")
    key_id = int(out.getvalue().rstrip(".\n").split()[-1])
    assert bytes(SealedCredential.objects.get(operation=after).ciphertext)[1:5] == key_id.to_bytes(4, "big")
    assert secrets.open_sealed(operation=before, **things.PLACE) == "old"
    assert secrets.open_sealed(operation=after, **things.PLACE) == "new"
    assert own_keyset.stat().st_mode & 0o777 == 0o600


def test_without_the_keyset_nothing_opens(own_keyset: Path) -> None:
    operation = things.operation()
    things.seal(operation)
    own_keyset.unlink()
    with pytest.raises(secrets.CredentialGoneError):
        secrets.open_sealed(operation=operation, **things.PLACE)
