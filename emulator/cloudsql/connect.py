"""What a connector asks before it connects: connectSettings and generateEphemeralCert.

Read in cloud-sql-python-connector 1.23.0: with IAM login the login token travels in the certificate request.
Here a certificate stands for the token by its serial number; the token itself is in no certificate.
Unverified: that the API takes an invalid login token, which then fails at the login.
"""

from datetime import timedelta

from emulator import tokens
from emulator.calling import Call
from emulator.cloudsql import errors, instances
from emulator.errors import JSON
from emulator.logins import authority

_LIFETIME = timedelta(hours=1)
_KEPT = 2000


def settings(call: Call) -> JSON:
    """How to reach an instance, and whom to trust there."""
    found = instances.find(call, "cloudsql.instances.get")
    whole = instances.rendered(call, found.name, found.body)
    wanted = ("ipAddresses", "serverCaCert", "databaseVersion", "region", "backendType", "connectionName")
    return {"kind": "sql#connectSettings", **{name: whole[name] for name in wanted}}


def certificate(call: Call) -> JSON:
    """A client certificate of one hour for the caller's public key."""
    found = instances.find(call, "cloudsql.instances.connect")
    try:
        key = authority.read_public_key(call.body.get("public_key", ""))
    except ValueError:
        raise errors.invalid("Provided public key was in an invalid or unsupported format.") from None
    made = call.runtime.authorities.of(found.name).client(key, found.body["connectionName"], _LIFETIME)
    text, passes = call.body.get("access_token"), call.runtime.passes
    if text:
        passes[made.serial_number] = tokens.look_up(call.world, text, call.moment)
        for old in list(passes)[:-_KEPT]:
            del passes[old]
    return {"ephemeralCert": instances.certificate(made, found.body["name"])}
