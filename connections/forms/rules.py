"""What makes a connection's name, place, key and owners valid, each with the sentence shown beside its field.

All of it is known before anything is sent: nothing here asks Google.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError

from connections import lookup
from connections.kinds.base import Kind, RoleNeeded
from connections.models import GIVES_WAY, Asset, Connection
from portal.gcp import regions
from portal.models import Project

# Google documents no maximum; this is what the portal keeps.
LONGEST_ID = 200
KEY_FORM = "projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
_KEY = re.compile(
    r"projects/(?:[a-z0-9.-]+:)?[a-z0-9-]+/locations/(?P<location>[a-z0-9-]+)"
    r"/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}"
)
_KEY_VERSION = re.compile(r"/cryptoKeyVersions/[^/]*\Z")

LocationChoices = list[tuple[str, list[tuple[str, str]]]]


def location_choices(kind: Kind) -> LocationChoices:
    """The data locations that the kind can be in, grouped, each spelled as in Google's own names.

    BigQuery Omni's are in other companies' clouds: for the kinds that read there, and for no others.
    """
    groups = {"omni": "BigQuery Omni"} if kind.omni else {"multi-region": "Multi-region", "region": "Region"}
    return [
        (
            label,
            [
                (place.id.lower(), place.full_label)
                for place in regions.LOCATIONS
                if place.kind == group and place.id.startswith(kind.omni)
            ],
        )
        for group, label in groups.items()
    ]


def allowed_in_ids(kind: Kind) -> str:
    """What a connection's ID may consist of; dashes too with BigQuery Omni ("Connect to Amazon S3")."""
    return "Letters, numbers, dashes, and underscores" if kind.omni else "Letters, numbers, and underscores"


def connection_id(kind: Kind) -> Callable[[str], None]:
    """A validator: letters, numbers and underscores ("Connect to AlloyDB for PostgreSQL")."""
    allowed = re.compile(r"[A-Za-z0-9_-]" if kind.omni else r"[A-Za-z0-9_]")

    def check(value: str) -> None:
        wrong = sorted({character for character in value if not allowed.fullmatch(character)})
        if wrong:
            named = " ".join(_visible(character) for character in wrong[:5])
            raise ValidationError(f"{allowed_in_ids(kind)} are allowed; not {named}")

    return check


def _visible(character: str) -> str:
    if character.isspace():
        return "a blank"
    return f"“{character}”" if character.isprintable() else "an invisible character"


def no_control_characters(value: str) -> None:
    """Refuse what would break a line in a log or a command."""
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise ValidationError("There is a control character in this: type it instead of pasting.")


def only_visible(value: str) -> None:
    """Refuse what nobody can see in a name that a database compares to the letter."""
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in value):
        raise ValidationError("There is an invisible character in this: type it instead of pasting.")


def bytes_at_most(limit: int) -> Callable[[str], None]:
    """A validator: PostgreSQL counts a name's length in bytes, and cuts off what is too long.

    More characters than that are max_length's to complain of.
    """

    def check(value: str) -> None:
        size = len(value.encode(errors="replace"))
        if len(value) <= limit < size:
            raise ValidationError(f"This is {size} bytes long; {limit} are allowed.")

    return check


def kind_fields(kind: Kind) -> dict[str, forms.Field]:
    """The kind's own fields, with what holds for the text of every kind."""
    fields = kind.fields()
    for name, field in fields.items():
        if name == kind.secret_field or not isinstance(field, forms.CharField):
            continue
        field.validators.append(only_visible)
        if field.max_length:
            field.validators.append(bytes_at_most(field.max_length))
    return fields


def taken(project: Project, location: str, name: str) -> str:
    """Say that the portal has this connection already; "" if it has not. What Google has not gives way."""
    same = Connection.objects.filter(project=project, location=location, connection_id=name)
    if not same.exclude(GIVES_WAY).exists():
        return ""
    return taken_message(project, location, name)


def taken_message(project: Project, location: str, name: str) -> str:
    """The sentence for an id that is taken."""
    return f"{name} exists already in {location} of {project.project_id}. Choose another connection ID."


def out_of_hand(project: Project, kind: Kind, needed: RoleNeeded) -> str:
    """Say that a role is needed in a project that the portal does not look after; "" if it can grant it."""
    if lookup.project_of(project, needed) is not None:
        return ""
    what = "instance" if needed.field == "instance" else "resource"
    return (
        f"This {what} is in the project {needed.project}, the connection in {project.project_id}. The"
        f" {kind.identity_word} needs {needed.label} over there: register {needed.project} on the Projects"
        " page, or clear the box that grants it and have it granted there."
    )


def unreachable(location: str, region: str, *, use: str = "query an instance") -> str:
    """Say that BigQuery cannot `use` that region from there, and from where it can; "" if it can."""
    if not location or not region or regions.can_query(location, region):
        return ""
    ways = [regions.normalise(place) for place in regions.locations_for(region)]
    if not ways:
        return f"No location of BigQuery reaches {region}, as far as the portal knows: is it spelled right?"
    return (
        f"BigQuery in {regions.normalise(location)} cannot {use} in {region}."
        f" Choose {' or '.join(ways)} as data location."
    )


def key_name(name: str) -> None:
    """A Cloud KMS key's full name, without a version."""
    if _KEY.fullmatch(name):
        return
    if _KEY_VERSION.search(name) and _KEY.fullmatch(_KEY_VERSION.sub("", name)):
        raise ValidationError("Leave the version out: BigQuery takes a key, not one of its versions.")
    raise ValidationError(f"Enter the key's full name: {KEY_FORM}.")


def key_misplaced(location: str, name: str) -> str:
    """Say that a key cannot protect a connection there, and where the right one lives; "" if it can."""
    found = _KEY.fullmatch(name)
    if not location or not found or regions.key_location_fits(location, found["location"]):
        return ""
    places = regions.key_locations(location)
    if not places:
        return f"Cloud KMS keys are not supported in {location}. Choose the Google-managed encryption key."
    return (
        f"This key is in {found['location']}. A connection in {regions.normalise(location)} needs a key in"
        f" {' or '.join(places)}."
    )


def key_unusable(project: Project, name: str) -> str:
    """Say why BigQuery cannot use a key that the portal has seen; "" if it can, or if it is not known."""
    asset = Asset.objects.filter(project=project, type=Asset.Type.CRYPTO_KEY, name=name).first()
    if asset is None:
        return ""
    if asset.attributes.get("purpose", "") not in {"", "ENCRYPT_DECRYPT"}:
        return "This key is for another purpose: BigQuery needs one of purpose ENCRYPT_DECRYPT."
    if asset.attributes.get("state", "") not in {"", "ENABLED"}:
        return f"The primary version of this key is {asset.attributes['state'].lower()}: enable it first."
    return ""
