"""What the portal itself keeps: people, projects, operations, credentials under seal, the audit trail."""

from portal.models.notices import Delivery, Notice, NoticeChannel, NoticePreferences, Shape
from portal.models.operations import Operation, SealedCredential, Step
from portal.models.people import ADMINISTRATOR, AUDITOR, Invitation, User, UserManager
from portal.models.projects import Project
from portal.models.trail import AuditEvent, AuditHead

__all__ = [
    "ADMINISTRATOR",
    "AUDITOR",
    "AuditEvent",
    "AuditHead",
    "Delivery",
    "Invitation",
    "Notice",
    "NoticeChannel",
    "NoticePreferences",
    "Operation",
    "Project",
    "SealedCredential",
    "Shape",
    "Step",
    "User",
    "UserManager",
]
