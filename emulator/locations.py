"""Where BigQuery can be, and which places go together.

Google's documentation: BigQuery locations, federated queries (supported regions), customer-managed keys.
There is no method that lists locations.
"""

REGIONS = frozenset(
    [
        "africa-south1",
        "asia-east1",
        "asia-east2",
        "asia-northeast1",
        "asia-northeast2",
        "asia-northeast3",
        "asia-south1",
        "asia-south2",
        "asia-southeast1",
        "asia-southeast2",
        "asia-southeast3",
        "australia-southeast1",
        "australia-southeast2",
        "europe-central2",
        "europe-north1",
        "europe-north2",
        "europe-southwest1",
        "europe-west1",
        "europe-west2",
        "europe-west3",
        "europe-west4",
        "europe-west6",
        "europe-west8",
        "europe-west9",
        "europe-west10",
        "europe-west12",
        "me-central1",
        "me-central2",
        "me-west1",
        "northamerica-northeast1",
        "northamerica-northeast2",
        "northamerica-south1",
        "southamerica-east1",
        "southamerica-west1",
        "us-central1",
        "us-east1",
        "us-east4",
        "us-east5",
        "us-south1",
        "us-west1",
        "us-west2",
        "us-west3",
        "us-west4",
    ]
)
MULTI_REGIONS = frozenset({"us", "eu"})
OMNI = frozenset(
    [
        "aws-us-east-1",
        "aws-us-west-2",
        "aws-ap-northeast-2",
        "aws-ap-southeast-2",
        "aws-eu-west-1",
        "aws-eu-central-1",
        "azure-eastus2",
    ]
)
ALL = REGIONS | MULTI_REGIONS | OMNI

# Regions in member states of the European Union; London and Zurich are in Europe but not in it.
EU_REGIONS = frozenset(
    [
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
    ]
)


def known(location: str) -> bool:
    """Whether BigQuery has this location, in either case."""
    return location.lower() in ALL


def is_omni(location: str) -> bool:
    """Whether the location is one of BigQuery Omni, on AWS or Azure."""
    return location.lower() in OMNI


def reaches(location: str, instance_region: str) -> bool:
    """Whether a query in `location` may read an instance in `instance_region`.

    A region reaches itself, US any region of the United States, EU any region of a member state.
    """
    if location == "us":
        return instance_region.startswith("us-")
    if location == "eu":
        return instance_region in EU_REGIONS
    return location == instance_region


def key_locations(location: str) -> frozenset[str]:
    """The Cloud KMS locations whose keys may protect a connection in `location`.

    The multi-region EU is called `europe` by Cloud KMS. Keys in `global` pass too: Terraform's acceptance
    tests create connections with such a key.
    """
    own = {"eu": "europe"}.get(location, location)
    return frozenset() if is_omni(location) else frozenset({own, "global"})
