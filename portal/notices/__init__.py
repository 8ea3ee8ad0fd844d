"""Notices by e-mail and webhook: written with what they tell of, sent after the commit, never twice.

`notices.tell(…)` is all that other packages need.
"""

from portal.models import Notice
from portal.notices.outbox import tell

Kind = Notice.Kind

__all__ = ["Kind", "tell"]
