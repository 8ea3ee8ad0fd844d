"""Addresses of access."""

from __future__ import annotations

from django.urls import path, register_converter

from access.policy_urls import urlpatterns as policy_patterns
from access.request_urls import urlpatterns as request_patterns
from access.views import review, reviews, share, start_review


class ConnectionNameConverter:
    """A connection's full name, as the resource's address."""

    regex = r"projects/[^/\0]+/locations/[^/\0]+/connections/[^/\0]+"

    def to_python(self, value: str) -> str:
        """As it stands in the address."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands in the address."""
        return value


register_converter(ConnectionNameConverter, "connection_name")

app_name = "access"
urlpatterns = [
    *request_patterns,
    *policy_patterns,
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<int:pk>/", review.review, name="review"),
    path("reviews/<int:pk>/answer/", review.answer_review, name="answer_review"),
    path("access/<connection_name:full_name>/review/", start_review.start_review, name="start_review"),
    path("access/<connection_name:full_name>/share/", share.share, name="share"),
]
