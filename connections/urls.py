"""Addresses of connections."""

from __future__ import annotations

from django.urls import path, re_path

from connections.login_urls import urlpatterns as login_patterns
from connections.views import (
    acts,
    add_data,
    adopt,
    catalogue,
    connection,
    create,
    delete,
    edit,
    key_check,
    pickers,
    rotate,
    testing,
)

_CONNECTION = r"^connections/(?P<project_id>[^/\0]+)/(?P<location>[^/\0]+)/(?P<connection_id>[^/\0]+)/"

app_name = "connections"
urlpatterns = [
    *login_patterns,
    path("connections/", catalogue.connections, name="list"),
    path("connections/diagnosis/", connection.diagnosis, name="diagnosis"),
    re_path(_CONNECTION + r"\Z", connection.connection, name="connection"),
    re_path(_CONNECTION + r"edit/\Z", edit.edit, name="edit"),
    re_path(_CONNECTION + r"edit/preview/\Z", edit.preview, name="edit_preview"),
    re_path(_CONNECTION + r"put-back/\Z", edit.put_back, name="put_back"),
    re_path(_CONNECTION + r"password/\Z", rotate.rotate, name="rotate"),
    re_path(_CONNECTION + r"delete/\Z", delete.delete, name="delete"),
    re_path(_CONNECTION + r"test/\Z", testing.test, name="test"),
    re_path(_CONNECTION + r"grant/\Z", acts.grant_roles, name="grant_roles"),
    re_path(_CONNECTION + r"grant-key/\Z", acts.grant_key, name="grant_key"),
    re_path(_CONNECTION + r"refresh/\Z", acts.refresh, name="refresh"),
    re_path(_CONNECTION + r"accept/\Z", acts.accept, name="accept"),
    path("projects/<str:project_id>/connections/", adopt.found, name="found"),
    path("projects/<str:project_id>/connections/find/", adopt.find, name="find"),
    path("projects/<str:project_id>/connections/adopt/", adopt.adopt, name="adopt"),
    path("add-data/", add_data.add_data, name="add_data"),
    path("add-data/<str:kind>/", create.create, name="create"),
    path("add-data/<str:kind>/validate/", create.validate, name="validate"),
    path("add-data/<str:kind>/preview/", create.preview, name="preview"),
    path("add-data/<str:kind>/kind/", create.swap_kind, name="swap_kind"),
    path("add-data/<str:kind>/key/", key_check.check_key, name="check_key"),
    path("add-data/<str:kind>/key/grant/", key_check.grant_key, name="grant_key_role"),
    path("add-data/<str:kind>/choices/", pickers.choices, name="choices"),
    path("add-data/<str:kind>/choices/refresh/", pickers.refresh_choices, name="refresh_choices"),
    path("projects/<str:project_id>/assets/", pickers.assets, name="assets"),
    path("projects/<str:project_id>/assets/refresh/", pickers.refresh_assets, name="refresh_assets"),
]
