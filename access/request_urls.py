"""Addresses of requests for access, and of who answers for what is asked: part of access.urls."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from access.views import (
    comment,
    decide,
    extend,
    my_access,
    my_requests,
    owners,
    queue,
    request,
    request_access,
    templates,
    withdraw,
)


class ResourceNameConverter(StringConverter):
    """The full name of anything inside a project that can be asked for."""

    regex = r"projects/[^/\0]+(?:/[^/\0]+)+?"


register_converter(ResourceNameConverter, "resource_name")

urlpatterns = [
    path("access/", my_access.my_access, name="my_access"),
    path("access/requests/", my_requests.my_requests, name="my_requests"),
    path("access/requests/<uuid:pk>/", request.request, name="request"),
    path("access/requests/<uuid:pk>/decide/", decide.decide, name="decide"),
    path("access/requests/<uuid:pk>/comment/", comment.comment, name="comment"),
    path("access/requests/<uuid:pk>/withdraw/", withdraw.withdraw, name="withdraw"),
    path("access/requests/<uuid:pk>/extend/", extend.extend, name="extend"),
    path("access/queue/", queue.queue, name="queue"),
    path("access/queue/count/", queue.queue_count, name="queue_count"),
    path("access/templates/", templates.templates, name="templates"),
    path("access/templates/<int:pk>/delete/", templates.delete_template, name="delete_template"),
    path("access/<resource_name:full_name>/request/", request_access.request_access, name="request_access"),
    path("access/<resource_name:full_name>/owners/", owners.owners, name="owners"),
]
