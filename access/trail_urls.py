"""Addresses of what the audit trail tells about access."""

from __future__ import annotations

from django.urls import path

from access.views import changes, changes_export, grant, holdings, holdings_export, insights

urlpatterns = [
    path("access/holdings/", holdings.holdings, name="holdings"),
    path("access/holdings/export/", holdings_export.holdings_export, name="holdings_export"),
    path("access/changes/", changes.changes, name="changes"),
    path("access/changes/export/", changes_export.changes_export, name="changes_export"),
    path("access/grants/<int:pk>/", grant.grant, name="grant"),
    path("access/insights/", insights.insights, name="insights"),
]
