"""One request: where it stands, who can decide, what would change, what was said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import claims
from access.approval import approvers
from access.drift import missing
from access.forms_requests import CommentForm, DecisionForm
from access.models import AccessRequest, Comment, Decision, Grant
from access.requests import change, conversing, rules, settling, standing, timeline
from access.rules import may_see_access, may_share
from portal.models import User
from portal.permissions import actor, overseer, permitted

EARLIER = 5
CONVERSATION = (
    Prefetch("decisions", Decision.objects.select_related("by").order_by("decided_at", "pk")),
    Prefetch("comments", Comment.objects.select_related("by").order_by("pk")),
)
State = AccessRequest.State


def load(pk: UUID) -> AccessRequest:
    """Return the request with what its page tells of it. Raises Http404."""
    rows = AccessRequest.objects.select_related(
        "resource__seen_policy", "requester", "policy__resource", "extends"
    )
    found = rows.filter(pk=pk).prefetch_related("resource__owners", *CONVERSATION).first()
    if found is None:
        raise Http404
    return found


@require_safe
@permitted(rules.may_see, load=load, visible_to=rules.may_see)
def request(request: HttpRequest, shown: AccessRequest) -> HttpResponse:
    """Show the request to those whose business it is.

    A page that follows it asks again with `while`, the stand that it shows.
    """
    if getattr(request, "htmx", False) and request.GET.get("while") == standing.mark(shown):
        return HttpResponse(status=204)
    return render(request, "access/request.html", context_of(shown, actor(request)))


def context_of(
    shown: AccessRequest,
    user: User,
    *,
    decision: DecisionForm | None = None,
    comment: CommentForm | None = None,
) -> dict[str, Any]:
    """What the page shows; `decision` and `comment` are forms that have mistakes."""
    deciders = standing.deciders(shown)
    may_decide = user in deciders
    theirs = claims.live(shown.resource).filter(principal=shown.principal)
    around = list(missing.noted(theirs | shown.grants.order_by().all()))
    own = [grant for grant in around if grant.request_id == shown.pk or grant.pk == shown.extends_id]
    grant = max(own, key=lambda one: one.pk, default=None)
    is_theirs = rules.requester(user, shown)
    context = {
        "shown": shown,
        "approved_for": settling.shortest(shown),
        "deciders": deciders,
        "steps": standing.steps(shown),
        "problem": approvers.document_of(shown).problem,
        "may_decide": may_decide,
        "decision": decision or (DecisionForm(initial={"revision": shown.revision}) if may_decide else None),
        "comment": comment or _comment(shown, user),
        "may_withdraw": is_theirs and conversing.may_be_withdrawn(shown),
        "may_ask_again": is_theirs and not _is_open(shown, grant),
        "may_extend": is_theirs and _can_be_extended(shown, grant),
        "is_theirs": is_theirs,
        "follows": _follows(shown, grant, is_theirs=is_theirs),
        "grant": grant,
        "held": [one for one in around if one.request_id != shown.pk],
        "timeline": timeline.of(shown, shown.decisions.all(), shown.comments.all(), own if grant else []),
        "may_share": may_share(user, shown.resource),
        "sees_differences": may_see_access(user, shown.resource),
        "sees_operation": overseer(user),
    }
    if shown.state == State.PENDING and not is_theirs:
        context |= {"changes": change.of(shown), "earlier": _earlier(shown)}
    return context


def _follows(shown: AccessRequest, grant: Grant | None, *, is_theirs: bool) -> str:
    """The stand that the page waits to see changed, "" if it waits for nothing.

    While nobody has decided, only who asked waits: others have a form open that is about what they see.
    """
    waits = shown.state == State.PENDING and is_theirs
    comes = shown.state == State.APPROVED and grant is not None and grant.status == "pending"
    return standing.mark(shown) if waits or comes else ""


def _comment(shown: AccessRequest, user: User) -> CommentForm | None:
    """The form to say something, for those who may while there is room for it."""
    has_room = len(shown.comments.all()) < conversing.MOST_COMMENTS
    return CommentForm() if has_room and rules.may_comment(user, shown) else None


def _earlier(shown: AccessRequest) -> list[AccessRequest]:
    """What was decided before about the same principal here, the newest first."""
    before = AccessRequest.objects.filter(resource=shown.resource_id, principal=shown.principal)
    before = before.exclude(pk=shown.pk).exclude(state=State.PENDING).order_by("-created_at", "pk")
    denials = Decision.objects.filter(request=OuterRef("pk"), verdict=Decision.Verdict.DENY)
    before = before.annotate(denied_because=Subquery(denials.values("reason")[:1]))
    return list(before.select_related("requester")[:EARLIER])


def _is_open(shown: AccessRequest, grant: Grant | None) -> bool:
    """Whether it waits, begins later, or lasts."""
    if shown.state == State.PENDING:
        return True
    if shown.state != State.APPROVED:
        return False
    return grant is None or grant.desired == Grant.Presence.PRESENT


def _can_be_extended(shown: AccessRequest, grant: Grant | None) -> bool:
    return (
        shown.state == State.APPROVED
        and grant is not None
        and grant.origin == Grant.Origin.REQUEST
        and grant.desired == Grant.Presence.PRESENT
        and grant.expires_at is not None
    )
