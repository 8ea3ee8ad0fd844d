"""What a connector asks before it connects: connection info, and a client certificate.

The messages of the AlloyDB API (google-cloud-alloydb, v1beta). generateClientCertificate is in no discovery
document: connectors call it over gRPC.
"""

from datetime import timedelta

from emulator import errors
from emulator.api import catalog
from emulator.calling import Call
from emulator.errors import JSON
from emulator.logins import authority
from emulator.logins.authority import pem

_LONGEST, _USUAL = 86_400, 86_400  # seconds


def instance_name(call: Call, permission: str) -> str:
    """The name of the instance in the path, with the project's number."""
    project = catalog.allowed(call, permission)
    tail = "locations/{location}/clusters/{cluster}/instances/{instance}".format(**call.params)
    name = f"projects/{project.number}/{tail}"
    if name not in call.world.instances:
        raise errors.not_found(f"Resource 'projects/{project.project_id}/{tail}' was not found")
    return name


def reachable(call: Call, name: str, body: JSON) -> JSON:
    """The instance's addresses: its login endpoint if it has one."""
    own = call.runtime.addresses.get(name)
    return {field: own or body[field] for field in ("ipAddress", "publicIpAddress") if field in body}


def info(call: Call) -> JSON:
    """Where the instance is."""
    name = instance_name(call, "alloydb.instances.connect")
    body = call.world.instances[name].body
    shown = f"{body['name']}/connectionInfo"
    return {"name": shown, "instanceUid": body["uid"], **reachable(call, name, body)}


def certificate(call: Call) -> JSON:
    """A client certificate for the public key in `publicKey`, for `certDuration` seconds."""
    project = catalog.allowed(call, "alloydb.clusters.generateClientCertificate")
    name = f"projects/{project.number}/locations/{{location}}/clusters/{{cluster}}".format(**call.params)
    if name not in call.world.clusters:
        raise errors.not_found(f"Resource '{name}' was not found")
    try:
        key = authority.read_public_key(call.body.get("publicKey", ""))
    except ValueError:
        raise errors.invalid("The public key is not valid.", field="public_key") from None
    seconds = min(int(call.body.get("certDuration") or _USUAL), _LONGEST)
    own = call.runtime.authorities.of(name)
    made = pem(own.client(key, name.rsplit("/", 1)[-1], timedelta(seconds=seconds)))
    root = pem(own.certificate)
    return {"pemCertificate": made, "pemCertificateChain": [made, root], "caCert": root}
