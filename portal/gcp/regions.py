"""Where BigQuery runs, which databases it reaches from there, and which keys fit. Pure data and rules.

Sources: "BigQuery locations", "Introduction to federated queries" (supported regions), "Introduction to
BigQuery Omni" and "Customer-managed Cloud KMS keys", BigQuery documentation, as of
2026. No API lists the locations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["multi-region", "region", "omni"]


@dataclass(frozen=True, slots=True)
class Location:
    """A place where BigQuery keeps data and runs queries. ``id`` is spelled as the documents spell it."""

    id: str
    label: str
    kind: Kind

    @property
    def full_label(self) -> str:
        """For a list to choose from, such as ``us-central1 (Iowa)``."""
        return f"{self.id} ({self.label})"


_MULTI = {"US": "multiple regions in the United States", "EU": "multiple regions in the European Union"}
_REGIONS = {
    "us-central1": "Iowa",
    "us-east1": "South Carolina",
    "us-east4": "Northern Virginia",
    "us-east5": "Columbus, Ohio",
    "us-south1": "Dallas",
    "us-west1": "Oregon",
    "us-west2": "Los Angeles",
    "us-west3": "Salt Lake City",
    "us-west4": "Las Vegas",
    "northamerica-northeast1": "Montréal",
    "northamerica-northeast2": "Toronto",
    "northamerica-south1": "Mexico",
    "southamerica-east1": "São Paulo",
    "southamerica-west1": "Santiago",
    "europe-central2": "Warsaw",
    "europe-north1": "Finland",
    "europe-north2": "Stockholm",
    "europe-southwest1": "Madrid",
    "europe-west1": "Belgium",
    "europe-west2": "London",
    "europe-west3": "Frankfurt",
    "europe-west4": "Netherlands",
    "europe-west6": "Zürich",
    "europe-west8": "Milan",
    "europe-west9": "Paris",
    "europe-west10": "Berlin",
    "europe-west12": "Turin",
    "asia-east1": "Taiwan",
    "asia-east2": "Hong Kong",
    "asia-northeast1": "Tokyo",
    "asia-northeast2": "Osaka",
    "asia-northeast3": "Seoul",
    "asia-south1": "Mumbai",
    "asia-south2": "Delhi",
    "asia-southeast1": "Singapore",
    "asia-southeast2": "Jakarta",
    "australia-southeast1": "Sydney",
    "australia-southeast2": "Melbourne",
    "me-central1": "Doha",
    "me-central2": "Dammam",
    "me-west1": "Tel Aviv",
    "africa-south1": "Johannesburg",
}
_OMNI = {
    "aws-us-east-1": "AWS, Northern Virginia",
    "aws-us-west-2": "AWS, Oregon",
    "aws-ap-northeast-2": "AWS, Seoul",
    "aws-ap-southeast-2": "AWS, Sydney",
    "aws-eu-west-1": "AWS, Ireland",
    "aws-eu-central-1": "AWS, Frankfurt",
    "azure-eastus2": "Azure, Virginia",
}
# Regions in member states of the European Union; London and Zürich are in Europe and not among them.
_EU_MEMBER_REGIONS = frozenset(
    {
        "europe-central2",
        "europe-north1",
        "europe-north2",
        "europe-southwest1",
        "europe-west1",
        "europe-west3",
        "europe-west4",
        "europe-west8",
        "europe-west9",
        "europe-west10",
        "europe-west12",
    }
)
# "a dataset in region US should be protected with a key ring from region us, and a dataset in region EU
# should be protected with a key ring from region europe"; regional ones with a key of the same region.
_MULTI_REGION_KEYS = {"US": "us", "EU": "europe"}

LOCATIONS: tuple[Location, ...] = (
    *(Location(id, label, "multi-region") for id, label in _MULTI.items()),
    *(Location(id, label, "region") for id, label in _REGIONS.items()),
    *(Location(id, label, "omni") for id, label in _OMNI.items()),
)
_BY_ID = {location.id: location for location in LOCATIONS}


def normalise(location: str) -> str:
    """The spelling that the documents use: US and EU in capitals, all else in lower case."""
    trimmed = location.strip()
    return trimmed.upper() if trimmed.upper() in _MULTI else trimmed.lower()


def find(location: str) -> Location | None:
    """What is known of a location, in whatever case it is spelled; None for one newer than this list."""
    return _BY_ID.get(normalise(location))


def label(location: str) -> str:
    """A name for people, or the id itself where none is known."""
    known = find(location)
    return known.label if known else normalise(location)


def is_omni(location: str) -> bool:
    """Whether the location is in another company's cloud (BigQuery Omni)."""
    return normalise(location).startswith(("aws-", "azure-"))


def can_query(bigquery_location: str, instance_region: str) -> bool:
    """Whether a connection there can query an AlloyDB or Cloud SQL instance in this region.

    A region reaches instances of the same region, US those of any region in the United States, EU those
    of any region in a member state. Spanner is exempt from this rule: do not ask for it.
    """
    place, region = normalise(bigquery_location), normalise(instance_region)
    if not region or is_omni(place) or region in _MULTI:
        return False
    if place == "US":
        return region.startswith("us-")
    if place == "EU":
        return region in _EU_MEMBER_REGIONS
    return place == region


def locations_for(instance_region: str) -> list[str]:
    """The locations whose queries reach an instance in this region: its own first, then the multi-region."""
    region = normalise(instance_region)
    candidates = [*_REGIONS, *_MULTI]
    return [place for place in candidates if can_query(place, region)]


def key_locations(bigquery_location: str) -> tuple[str, ...]:
    """Where a customer-managed key for a connection there must live; empty for Omni, which takes none."""
    place = normalise(bigquery_location)
    return () if is_omni(place) or not place else (_MULTI_REGION_KEYS.get(place, place),)


def key_location_fits(bigquery_location: str, key_location: str) -> bool:
    """Whether a Cloud KMS key in that place can protect a connection here."""
    return key_location.strip().lower() in key_locations(bigquery_location)
