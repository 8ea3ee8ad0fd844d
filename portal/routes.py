"""The portal app's own addresses."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from portal.views import (
    accept_invitation,
    add_project,
    api,
    api_tokens,
    audit_event,
    audit_export,
    audit_list,
    confirmed,
    demo_clock,
    invite,
    notice_channels,
    notices,
    operation,
    operations,
    people,
    person,
    project,
    projects,
    retry_operation,
    saved_filters,
    verification,
    withdraw_invitation,
)


class ProjectIdConverter(StringConverter):
    """A Google Cloud project ID; a domain-scoped one has a colon: example.com:name."""

    regex = r"[a-z][a-z0-9.:-]{5,}"


register_converter(ProjectIdConverter, "project_id")

app_name = "portal"
urlpatterns = [
    path("confirmed/", confirmed.confirmed, name="confirmed"),
    path("sign-in-again/", confirmed.sign_in_again, name="sign_in_again"),
    path("invitations/<str:token>/", accept_invitation.accept_invitation, name="accept_invitation"),
    path("people/", people.people, name="people"),
    path("people/invite/", invite.invite, name="invite"),
    path(
        "people/invitations/<int:pk>/withdraw/",
        withdraw_invitation.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("people/<int:pk>/", person.person, name="person"),
    path("people/<int:pk>/roles/", person.change_roles, name="change_roles"),
    path("people/<int:pk>/deactivate/", person.deactivate, name="deactivate_person"),
    path("people/<int:pk>/reactivate/", person.reactivate, name="reactivate_person"),
    path("filters/save/", saved_filters.save_filter, name="save_filter"),
    path("filters/<int:pk>/remove/", saved_filters.remove_filter, name="remove_filter"),
    path("projects/", projects.projects, name="projects"),
    path("projects/add/", add_project.add_project, name="add_project"),
    path("projects/<project_id:project_id>/", project.project, name="project"),
    path("projects/<project_id:project_id>/check/", project.check_project, name="check_project"),
    path("projects/<project_id:project_id>/remove/", project.remove_project, name="remove_project"),
    path("demo/clock/", demo_clock.demo_clock, name="demo_clock"),
    path("operations/", operations.operations, name="operations"),
    path("operations/<uuid:pk>/", operation.operation, name="operation"),
    path("operations/<uuid:pk>/live/", operation.operation_live, name="operation_live"),
    path("operations/<uuid:pk>/retry/", retry_operation.retry_operation, name="retry_operation"),
    path("api/", api.api, name="api"),
    path("api/v1/openapi.json", api.api_schema, name="api_schema"),
    path("api/tokens/", api_tokens.api_tokens, name="api_tokens"),
    path("api/tokens/make/", api_tokens.make_api_token, name="make_api_token"),
    path("api/tokens/<uuid:pk>/revoke/", api_tokens.revoke_api_token, name="revoke_api_token"),
    path("notices/", notices.notices, name="notices"),
    path("notices/webhook/remove/", notices.remove_webhook, name="remove_notice_webhook"),
    path("notices/<uuid:pk>/send-again/", notices.send_again, name="send_notice_again"),
    path("notices/channels/", notice_channels.notice_channels, name="notice_channels"),
    path("notices/channels/add/", notice_channels.add_notice_channel, name="add_notice_channel"),
    path("notices/channels/<uuid:pk>/", notice_channels.notice_channel, name="notice_channel"),
    path(
        "notices/channels/<uuid:pk>/remove/",
        notice_channels.remove_notice_channel,
        name="remove_notice_channel",
    ),
    path("audit/", audit_list.audit, name="audit"),
    path("audit/export/", audit_export.audit_export, name="audit_export"),
    path("audit/verification/", verification.verification, name="verification"),
    path("audit/<int:position>/", audit_event.audit_event, name="audit_event"),
]
