"""What beat wakes, and how often. Two beats at once do no harm: each task finds out by itself what is due."""

from __future__ import annotations

from typing import Any

MINUTE = 60.0
# Messages expire, so that a broker without workers does not fill up; by the machines' own clocks, which may
# be off by ten minutes, so not sooner than that.
MESSAGE_SECONDS = 15 * 60


def of(*, sweep: float, checkpoint: float, refresh: float, drift: float) -> dict[str, Any]:
    """Return the schedule for Celery; the arguments are the seconds between two runs of what they name.

    What `drift` names is spread: each of four runs takes a part of the policies.
    """
    return {
        "send due operations": _every(sweep, "portal.sweep"),
        "send due notices": _every(sweep, "portal.send_notices"),
        "destroy expired credentials": _every(30.0, "portal.destroy_expired_credentials"),
        "sign the audit trail": _every(checkpoint, "portal.write_checkpoint"),
        "take away what is still to be taken away": _every(MINUTE, "access.reconcile"),
        # Twice a minute: beat counts from its own start, and after a restart it must not be over a minute.
        "end access that is over": _every(MINUTE / 2, "access.expire"),
        "compare policies with the claims": _every(max(drift / 4, 5.0), "access.compare_due"),
        "let requests for access take their course": _every(MINUTE, "access.sweep_requests"),
        "look at policies that requests are about": _every(MINUTE, "access.see_policies"),
        "begin, remind of and end reviews": _every(10 * MINUTE, "access.review"),
        "count the figures of the Insights page": _every(MINUTE, "access.count_figures"),
        "look when what is under review was used": _every(10 * MINUTE, "access.look_at_usage"),
        "look for instances and keys": _every(MINUTE, "connections.discover_due"),
        "look whether connections were changed outside": _every(refresh, "connections.refresh_all"),
        "look at database instances": _every(MINUTE, "connections.look_at_instances"),
    }


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": MESSAGE_SECONDS}}
