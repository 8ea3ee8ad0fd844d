"""Who may do what on which resource: claims, requests, approval policies, reviews, differences."""

from access.models.approval import ApprovalPolicy
from access.models.drift import Drift
from access.models.grants import (
    CONNECTION_ADMIN,
    CONNECTION_ROLES,
    CONNECTION_USER,
    DATABASE_LOGIN,
    ENDING,
    ENDING_SEEN,
    OVERDUE,
    Grant,
    Resource,
    SeenPolicy,
    overdue,
)
from access.models.holdings import Figures, Holding
from access.models.requests import AccessRequest, Comment, Decision, RequestTemplate
from access.models.reviews import Review, ReviewItem, UsageLook

__all__ = [
    "CONNECTION_ADMIN",
    "CONNECTION_ROLES",
    "CONNECTION_USER",
    "DATABASE_LOGIN",
    "ENDING",
    "ENDING_SEEN",
    "OVERDUE",
    "AccessRequest",
    "ApprovalPolicy",
    "Comment",
    "Decision",
    "Drift",
    "Figures",
    "Grant",
    "Holding",
    "RequestTemplate",
    "Resource",
    "Review",
    "ReviewItem",
    "SeenPolicy",
    "UsageLook",
    "overdue",
]
