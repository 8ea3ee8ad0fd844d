"""What people are told about requests, inside the caller's transaction; nothing twice."""

from __future__ import annotations

from collections.abc import Iterable

from access import durations
from access.approval import approvers
from access.models import AccessRequest, Comment, Decision
from access.requests import rules
from access.requests.granting import details, noun, role_label, with_article
from portal import notices
from portal.models import User


def made(request: AccessRequest) -> None:
    """Tell those who may decide the present step that it waits for them."""
    deciders = approvers.deciders(request)
    lines = [
        f"{request.requester} asks for {role_label(request.role)} on {request.resource.title} "
        f"for {request.principal}, {durations.words(request.duration)} long.",
        *(f"{label}: {value}" for label, value in details(request.resource, request.principal).items()),
        f"Reason: {request.reason}" if request.reason else "",
        f"Ticket: {request.ticket}" if request.ticket else "",
    ]
    _tell(
        notices.Kind.REQUEST_MADE,
        request,
        to=deciders,
        subject=f"{request.requester} asks for {with_article(request.resource)} to {request.resource.title}",
        lines=lines,
        key=f"made:{request.step}",
    )


def escalated(request: AccessRequest) -> None:
    """Tell those who are asked next, and whoever was asked before, that nobody has decided."""
    _tell(
        notices.Kind.REQUEST_MADE,
        request,
        to=approvers.deciders(request),
        subject=f"Nobody has decided yet: {noun(request.resource)} to {request.resource.title}",
        lines=[f"{request.requester} has waited since {request.created_at:%Y-%m-%d %H:%M} UTC."],
        key=f"escalated:{request.step}",
    )


def decided(request: AccessRequest, decision: Decision | None, said: str) -> None:
    """Tell the requester what became of their request; `said` is the verdict in a sentence."""
    _tell(
        notices.Kind.REQUEST_DECIDED,
        request,
        to=[request.requester],
        subject=f"Your request for {request.resource.title}: {request.state}",
        lines=[said, f"Reason: {decision.reason}" if decision and decision.reason else ""],
        key=f"decided:{request.state}",
    )


def commented(comment: Comment) -> None:
    """Tell whoever takes part in the conversation and may still read it, but for the one who speaks."""
    request = comment.request
    everybody = {request.requester, *approvers.deciders(request)}
    spoke = User.objects.filter(access_comments__request=request).distinct()
    everybody |= {person for person in spoke if rules.may_see(person, request)}
    _tell(
        notices.Kind.REQUEST_MADE,
        request,
        to=everybody - {comment.by},
        subject=f"{comment.by} wrote about {with_article(request.resource)} to {request.resource.title}",
        lines=[comment.text],
        key=f"comment:{comment.pk}",
    )


def stopped(request: AccessRequest, message: str) -> None:
    """Tell the requester, and who approved, that the access could not be given."""
    approved = User.objects.filter(decisions__request=request, decisions__verdict=Decision.Verdict.APPROVE)
    _tell(
        notices.Kind.ACCESS_FAILED,
        request,
        to={request.requester, *approved},
        subject=f"{noun(request.resource).capitalize()} to {request.resource.title} could not be given",
        lines=[message],
        key=f"stopped:{request.operation}",
    )


def _tell(
    kind: str, request: AccessRequest, *, to: Iterable[User], subject: str, lines: list[str], key: str
) -> None:
    notices.tell(
        kind,
        about=request.get_absolute_url(),
        to=to,
        subject=subject,
        text="\n".join(line for line in lines if line),
        key=f"request:{request.pk}:{key}",
        target=request.resource.full_name,
    )
