"""Addresses of access."""

from __future__ import annotations

from django.urls import path

from access.grant_urls import urlpatterns as grant_patterns
from access.policy_urls import urlpatterns as policy_patterns
from access.request_urls import urlpatterns as request_patterns
from access.trail_urls import urlpatterns as trail_patterns
from access.views import review, reviews, start_review

app_name = "access"
urlpatterns = [
    *request_patterns,
    *grant_patterns,
    *policy_patterns,
    *trail_patterns,
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<int:pk>/", review.review, name="review"),
    path("reviews/<int:pk>/answer/", review.answer_review, name="answer_review"),
    path("access/<connection_name:full_name>/review/", start_review.start_review, name="start_review"),
]
