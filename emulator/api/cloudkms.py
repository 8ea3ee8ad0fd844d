"""Cloud KMS v1: key rings, keys, and who may use a key."""

from collections.abc import Mapping
from functools import partial

from emulator import errors, names
from emulator.api import policies
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.iam.policies import CRYPTO_KEY
from emulator.model import Named, Project
from emulator.paging import page

_LOCATIONS = "v1/projects/{project}/locations"
_RINGS = _LOCATIONS + "/{location}/keyRings"
_RING = _RINGS + "/{ring}"
_KEYS = _RING + "/cryptoKeys"
_KEY = _KEYS + "/{key}"
_PAGED = ("pageSize", "pageToken", "filter", "orderBy")
_method = partial(Method, api="cloudkms")


def _name(call: Call, project: Project, template: str) -> str:
    """The name that a path stands for, with the project's number."""
    return template.removeprefix("v1/").format(**{**call.params, "project": project.number})


def _allowed(call: Call, permission: str, template: str) -> str:
    project = call.project()
    name = _name(call, project, template)
    call.require(permission, name, shown=name.replace(project.number, project.project_id, 1))
    return name


def _answer(call: Call, key: str, bodies: list[JSON]) -> JSON:
    part, following = page(call, bodies)
    answer: JSON = {key: list(part)} if part else {}
    if following:
        answer["nextPageToken"] = following
    return {**answer, "totalSize": len(bodies)} if bodies and key != "locations" else answer


def _list_locations(call: Call) -> JSON:
    project = call.project()
    call.require(
        "cloudkms.locations.list", f"projects/{project.number}", shown=f"projects/{project.project_id}"
    )
    own = f"projects/{project.number}/"
    found = {names.location_of(name) for name in call.world.key_rings if name.startswith(own)}
    places = sorted(found | {"global", "us", "europe", "us-central1", "europe-west1"})
    bodies: list[JSON] = [
        {
            "name": f"projects/{project.project_id}/locations/{place}",
            "locationId": place,
            "displayName": place,
        }
        for place in places
    ]
    return _answer(call, "locations", bodies)


def _children(table: Mapping[str, Named], parent: str) -> list[JSON]:
    return [table[name].body for name in sorted(table) if name.startswith(parent)]


def _list_rings(call: Call) -> JSON:
    project = call.project()
    call.require(
        "cloudkms.keyRings.list", f"projects/{project.number}", shown=f"projects/{project.project_id}"
    )
    return _answer(call, "keyRings", _children(call.world.key_rings, _name(call, project, _RINGS) + "/"))


def _list_keys(call: Call) -> JSON:
    ring = _allowed(call, "cloudkms.cryptoKeys.list", _RING)
    if ring not in call.world.key_rings:
        raise errors.not_found(f"KeyRing {ring} not found.")
    return _answer(call, "cryptoKeys", _children(call.world.keys, ring + "/cryptoKeys/"))


def _found(call: Call, permission: str) -> str:
    key = _allowed(call, permission, _KEY)
    if key not in call.world.keys:
        raise errors.not_found(f"CryptoKey {key} not found.")
    return key


def _get_key(call: Call) -> JSON:
    return call.world.keys[_found(call, "cloudkms.cryptoKeys.get")].body


def _named(call: Call) -> str | None:
    key = _name(call, call.project(), _KEY)
    return key if key in call.world.keys else None


METHODS = (
    _method(
        name="locations.list", verb="GET", template=_LOCATIONS, handler=_list_locations, query=_PAGED[:3]
    ),
    _method(name="keyRings.list", verb="GET", template=_RINGS, handler=_list_rings, query=_PAGED),
    _method(
        name="cryptoKeys.list",
        verb="GET",
        template=_KEYS,
        handler=_list_keys,
        query=(*_PAGED, "versionView"),
    ),
    _method(name="cryptoKeys.get", verb="GET", template=_KEY, handler=_get_key),
    *policies.methods(_method, "cloudkms.cryptoKeys", _KEY, CRYPTO_KEY, found=_found, named=_named, get=True),
)
