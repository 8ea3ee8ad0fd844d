"""Credentials under seal: for one row, operation and field; for 15 minutes; under a keyset that rotates."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from portal import clock, keyfiles, keyset, secrets
from portal.models import SealedCredential
from portal.runs import RefusedError
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


def test_a_missing_keyset_is_the_operators_error_and_is_not_made_anew_by_opening(
    own_keyset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    operation = things.operation()
    things.seal(operation)
    own_keyset.unlink()
    with pytest.raises(RefusedError, match="key") as caught:
        secrets.open_sealed(operation=operation, **things.PLACE)
    assert "restore the keyset file" in caught.value.remedy
    assert str(own_keyset) in caplog.text
    assert not own_keyset.exists()


def test_a_key_that_the_keyset_lacks_is_the_operators_error(
    own_keyset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    operation = things.operation()
    things.seal(operation)
    own_keyset.unlink()
    things.seal(things.operation(), "makes another keyset")
    with pytest.raises(RefusedError, match="key"):
        secrets.open_sealed(operation=operation, **things.PLACE)
    assert "lacks the key" in caplog.text


def test_a_keyset_that_is_no_keyset_is_the_operators_error(own_keyset: Path) -> None:
    operation = things.operation()
    things.seal(operation)
    own_keyset.write_text("{}")
    with pytest.raises(RefusedError, match="key"):
        secrets.open_sealed(operation=operation, **things.PLACE)


def test_sealing_another_credential_deletes_what_has_expired() -> None:
    old = things.operation()
    things.seal(old)
    SealedCredential.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    things.seal(things.operation())
    assert not SealedCredential.objects.filter(operation=old).exists()


def test_rotations_at_once_lose_no_key(own_keyset: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rotated = list(pool.map(lambda _: keyset.rotate(), range(8)))
    numbers = {key["keyId"] for key in json.loads(own_keyset.read_text())["key"]}
    assert set(rotated) < numbers
    assert [path.name for path in own_keyset.parent.iterdir() if path.suffix != ".lock"] == ["keyset.json"]


def test_folders_made_on_the_way_are_private_too(tmp_path: Path) -> None:
    keyfiles.private_folder(tmp_path / "one" / "two")
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o700


def test_a_folder_of_the_operators_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    keyfiles.private_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o711
