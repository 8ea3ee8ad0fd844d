"""Addresses of the gallery, under the names that the navigation knows."""

from django.urls import include, path

from tests.frontend import gallery

connections = (
    [path("", gallery.page, name="list"), path("add/", gallery.page, name="add_data")],
    "connections",
)
access = ([path("", gallery.page, name="requests")], "access")
portal = (
    [
        path("operations/", gallery.page, name="operations"),
        path("projects/", gallery.page, name="projects"),
        path("people/", gallery.page, name="people"),
        path("audit/", gallery.page, name="audit"),
    ],
    "portal",
)
urlpatterns = [
    path("", gallery.page, name="home"),
    path("accounts/", include("allauth.urls")),
    path("connections/", include(connections)),
    path("access/", include(access)),
    path("portal/", include(portal)),
    path("gallery/dialog/", gallery.dialog, name="gallery_dialog"),
    path("gallery/confirm/", gallery.confirm, name="gallery_confirm"),
    path("gallery/template/<path:name>", gallery.template),
]
