"""Addresses of connections."""

from __future__ import annotations

from django.urls import path, re_path

from connections.views import add_data, catalogue, connection, create, pickers

app_name = "connections"
urlpatterns = [
    path("connections/", catalogue.connections, name="list"),
    path("connections/diagnosis/", connection.diagnosis, name="diagnosis"),
    re_path(
        r"^connections/(?P<project_id>[^/\0]+)/(?P<location>[^/\0]+)/(?P<connection_id>[^/\0]+)/\Z",
        connection.connection,
        name="connection",
    ),
    path("add-data/", add_data.add_data, name="add_data"),
    path("add-data/<str:kind>/", create.create, name="create"),
    path("add-data/<str:kind>/validate/", create.validate, name="validate"),
    path("add-data/<str:kind>/preview/", create.preview, name="preview"),
    path("add-data/<str:kind>/kind/", create.swap_kind, name="swap_kind"),
    path("add-data/<str:kind>/choices/", pickers.choices, name="choices"),
    path("add-data/<str:kind>/choices/refresh/", pickers.refresh_choices, name="refresh_choices"),
    path("projects/<str:project_id>/assets/", pickers.assets, name="assets"),
    path("projects/<str:project_id>/assets/refresh/", pickers.refresh_assets, name="refresh_assets"),
]
