"""Addresses of approval policies: of a project, a connection or an instance, by its full name."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from access.views import policy, policy_change


class PolicyNameConverter(StringConverter):
    """The full name of anything with an approval policy."""

    regex = r"projects/[^/\0]+(?:/[^/\0]+/[^/\0]+)*"


register_converter(PolicyNameConverter, "policy_name")

urlpatterns = [
    path("policies/<policy_name:full_name>/", policy.policy, name="policy"),
    path("policies/<policy_name:full_name>/export/", policy.export, name="policy_export"),
    path("policies/<policy_name:full_name>/<int:number>/", policy.version, name="policy_version"),
    path("policies/<policy_name:full_name>/edit/", policy_change.edit, name="policy_edit"),
    path("policies/<policy_name:full_name>/yaml/", policy_change.edit_yaml, name="policy_yaml"),
    path("policies/<policy_name:full_name>/default/", policy_change.default, name="policy_default"),
    path("policies/<policy_name:full_name>/labels/", policy_change.edit_labels, name="labels"),
]
