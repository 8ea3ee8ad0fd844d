"""Which locations reach which databases, and which keys fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gcp import regions

places = st.sampled_from([location.id for location in regions.LOCATIONS])


@pytest.mark.parametrize(
    ("location", "region", "expected"),
    [
        ("us-central1", "us-central1", True),
        ("us-central1", "us-east1", False),
        ("US", "us-east1", True),
        ("us", "US-WEST4", True),
        ("US", "northamerica-northeast1", False),
        ("EU", "europe-west4", True),
        ("eu", "europe-north2", True),
        ("EU", "europe-west2", False),
        ("EU", "europe-west6", False),
        ("europe-west2", "europe-west2", True),
        ("EU", "us-central1", False),
        ("aws-us-east-1", "us-east1", False),
        ("us-central1", "", False),
        ("US", "us", False),
        ("asia-newplace9", "asia-newplace9", True),
    ],
)
def test_a_location_reaches_the_instances_that_google_says(
    location: str, region: str, expected: bool
) -> None:
    """The table of "Introduction to federated queries"."""
    assert regions.can_query(location, region) is expected


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-central1", ["us-central1", "US"]),
        ("EUROPE-WEST1", ["europe-west1", "EU"]),
        ("europe-west6", ["europe-west6"]),
        ("asia-northeast1", ["asia-northeast1"]),
    ],
)
def test_a_form_can_offer_the_locations_for_an_instance(region: str, expected: list[str]) -> None:
    """The instance's own region first, then the multi-region around it."""
    assert regions.locations_for(region) == expected


@given(places, places)
def test_the_two_questions_agree_in_any_case(location: str, region: str) -> None:
    """locations_for() lists exactly those that can_query() allows."""
    listed = location in regions.locations_for(region)
    assert listed is regions.can_query(location, region)
    assert regions.can_query(location.lower(), region.upper()) is listed


@pytest.mark.parametrize(
    ("location", "key", "expected"),
    [
        ("US", "us", True),
        ("us", "us-central1", False),
        ("EU", "europe", True),
        ("EU", "eu", False),
        ("us-central1", "us-central1", True),
        ("us-central1", "us", False),
        ("us-central1", "global", False),
        ("aws-us-east-1", "aws-us-east-1", False),
        ("", "", False),
    ],
)
def test_a_key_has_to_live_where_the_connection_does(location: str, key: str, expected: bool) -> None:
    """The table of "Customer-managed Cloud KMS keys"."""
    assert regions.key_location_fits(location, key) is expected


def test_every_location_has_a_label_and_appears_once() -> None:
    """People choose by name."""
    ids = [location.id for location in regions.LOCATIONS]
    assert len(set(ids)) == len(ids)
    assert all(location.label for location in regions.LOCATIONS)
    assert regions.LOCATIONS[0].id == "US"
    assert regions.label("US-CENTRAL1") == "Iowa"
    assert regions.label("mars-north1") == "mars-north1"
    assert regions.find("eu") == regions.LOCATIONS[1]
