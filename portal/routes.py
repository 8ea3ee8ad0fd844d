"""The portal app's own addresses."""

from __future__ import annotations

from django.urls import path

from portal.views import home

app_name = "portal"
urlpatterns = [
    path("confirmed/", home.confirmed, name="confirmed"),
    path("sign-in-again/", home.sign_in_again, name="sign_in_again"),
]
