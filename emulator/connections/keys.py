"""Customer-managed keys of connections.

Google's documentation, customer-managed encryption keys: the key is used by BigQuery's own account, not by
the connection's agent, and must be where the connection is. The messages are recorded ones, from Terraform's
acceptance tests (use refused) and from magic-modules (Omni); the one for a wrong location is unverified.
"""

import re

from emulator import errors, locations, names, services
from emulator.errors import ApiError
from emulator.iam import access
from emulator.model import World

_KEY = re.compile(r"^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$")
USE = "cloudkms.cryptoKeyVersions.useToEncrypt"


def check_place(key: str, location: str) -> None:
    """Raise ApiError 400 for a name that is none, and for a key in the wrong place."""
    if not _KEY.match(key):
        raise errors.invalid(f"Invalid Cloud KMS key name: {key}", field="connection.kms_key_name")
    if locations.is_omni(location):
        raise errors.invalid(f"Cloud KMS keys are not supported in region: {location}")
    if names.location_of(key) not in locations.key_locations(location):
        raise errors.invalid(
            f"Cloud KMS key {key} is in location {names.location_of(key)}, which cannot protect a connection "
            f"in location {location}.",
            field="connection.kms_key_name",
        )


def refusal(world: World, key: str, number: str, moment: float) -> ApiError | None:
    """The 403 that BigQuery answers if its account for project `number` may not encrypt with the key."""
    account = services.encryption_account(number)
    name = names.canonical(world, key)
    if name in world.keys and access.allowed(world, f"serviceAccount:{account}", USE, name, moment):
        return None
    return errors.denied(
        f"Access Denied: BigQuery BigQuery: Cloud KMS Error: Permission '{USE}' denied on resource '{key}' "
        "(or it may not exist). Please grant Cloud KMS CryptoKey Encrypter/Decrypter role to BigQuery "
        f"service account: {account}"
    )


def check(world: World, key: str, location: str, number: str, moment: float) -> None:
    """Raise ApiError unless the key may protect a connection of project `number` in `location`."""
    check_place(key, location)
    refused = refusal(world, key, number, moment)
    if refused is not None:
        raise refused
