"""Roles are called as Google's console calls them, wherever they are shown."""

from __future__ import annotations

import pytest

from access.requests.granting import role_label


@pytest.mark.parametrize(
    ("role", "label"),
    [
        ("roles/bigquery.connectionUser", "BigQuery Connection User"),
        ("database.login", "Database login"),
        ("roles/alloydb.client", "AlloyDB Client"),
        ("roles/cloudsql.client", "Cloud SQL Client"),
        ("roles/serviceusage.serviceUsageConsumer", "Service Usage Consumer"),
        ("roles/unheard.of", "roles/unheard.of"),
    ],
)
def test_a_role_has_the_name_of_the_console(role: str, label: str) -> None:
    assert role_label(role) == label
