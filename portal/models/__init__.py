"""What the portal itself keeps: people, projects, operations, credentials under seal, the audit trail."""

from portal.models.api import ApiToken
from portal.models.demo import DemoClock
from portal.models.filters import SavedFilter
from portal.models.notices import Delivery, Notice, NoticeChannel, NoticePreferences, Shape
from portal.models.operations import Operation, SealedCredential, Step
from portal.models.people import ADMINISTRATOR, AUDITOR, Invitation, User, UserManager
from portal.models.projects import Project
from portal.models.trail import AuditEvent, AuditHead, EventSubject, Verification

__all__ = [
    "ADMINISTRATOR",
    "AUDITOR",
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "Delivery",
    "DemoClock",
    "EventSubject",
    "Invitation",
    "Notice",
    "NoticeChannel",
    "NoticePreferences",
    "Operation",
    "Project",
    "SavedFilter",
    "SealedCredential",
    "Shape",
    "Step",
    "User",
    "UserManager",
    "Verification",
]
