"""Addresses of what the audit trail tells about access."""

from __future__ import annotations

from django.urls import path

from access.views import changes, grant, holdings, holdings_export, insights

urlpatterns = [
    path("access/holdings/", holdings.holdings, name="holdings"),
    path("access/holdings/export/", holdings_export.holdings_export, name="holdings_export"),
    path("access/changes/", changes.changes, name="changes"),
    path("access/grants/<int:pk>/", grant.grant, name="grant"),
    path("access/insights/", insights.insights, name="insights"),
]
