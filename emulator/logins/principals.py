"""Which database user a principal is.

Google's documentation: "Log in using IAM database authentication" (Cloud SQL) and "Connect using an IAM
account" (AlloyDB). A person is the whole e-mail address, in lower case; a service account its address without
`.gserviceaccount.com`; on MySQL both are what stands before the @.
"""

from emulator.iam.members import SERVICE_ACCOUNT_SUFFIX


def is_service_account(email: str) -> bool:
    """Whether the address, whole or shortened as a database user, is a service account's."""
    return email.endswith((SERVICE_ACCOUNT_SUFFIX, ".iam"))


def database_user(email: str, *, mysql: bool = False) -> str:
    """The database user of a person or service account."""
    if mysql:
        return email.lower().partition("@")[0]
    return email.removesuffix(SERVICE_ACCOUNT_SUFFIX) if is_service_account(email) else email.lower()
