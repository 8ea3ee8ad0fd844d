"""Customer-managed keys: where they may be, and who must be allowed to use them."""

from __future__ import annotations

import pytest

from tests.contract.emulator.traffic import NUMBER, PROJECT, Google, alloydb

US = f"projects/{PROJECT}/locations/us/keyRings/portal/cryptoKeys/connections-us"
CENTRAL = f"projects/{PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/connections-us-central1"
ENCRYPTER = f"bq-{NUMBER}@bigquery-encryption.iam.gserviceaccount.com"


def test_a_usable_key_in_the_right_place_passes(api: Google) -> None:
    assert api.create("c", alloydb(kmsKeyName=US)).body["kmsKeyName"] == US


@pytest.mark.parametrize("key", [CENTRAL, "portal/connections-us", US + "/cryptoKeyVersions/1"])
def test_a_key_elsewhere_or_none_is_refused(api: Google, key: str) -> None:
    assert api.create("c", alloydb(kmsKeyName=key)).status == 400


def test_bigquerys_own_account_must_be_allowed(api: Google) -> None:
    reply = api.create("c", alloydb(kmsKeyName=CENTRAL), "us-central1")
    assert reply.status == 403
    assert "Cloud KMS Error: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on" in reply.message
    assert reply.message.endswith(ENCRYPTER)
    role = {"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": [f"serviceAccount:{ENCRYPTER}"]}
    admin = api.by("admin@example.com")
    assert admin.set_policy(f"cloudkms/v1/{CENTRAL}", {"bindings": [role]}).status == 200
    assert api.create("c", alloydb(kmsKeyName=CENTRAL), "us-central1").status == 200


def test_omni_takes_no_keys(api: Google) -> None:
    body = {"aws": {"accessRole": {"iamRoleId": "arn:aws:iam::123456789012:role/bq"}}, "kmsKeyName": US}
    reply = api.create("c", body, "aws-us-east-1")
    assert (reply.status, reply.message) == (400, "Cloud KMS keys are not supported in region: aws-us-east-1")


def test_keys_and_their_policies_are_listed(api: Google) -> None:
    rings = api.get(f"cloudkms/v1/projects/{PROJECT}/locations/us/keyRings").body["keyRings"]
    keys = api.get(f"cloudkms/v1/{rings[0]['name']}/cryptoKeys").body["cryptoKeys"]
    assert [key["name"] for key in keys] == [US]
    policy = api.get(f"cloudkms/v1/{US}:getIamPolicy").body
    assert policy["bindings"][0]["members"] == [f"serviceAccount:{ENCRYPTER}"]
    assert "bindings" not in api.get(f"cloudkms/v1/{CENTRAL}:getIamPolicy").body
