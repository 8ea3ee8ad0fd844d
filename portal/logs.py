"""Logs and error reports: one line an event on standard error, and what must not stand in it.

JSON unless a person watches. Never bodies, never headers, never local variables, and of an address that
lets somebody in not what makes it work.
"""

from __future__ import annotations

import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

import structlog
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

HIDDEN = "***"
# Links that let somebody in: invitations, password resets, confirmed addresses. Also inside of another
# address (?next=), in other letters and with slashes too many: what is not found is logged as well.
_SLASH = r"(?:/|%2F)+"
_SECRET_PATH = re.compile(
    rf"((?<!/people){_SLASH}invitations{_SLASH}"
    rf"|{_SLASH}accounts{_SLASH}(?:password{_SLASH}reset{_SLASH}key|confirm-email){_SLASH})"
    r"(?:(?!%2F)[^/?&#\s\"'])+",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """Return `text` with the secret parts of addresses hidden."""
    return _SECRET_PATH.sub(rf"\1{HIDDEN}", text)


def _hide(_logger: Any, _name: str, line: Any) -> Any:
    """The last processor: whatever an event, its arguments and its traceback became, is in the line."""
    return without_secrets(line)


def _an_answer_is_no_accident(_logger: Any, _name: str, event: Any) -> Any:
    """Whom a page refuses something is a line of the log; the traceback of the refusal tells nobody more."""
    if getattr(event.get("_record"), "status_code", 500) < 500:
        event.pop("exc_info", None)
    return event


_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(*, as_json: bool, level: str) -> dict[str, Any]:
    """Point structlog at the standard library's logging, and return what LOGGING is set to."""
    structlog.configure(
        processors=[*_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _PROCESSORS,
                "processors": [
                    _an_answer_is_no_accident,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    # Python's own traceback: structlog's with rich or as dictionaries shows local variables.
                    structlog.processors.format_exc_info,
                    _renderer(as_json),
                    _hide,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "propagate": False},
            "django": {"handlers": [], "level": "INFO"},
            # Two lines for every message, most of them the sweep's; operations log their own outcome.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }


def _renderer(as_json: bool) -> structlog.typing.Processor:
    if as_json:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


class ReportFilter(SafeExceptionReporterFilter):
    """Error reports, also the pages of DEBUG, show no posted value and no local variable."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always: a debugged installation may hold real passwords."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Which fields were posted, not what was in them."""
        return dict.fromkeys(request.POST if request else (), self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: Any, tb_frame: FrameType) -> ItemsView[str, Any]:
        """Which variables there were, not what they held."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
