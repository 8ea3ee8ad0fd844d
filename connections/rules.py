"""Who may do what with a connection: predicates for portal.permissions.permitted."""

from __future__ import annotations

from access.rules import owner
from portal.permissions import administrator, any_of

# Edit, rotate, test, delete, and decide about changes from outside.
may_manage = any_of(administrator, owner)
