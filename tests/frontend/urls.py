"""Addresses of the gallery, under the names that the navigation knows."""

from django.urls import include, path

from tests.frontend import gallery

connections = (
    [
        path("", gallery.page, name="list"),
        path("add/", gallery.page, name="add_data"),
        path("databases/", gallery.page, name="instances"),
    ],
    "connections",
)
access = (
    [
        path("", gallery.page, name="my_access"),
        path("queue/", gallery.page, name="queue"),
        path("reviews/", gallery.page, name="reviews"),
        path("outside/", gallery.page, name="drifts"),
    ],
    "access",
)
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
