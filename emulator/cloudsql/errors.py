"""Cloud SQL's refusals. Its words are those that its connectors' documentation and users quote."""

from emulator.errors import ApiError


def not_authorized(permission: str, resource: str) -> ApiError:
    """403 for a missing permission, and for an instance that the caller cannot see."""
    text = (
        "boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission "
        f"{permission} on resource {resource}."
    )
    return ApiError(403, text, reason="forbidden")


def no_instance() -> ApiError:
    """404 for an instance that does not exist."""
    return ApiError(404, "The Cloud SQL instance does not exist.", reason="instanceDoesNotExist")


def invalid(message: str) -> ApiError:
    """400 in the words `Invalid request: ...`."""
    return ApiError(400, f"Invalid request: {message}", reason="invalid")


def missing(message: str) -> ApiError:
    """404 for what an instance does not have."""
    return ApiError(404, message, reason="notFound")


def taken(message: str) -> ApiError:
    """409 for what is there already."""
    return ApiError(409, message, status="ALREADY_EXISTS", reason="alreadyExists")
