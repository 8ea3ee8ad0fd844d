"""Google's error answers.

The envelope is google.rpc.Status in JSON (`error.code, message, status, details`). BigQuery, Cloud SQL and
Compute are older and add `errors` with a `reason` for each; OAuth has a form of its own.
"""

from typing import Any

JSON = dict[str, Any]

STATUS_OF_CODE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

_REASON_OF_STATUS = {
    "INVALID_ARGUMENT": "invalid",
    "UNAUTHENTICATED": "authError",
    "PERMISSION_DENIED": "accessDenied",
    "NOT_FOUND": "notFound",
    "ALREADY_EXISTS": "duplicate",
    "RESOURCE_EXHAUSTED": "rateLimitExceeded",
    "UNAVAILABLE": "backendError",
    "INTERNAL": "backendError",
}


class ApiError(Exception):
    """An answer other than 200.

    `code` is the HTTP status, `status` Google's canonical name, `reason` BigQuery v2's word for it (found
    from `status` when left out).
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: str | None = None,
        details: list[JSON] | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS_OF_CODE.get(code, "UNKNOWN")
        self.details = details or []
        self.reason = reason or _REASON_OF_STATUS.get(self.status, "backendError")

    def envelope(self) -> JSON:
        """The body that most APIs answer with."""
        error: JSON = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def older_envelope(self) -> JSON:
        """The body that the older APIs answer with: a reason for each error."""
        item: JSON = {"message": self.message, "domain": "global", "reason": self.reason}
        return {"error": {**self.envelope()["error"], "errors": [item]}}

    def bigquery_envelope(self) -> JSON:
        """The body that BigQuery v2 answers with."""
        body = self.older_envelope()
        if self.reason == "invalidQuery":
            body["error"]["errors"][0] |= {"location": "q", "locationType": "parameter"}
        return body

    def oauth_envelope(self) -> JSON:
        """The body that the OAuth endpoints answer with (RFC 6749, section 5.2)."""
        return {"error": self.reason, "error_description": self.message}


def invalid(message: str, *, field: str | None = None) -> ApiError:
    """400 INVALID_ARGUMENT, with a BadRequest detail when `field` names the culprit."""
    details: list[JSON] = []
    if field is not None:
        violation = {"field": field, "description": message}
        details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return ApiError(400, message, details=details)


def not_found(message: str) -> ApiError:
    """404 NOT_FOUND."""
    return ApiError(404, message)


def already_exists(message: str) -> ApiError:
    """409 ALREADY_EXISTS."""
    return ApiError(409, message, status="ALREADY_EXISTS")


def aborted(message: str) -> ApiError:
    """409 ABORTED: a concurrent change."""
    return ApiError(409, message, status="ABORTED")


def denied(message: str, details: list[JSON] | None = None) -> ApiError:
    """403 PERMISSION_DENIED."""
    return ApiError(403, message, details=details)


def permission_denied(permission: str, service: str, resource: str) -> ApiError:
    """403 in the words of the IAM-aware APIs, with an ErrorInfo that names permission and resource."""
    info: JSON = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": f"{service}.googleapis.com",
        "metadata": {"permission": permission, "resource": resource},
    }
    where = f"//{service}.googleapis.com/{resource}"
    return denied(f"Permission '{permission}' denied on resource '{where}' (or it may not exist).", [info])


def unauthenticated() -> ApiError:
    """401 for a token that is unknown or has expired."""
    return ApiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def insufficient_scopes(service: str, method: str) -> ApiError:
    """403 for a token whose scopes do not cover the API."""
    info: JSON = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": f"{service}.googleapis.com", "method": method},
    }
    return denied("Request had insufficient authentication scopes.", [info])


def unknown_project(project: str) -> ApiError:
    """403, not 404, for a project that does not exist: Google does not tell the two apart."""
    info: JSON = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "CONSUMER_INVALID",
        "domain": "googleapis.com",
        "metadata": {"consumer": f"projects/{project}"},
    }
    return denied(f"Permission denied on resource project {project}.", [info])


def service_disabled(service: str, title: str, number: str) -> ApiError:
    """403 SERVICE_DISABLED, as Service Control words it. `service` is a full name, *.googleapis.com."""
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
    message = (
        f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting "
        f"{url} then retry. If you enabled this API recently, wait a few minutes for the action to propagate "
        "to our systems and retry."
    )
    info: JSON = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {
            "service": service,
            "serviceTitle": title,
            "consumer": f"projects/{number}",
            "containerInfo": number,
            "activationUrl": url,
        },
    }
    links = [{"description": "Google developers console API activation", "url": url}]
    help_: JSON = {"@type": "type.googleapis.com/google.rpc.Help", "links": links}
    return denied(message, [info, help_])
